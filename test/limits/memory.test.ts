import assert from 'node:assert/strict';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { ROOT, startBin } from '../cli/process.js';

type Chunks = Iterable<{ text: string; lines: number }>;
type Traces = { long(bytes: number): Chunks };
const MB = 1e6;

/** Peak resident memory (bytes) of a run over this text, and its last record. */
async function peakOver(
  text: Chunks,
): Promise<{ peak: number; last: { verdict: string; counts: { zaps: number } } }> {
  const child = startBin(['-f', 'ndjson']);
  let out = '';
  let peak = 0;
  child.stdout.on('data', (data) => (out += data));
  child.stderr.resume();
  child.stdin.on('error', () => {});
  for (const chunk of text) {
    if (!child.stdin.write(chunk.text)) await once(child.stdin, 'drain');
    if (!existsSync(`/proc/${child.pid}/status`)) break;
    const high = /VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'));
    peak = Math.max(peak, Number(high?.[1] ?? 0) * 1024);
  }
  child.stdin.end();
  await once(child, 'close');
  return { peak, last: JSON.parse(out.trimEnd().split('\n').at(-1) ?? '') };
}

const skip = existsSync('/proc/self/status') ? false : 'no /proc to read memory from';

/** `ZAPTRACE_LIMITS_GB=5`: so much goes through the pipe. */
const size =
  process.env.ZAPTRACE_LIMITS_GB === undefined ? 50 * MB : Number(process.env.ZAPTRACE_LIMITS_GB) * 1e9;

test(`${size / MB} MB through a pipe stay below 150 MB of memory`, { skip }, async () => {
  assert.ok(size >= 50 * MB, 'ZAPTRACE_LIMITS_GB: a number of at least 0.05');
  const { long } = (await import(pathToFileURL(join(ROOT, 'bench', 'scale-traces.mjs')).href)) as Traces;
  const { peak, last } = await peakOver(long(size));
  assert.equal(last.verdict, 'clean');
  assert.ok(last.counts.zaps > 1_000, `${last.counts.zaps} zaps`);
  assert.ok(peak > 30 * MB, `${peak} bytes: not measured`);
  assert.ok(peak < 150 * MB, `${(peak / MB).toFixed(0)} MB`);
});

test('a line without an end, 100 MB of it, stays below 150 MB', { skip }, async () => {
  const race = readFileSync(join(ROOT, 'fixtures', 'cli', 'race.report.txt'), 'utf8');
  function* endless(): Chunks {
    yield { text: race, lines: 1 };
    for (let i = 0; i < 1_600; i++) yield { text: 'x'.repeat(65_536), lines: 0 };
  }
  const { peak, last } = await peakOver(endless());
  assert.equal(last.verdict, 'violation');
  assert.ok(peak > 30 * MB && peak < 150 * MB, `${(peak / MB).toFixed(0)} MB`);
});

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { ROOT, temporary } from '../cli/process.js';

const INDEX = new URL('../../src/index.js', import.meta.url).href;

/** The verdict or the error of each trace, in a process that has started `zstddec` itself. */
function inProcessThatUses(library: string, traces: readonly string[]): string[] {
  const script = `
    import { ZSTDDecoder } from '${library}';
    import { analyze } from '${INDEX}';
    await new ZSTDDecoder().init();
    for (const trace of process.argv.slice(1))
      try {
        for await (const { type, verdict } of analyze(trace)) if (type === 'summary') console.log(verdict);
      } catch ({ code, message }) {
        console.log(code, message);
      }`;
  const args = ['--input-type=module', '-e', script, ...traces];
  const { stdout, stderr, status } = spawnSync(process.execPath, args, { cwd: ROOT, encoding: 'utf8' });
  assert.equal(stderr, '');
  assert.equal(status, 0);
  return stdout.trim().split('\n');
}

const captures = join('fixtures', 'captures');
const packed = join('fixtures', 'perfdata', '6.1-compressed.data');

test('traces with zstd are read where other code has started zstddec before', () => {
  const leak = join(captures, '6.12-zaprace-mmap-leak', 'tc331.dat');
  const damaged = join(temporary(), 'damaged.dat');
  const bytes = Buffer.from(readFileSync(join(ROOT, leak)));
  writeFileSync(damaged, bytes.fill(0x55, bytes.length >> 1, (bytes.length >> 1) + 64));
  assert.deepEqual(
    inProcessThatUses('zstddec', [leak, join(captures, '6.12-zaprace-correct', 'tc331.dat')]),
    ['violation', 'clean'],
  );
  const [said] = inProcessThatUses('zstddec', [damaged]);
  assert.ok(['violation', 'inconclusive'].includes(said) || said.startsWith('no-readable-record'), said);
});

test('perf record -z: read beside zstddec, and refused in words where its stream decoder is in use', () => {
  const [verdict] = inProcessThatUses('zstddec', [packed]);
  assert.match(verdict, /^(clean|inconclusive)$/);
  const [refused, plain] = inProcessThatUses('zstddec/stream', [
    packed,
    join('fixtures', 'perfdata', '6.1.data'),
  ]);
  assert.match(refused, /^no-decoder fixtures.*: what perf record -z packed cannot be read: other code/);
  assert.equal(plain, verdict);
});

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { openZstdStream } from '../../src/trace/binary/zstd-stream.js';
import { ROOT, startBin, temporary, zaptrace } from '../cli/process.js';
import { zstdRaw } from './perf-writer.js';

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
const leak = join(captures, '6.12-zaprace-mmap-leak', 'tc331.dat');
const correct = join(captures, '6.12-zaprace-correct', 'tc331.dat');
const packed = join('fixtures', 'perfdata', '6.1-compressed.data');
const text = join('fixtures', 'text', 'perf-6.12.txt.zst');

test('traces with zstd are read where other code has started zstddec before', () => {
  const damaged = join(temporary(), 'damaged.dat');
  const bytes = Buffer.from(readFileSync(join(ROOT, leak)));
  writeFileSync(damaged, bytes.fill(0x55, bytes.length >> 1, (bytes.length >> 1) + 64));
  for (const library of ['zstddec', 'zstddec/stream']) {
    assert.deepEqual(inProcessThatUses(library, [leak, correct]), ['violation', 'clean']);
    const [said] = inProcessThatUses(library, [damaged]);
    assert.ok(['violation', 'inconclusive'].includes(said) || said.startsWith('no-readable-record'), said);
  }
});

test('streams of zstd: read beside zstddec, and refused in words where its stream decoder is in use', () => {
  const read = inProcessThatUses('zstddec', [packed, text]);
  assert.deepEqual(read, ['clean', 'clean']);
  const [refused, refusedText, plain] = inProcessThatUses('zstddec/stream', [
    packed,
    text,
    join('fixtures', 'perfdata', '6.1.data'),
  ]);
  assert.match(refused, /^no-decoder fixtures.*: what perf record -z packed cannot be read: other code/);
  assert.match(refusedText, /^no-decoder fixtures.*: zstd data cannot be read: other code/);
  assert.equal(plain, 'clean');
});

test('a packed text, perf record -z and a trace.dat share one decoder, whichever comes first', async () => {
  for (const traces of [
    [text, packed, correct],
    [packed, correct, text],
    [correct, text, packed],
  ]) {
    const { code, stdout, stderr } = await zaptrace(['check', '-q', '--jobs', '1', ...traces]);
    assert.equal(stderr, '');
    assert.match(stdout, /CLEAN in all: 3 traces \(3 clean\)/);
    assert.equal(code, 0);
  }
});

/** A zstd frame of raw blocks (`zstdRaw`), ended by an empty last block. */
const frame = (data: Buffer): Buffer => Buffer.concat([zstdRaw(data, true), Buffer.from([1, 0, 0])]);

async function unpack(pieces: readonly Buffer[]): Promise<{ data: Buffer; inFrame: boolean }> {
  const stream = await openZstdStream();
  assert.ok(stream !== null);
  const parts: Buffer[] = [];
  for (const piece of pieces) for (const part of stream.decode(piece)) parts.push(Buffer.from(part));
  stream.close();
  return { data: Buffer.concat(parts), inFrame: stream.inFrame };
}

test('a stream of zstd frames may come in any pieces, and tells whether its last frame has ended', async () => {
  // (a part holds 128 KiB)
  for (const size of [0, 1, 100_000, 131_072, 262_144, 300_001]) {
    const data = randomBytes(size);
    const packed = frame(data);
    const two = Buffer.concat([packed, frame(Buffer.from('the end'))]);
    const halves = [two.subarray(0, two.length >> 1), two.subarray(two.length >> 1)];
    const bytes = [...two.subarray(0, 2_000)].map((byte) => Buffer.from([byte]));
    for (const pieces of [[two], halves, [...bytes, two.subarray(2_000)]]) {
      const { data: found, inFrame } = await unpack(pieces);
      assert.ok(found.equals(Buffer.concat([data, Buffer.from('the end')])), `${size} bytes`);
      assert.equal(inFrame, false, `${size} bytes`);
    }
    for (const cut of [1, 5, packed.length - 4, packed.length - 1])
      assert.equal((await unpack([packed.subarray(0, cut)])).inFrame, true, `${size} bytes, cut at ${cut}`);
  }
  await assert.rejects(
    unpack([Buffer.concat([frame(Buffer.from('x')), Buffer.from('no frame')])]),
    /zstd error/,
  );
});

test('of a packed text that still comes through a pipe, the events are there at once', async () => {
  const child = startBin(['events', '--follow', '-']);
  child.stderr.resume();
  const lines = readFileSync(join(ROOT, 'fixtures', 'cli', 'race.report.txt'));
  // No end of the frame, and the pipe stays open.
  child.stdin.write(zstdRaw(lines, true));
  let out = '';
  for await (const chunk of child.stdout) {
    out += chunk;
    if (out.includes('vmf_insert_pfn')) break;
  }
  child.kill();
  assert.match(out, /vmf_insert_pfn/);
});

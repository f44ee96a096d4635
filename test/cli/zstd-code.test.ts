import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { copyFileSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { installed, ROOT } from './process.js';

const { home, program, names } = installed('.wasm-code');
const code = join(program, names[0] ?? 'none');
const good = readFileSync(code);

/** A trace with zstd that is large enough: what follows the sections of a trace.dat is not looked at. */
const trace = join(home, 'large.dat');
copyFileSync(join(ROOT, 'fixtures/captures/6.12-zaprace-mmap-leak/tc331.dat'), trace);
truncateSync(trace, 9 << 20);

/** Says on standard error how many bytes are compiled as WebAssembly. */
const look = join(home, 'look.cjs');
writeFileSync(
  look,
  `const { Module } = WebAssembly;
  WebAssembly.Module = function (bytes) {
    process.stderr.write(bytes.length + ' compiled\\n');
    return new Module(bytes);
  };`,
);

function check(...flags: string[]): { status: number | null; stdout: string; compiled: number[] } {
  const args = [...flags, '--require', look, join(home, 'bin/zaptrace'), 'check', '-f', 'ndjson', trace];
  const { status, stdout, stderr } = spawnSync(process.execPath, args, {
    encoding: 'utf8',
    env: { PATH: process.env.PATH, LANG: 'C.UTF-8' },
    timeout: 60_000,
    killSignal: 'SIGKILL',
  });
  assert.match(stderr, /^(\d+ compiled\n)*$/, 'nothing else is said');
  return { status, stdout, compiled: [...stderr.matchAll(/\d+/g)].map(Number) };
}

/** The decoder of zstd, which is larger than that of records. */
const compilesZstd = (compiled: readonly number[]): boolean => compiled.some((length) => length > 40_000);

test('the build makes code of zstd for the Node that runs it, and a large trace is read with that', () => {
  assert.deepEqual(names, [`zstd-${process.version}-${process.platform}-${process.arch}.wasm-code`]);
  const { status, compiled } = check();
  assert.equal(status, 1);
  assert.equal(compiled.length, 1, 'that of records');
  assert.ok(!compilesZstd(compiled));
});

test('the program does the same, and says nothing, whatever happened to that code', () => {
  const expected = check().stdout;
  const flipped = (at: number): Buffer => {
    const bytes = Buffer.from(good);
    bytes[Math.floor(at)] ^= 0x10;
    return bytes;
  };
  const spoilt: readonly [string, Buffer | null][] = [
    ['none', null],
    ['empty', Buffer.alloc(0)],
    ['zeros', Buffer.alloc(good.length)],
    ['cut at the end', good.subarray(0, good.length - 2)],
    ['cut in the middle', good.subarray(0, good.length >> 1)],
    ['a hole of zeros, as after a power cut', Buffer.from(good).fill(0, 131_072, 135_168)],
    ...[0.01, 0.1, 0.3, 0.5, 0.7, 0.99].map((part): [string, Buffer] => [
      `a bit at ${part}`,
      flipped(good.length * part),
    ]),
  ];
  for (const [what, bytes] of spoilt) {
    if (bytes === null) rmSync(code);
    else writeFileSync(code, bytes);
    const { status, stdout, compiled } = check();
    assert.ok(compilesZstd(compiled), what);
    assert.deepEqual({ status, stdout }, { status: 1, stdout: expected }, what);
  }
  writeFileSync(code, good);
});

test('under other flags of V8 it is left aside', () => {
  const { status, compiled } = check('--stack-size=900');
  assert.equal(status, 1);
  assert.ok(compilesZstd(compiled));
});

/** Says on standard error which flags V8 is given, and when a thread begins. */
const listen = join(home, 'listen.cjs');
writeFileSync(
  listen,
  `const { writeSync } = require('node:fs');
  const v8 = require('node:v8');
  const threads = require('node:worker_threads');
  const { setFlagsFromString } = v8;
  const { Worker } = threads;
  v8.setFlagsFromString = (flag) => {
    writeSync(2, flag + '\\n');
    setFlagsFromString(flag);
  };
  threads.Worker = class extends Worker {
    constructor(...args) {
      writeSync(2, 'thread\\n');
      super(...args);
    }
  };`,
);

/** What a check of these traces says to that. */
function heard(args: readonly string[]): string[] {
  const { status, stderr } = spawnSync(
    process.execPath,
    ['--require', listen, join(home, 'bin/zaptrace'), 'check', '-q', ...args],
    { encoding: 'utf8', env: { PATH: process.env.PATH }, timeout: 60_000, killSignal: 'SIGKILL' },
  );
  assert.equal(status, 1);
  return stderr.trim().split('\n');
}

test('the flags of a long run come when its threads have begun: with them V8 compiles Node anew in each', () => {
  const young = '--semi-space-growth-factor=1';
  const short = heard([trace]);
  assert.ok(short.includes('thread') || availableParallelism() < 2, short.join());
  assert.ok(!short.slice(0, short.indexOf('thread') + 1).some((flag) => /=/.test(flag)), short.join());
  const copies = Array.from({ length: 40 }, (_, i) => join(home, `${i}.dat`));
  for (const copy of copies) copyFileSync(trace, copy);
  const long = heard(['--jobs', '1', ...copies]);
  assert.ok(long.indexOf(young) > long.indexOf('--opt'), long.join());
  // Where V8 optimizes on the core that decompresses, it takes its time.
  const patient = process.versions.v8.startsWith('11.') && availableParallelism() <= 2;
  assert.equal(long.includes('--interrupt-budget=270336'), patient, long.join());
});

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fixture, installed, ROOT } from './process.js';

const { home, program: PROGRAM, names } = installed('.code');
const code = join(PROGRAM, names[0] ?? 'none');
const good = readFileSync(code);

const TRACES = [
  fixture('race.report.txt'),
  join('fixtures', 'captures', '6.12-zaprace-correct', 'tc331.dat'),
  'no-such-file',
];

/** Ends with 10 or 11 when V8 looked at code for the program: refused or taken. */
const look = join(home, 'look.cjs');
writeFileSync(
  look,
  `const vm = require('node:vm');
  vm.Script = class extends vm.Script {
    constructor(...args) {
      super(...args);
      if (this.cachedDataRejected !== undefined)
        process.on('exit', () => (process.exitCode = this.cachedDataRejected ? 10 : 11));
    }
  };`,
);

function run(args: readonly string[]): { status: number | null; stdout: string; stderr: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, args, {
    cwd: ROOT,
    encoding: 'utf8',
    env: { PATH: process.env.PATH, LANG: 'C.UTF-8' },
    timeout: 60_000,
    killSignal: 'SIGKILL',
  });
  return { status, stdout, stderr };
}

const bin = join(home, 'bin', 'zaptrace');
const checks = () => TRACES.map((trace) => run([bin, 'check', trace]));
const looked = () => run(['--require', look, bin, 'check', TRACES[0]]).status;

test('the build makes code for the Node that runs it, and that takes it', () => {
  assert.equal(names.length, 1);
  assert.ok(names[0].endsWith(`-${process.version}-${process.platform}-${process.arch}.code`), names[0]);
  assert.equal(looked(), 11);
});

test('the program does the same, and says nothing, whatever happened to its code', () => {
  const expected = checks();
  assert.deepEqual(
    expected.map(({ status }) => status),
    [1, 0, 2],
  );
  const flipped = (at: number): Buffer => {
    const bytes = Buffer.from(good);
    bytes[Math.floor(at)] ^= 0x10;
    return bytes;
  };
  const spoilt: readonly [string, Buffer][] = [
    ['empty', Buffer.alloc(0)],
    ['zeros', Buffer.alloc(good.length)],
    ['a text', Buffer.from('not code\n'.repeat(1000))],
    ['cut in its head', good.subarray(0, 20)],
    ['cut in the middle', good.subarray(0, good.length >> 1)],
    ['cut at the end', good.subarray(0, good.length - 1)],
    ['a hole of zeros, as after a power cut', Buffer.from(good).fill(0, 4096, 8192)],
    ['a bit of the head', flipped(6)],
    ...[0.1, 0.3, 0.5, 0.7, 0.9].map((part): [string, Buffer] => [
      `a bit at ${part}`,
      flipped(good.length * part),
    ]),
  ];
  for (const [what, bytes] of spoilt) {
    writeFileSync(code, bytes);
    assert.equal(looked(), 10, what);
    assert.deepEqual(checks(), expected, what);
  }
  // Which bits of the head V8 looks at differs from version to version.
  for (const at of [12, 16, 20, 24, 28]) {
    writeFileSync(code, flipped(at));
    assert.deepEqual(checks(), expected, `a bit of byte ${at}`);
  }
  rmSync(code);
  assert.equal(looked(), 1);
  assert.deepEqual(checks(), expected, 'none');
  mkdirSync(code);
  assert.deepEqual(checks(), expected, 'a directory');
  rmSync(code, { recursive: true });
  writeFileSync(code, good);
  assert.equal(looked(), 11);
});

test('code of another program, of the same length, or of another Node is not looked at', () => {
  const main = join(PROGRAM, 'main.cjs');
  const source = readFileSync(main, 'utf8');
  writeFileSync(
    main,
    source.replace(/^\/\/./, (start) => `//${start.endsWith('0') ? '1' : '0'}`),
  );
  assert.equal(looked(), 1);
  writeFileSync(main, source);
  const other = code.replace(process.version, 'v20.0.0');
  rmSync(code);
  writeFileSync(other, good);
  assert.equal(looked(), 1);
  rmSync(other);
  writeFileSync(code, good);
});

test('code that was made under other flags of V8 is left aside', () => {
  // The first one changes what V8 makes of a program, the second one nothing that matters.
  for (const flag of ['--no-lazy', '--stack-size=900'])
    assert.equal(run([flag, '--require', look, bin, 'check', TRACES[0]]).status, 10, flag);
  assert.equal(run(['--no-lazy', bin, 'check', TRACES[0]]).stderr, '');
});

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { isShort } from '../../src/cli/short.js';
import { BIN, fixture, ROOT, temporary } from './process.js';

const directory = temporary();
const PROGRAM = join(ROOT, 'dist', 'program');
const TEXT = fixture('race.report.txt');
const DAT = join('fixtures', 'captures', '6.12-zaprace-mmap-leak', 'tc331.dat');

/** Loaded before the program: writes every script with its cached code, and Node's own modules, to standard error. */
const watch = join(directory, 'watch.cjs');
writeFileSync(
  watch,
  `const vm = require('node:vm');
  const { basename } = require('node:path');
  const scripts = [];
  vm.Script = class extends vm.Script {
    constructor(source, options) {
      super(source, options);
      scripts.push([basename(options.filename), options.cachedData === undefined ? null : !this.cachedDataRejected]);
    }
  };
  const before = new Set(process.moduleLoadList);
  process.on('exit', () => {
    const builtins = process.moduleLoadList.filter((name) => !before.has(name)).map((name) => name.replace('NativeModule ', ''));
    process._rawDebug(JSON.stringify({ scripts, builtins }));
  });`,
);

interface Loaded {
  readonly code: number | null;
  readonly stdout: string;
  readonly files: string[];
  /** Per file: whether V8 took its cached code; null: there was none. */
  readonly cached: (boolean | null)[];
  readonly builtins: string[];
}

function load(args: readonly string[], bin = BIN, flags: readonly string[] = []): Loaded {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [...flags, '--require', watch, bin, ...args],
    { cwd: ROOT, encoding: 'utf8', env: { PATH: process.env.PATH, LANG: 'C.UTF-8' } },
  );
  const { scripts, builtins } = JSON.parse(stderr.trim().split('\n').at(-1)!);
  return {
    code: status,
    stdout,
    files: scripts.map(([name]: [string]) => name),
    cached: scripts.map(([, taken]: [string, boolean | null]) => taken),
    builtins,
  };
}

/** What costs milliseconds to load and no plain check needs. */
const SLOW = ['child_process', 'crypto', 'worker_threads', 'zlib', 'internal/deps/undici/undici'];

test('a check of a text trace loads one file of the program', () => {
  const { code, files, builtins } = load(['check', TEXT]);
  assert.equal(code, 1);
  assert.deepEqual(files, ['main.cjs']);
  assert.deepEqual(
    SLOW.filter((name) => builtins.includes(name)),
    [],
  );
});

test('a check of a trace.dat loads the reader of its format, and no other', () => {
  const { code, files, builtins } = load(['check', DAT]);
  assert.equal(code, 1);
  assert.deepEqual(
    files,
    'zstd' in process.versions ? ['main.cjs', 'dat.cjs'] : ['main.cjs', 'dat.cjs', 'zstd.cjs'],
  );
  const slow = 'zstd' in process.versions ? SLOW.filter((name) => name !== 'zlib') : SLOW;
  assert.deepEqual(
    slow.filter((name) => builtins.includes(name)),
    [],
  );
});

test("what is compressed with zlib brings Node's zlib along, inside a trace.dat and around a text", () => {
  const gzip = join(directory, 'race.txt.gz');
  writeFileSync(gzip, gzipSync(readFileSync(join(ROOT, TEXT))));
  for (const [path, code] of [
    [join('fixtures', 'dat', '6.1-v7-zlib.dat'), 0],
    [gzip, 1],
  ] as const) {
    const { code: found, builtins } = load(['check', ...(code === 0 ? ['--exit-zero'] : []), path]);
    assert.equal(found, code);
    assert.ok(builtins.includes('zlib'), path);
  }
});

test('what few runs need is in the rest: other commands, pages, pictures', () => {
  for (const args of [
    ['timeline', '-f', 'html', TEXT],
    ['timeline', '-f', 'perfetto', TEXT],
    ['check', '-f', 'sarif', TEXT],
    ['schema', 'finding'],
  ])
    assert.deepEqual(load(args).files, ['main.cjs', 'rest.cjs'], args.join(' '));
  const main = readFileSync(join(PROGRAM, 'main.cjs'), 'latin1');
  for (const word of ['<!doctype html', 'traceEvents', 'sarif-schema', 'PERFILE2 ']) {
    assert.ok(!main.includes(word), `${word} is in main.cjs`);
  }
});

test('V8 takes the code that the build made', () => {
  assert.deepEqual(load(['check', TEXT]).cached, [true]);
  assert.ok(load(['check', DAT]).cached.every((taken) => taken === true));
});

test('without that code, or with code that V8 does not take, the program is the same', () => {
  const expected = load(['check', DAT]);
  const copy = join(directory, 'copy');
  for (const name of ['bin', 'dist/program', 'package.json'])
    cpSync(join(ROOT, name), join(copy, name), { recursive: true });
  const bin = join(copy, 'bin', 'zaptrace');
  const same = (found: Loaded, cached: boolean | null): void => {
    assert.ok(found.cached.every((taken) => taken === cached));
    assert.deepEqual([found.code, found.stdout], [expected.code, expected.stdout]);
  };
  same(load(['check', DAT], bin), true);
  same(load(['check', DAT], bin, ['--no-lazy']), false);
  const codes = readdirSync(join(copy, 'dist/program')).filter((name) => name.endsWith('.code'));
  assert.ok(codes.length > 0);
  for (const name of codes) writeFileSync(join(copy, 'dist/program', name), 'not the code of V8');
  same(load(['check', DAT], bin), false);
  for (const name of codes) rmSync(join(copy, 'dist/program', name));
  same(load(['check', DAT], bin), null);
});

test('only input of a known small size is read without the optimizing compiler', () => {
  assert.ok(isShort(70_000));
  assert.ok(!isShort(1 << 20));
  assert.ok(!isShort(null));
});

test('the notices of what is bundled lie beside the program', () => {
  assert.ok(existsSync(join(PROGRAM, 'LICENSES')));
  const notices = readFileSync(join(PROGRAM, 'LICENSES'), 'utf8');
  for (const word of [/^commander$/m, /^zstddec$/m, /TJ Holowaychuk/, /Don McCurdy/])
    assert.match(notices, word);
});

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { command } from './in-process.js';
import { BIN, fixture, ROOT, temporary, zaptrace } from './process.js';

const directory = temporary();
const PROGRAM = join(ROOT, 'dist', 'program');
const TEXT = fixture('race.report.txt');
const DAT = join('fixtures', 'captures', '6.12-zaprace-mmap-leak', 'tc331.dat');

/** Loaded before the program: writes the files of the program and of Node that it loaded to standard error. */
const watch = join(directory, 'watch.cjs');
writeFileSync(
  watch,
  `const { relative } = require('node:path');
  const before = new Set(process.moduleLoadList);
  process.on('exit', () => {
    const start = [__filename, process.argv[1]];
    const files = Object.keys(require.cache).filter((file) => !start.includes(file));
    const builtins = process.moduleLoadList.filter((name) => !before.has(name)).map((name) => name.replace('NativeModule ', ''));
    process._rawDebug(JSON.stringify({ files: files.map((file) => relative(${JSON.stringify(PROGRAM)}, file)), builtins }));
  });`,
);

interface Loaded {
  readonly code: number | null;
  /** Below the program's directory or not, but the two that start it. */
  readonly files: string[];
  readonly builtins: string[];
}

function load(args: readonly string[]): Loaded {
  const { status, stderr } = spawnSync(process.execPath, ['--require', watch, BIN, ...args], {
    cwd: ROOT,
    encoding: 'utf8',
    env: { PATH: process.env.PATH, LANG: 'C.UTF-8' },
    timeout: 120_000,
    killSignal: 'SIGKILL',
  });
  return { code: status, ...JSON.parse(stderr.trim().split('\n').at(-1)!) };
}

/** What costs milliseconds to load and no plain check needs. */
const SLOW = [
  ...['child_process', 'crypto', 'worker_threads', 'zlib', 'internal/deps/undici/undici'],
  ...['fs/promises', 'module', 'os', 'tty'],
];

test('a check loads no further file, and of Node nothing that it does not need', () => {
  for (const trace of [TEXT, DAT]) {
    const { code, files, builtins } = load(['check', trace]);
    assert.equal(code, 1);
    // (main.cjs is read by bin/zaptrace itself)
    assert.deepEqual(files, []);
    // Newer versions of Node unpack zstd themselves, in zlib.
    const slow = trace === DAT && 'zstd' in process.versions ? SLOW.filter((name) => name !== 'zlib') : SLOW;
    assert.deepEqual(
      slow.filter((name) => builtins.includes(name)),
      [],
    );
  }
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

test('all commands are in that file, with their libraries', () => {
  for (const args of [
    ['timeline', '-f', 'html', TEXT],
    ['timeline', '-f', 'perfetto', TEXT],
    ['check', '-f', 'sarif', TEXT],
    ['schema', 'finding'],
  ])
    assert.deepEqual(load(args).files, [], args.join(' '));
  assert.deepEqual(
    readdirSync(PROGRAM)
      .filter((name) => !/[.-]code$/.test(name))
      .sort(),
    ['LICENSES', 'ahead-worker.cjs', 'main.cjs', 'main.cjs.map', 'worker.js'],
  );
});

test('the stack of a bug in the program has places in the sources, where the map is there', () => {
  const hook = join(directory, 'full.cjs');
  writeFileSync(hook, "process.stdout.write = () => { throw new TypeError('boom'); };");
  const told = (bin: string): string => {
    const { status, stderr } = spawnSync(process.execPath, ['--require', hook, bin, 'check', TEXT], {
      cwd: ROOT,
      encoding: 'utf8',
      env: { PATH: process.env.PATH, ZAPTRACE_DEBUG: '1' },
      timeout: 60_000,
    });
    assert.equal(status, 70);
    assert.match(stderr, /internal error: boom/);
    return stderr;
  };
  const stack = told(BIN);
  const place = /src\/cli\/output\.ts:(\d+):(\d+)/.exec(stack);
  assert.ok(place !== null, stack);
  const line = readFileSync(join(ROOT, 'src', 'cli', 'output.ts'), 'utf8').split('\n')[Number(place[1]) - 1];
  assert.match(line.slice(Number(place[2]) - 1), /^write\(/);
  assert.doesNotMatch(stack, /main\.cjs/);
  const copy = join(directory, 'copy');
  for (const name of ['bin/zaptrace', 'bin/package.json', 'dist/program/main.cjs', 'package.json'])
    cpSync(join(ROOT, name), join(copy, name));
  assert.match(told(join(copy, 'bin', 'zaptrace')), /copy\/dist\/program\/main\.cjs:\d+:\d+/);
});

test('cells are as wide as cli-table3 itself would measure them, though the program has its own measure', async () => {
  const trace = join(directory, 'wide.txt');
  const text = readFileSync(join(ROOT, TEXT), 'utf8');
  const comm = /^\s*(\S+)-\d+/m.exec(text)![1];
  writeFileSync(trace, text.replaceAll(comm, '漢字 é ｗ 한'.slice(0, 15)));
  const { stdout } = await command(['check', '--all', '--limit', '0', trace]);
  assert.match(stdout, /漢字/);
  assert.equal((await zaptrace(['check', '--all', '--limit', '0', trace])).stdout, stdout);
});

test('the notices of what is bundled lie beside the program', () => {
  assert.ok(existsSync(join(PROGRAM, 'LICENSES')));
  const notices = readFileSync(join(PROGRAM, 'LICENSES'), 'utf8');
  for (const word of [/^commander$/m, /^cli-table3$/m, /^zstddec$/m, /TJ Holowaychuk/, /Don McCurdy/])
    assert.match(notices, word);
});

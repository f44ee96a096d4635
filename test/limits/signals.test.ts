import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync, statSync, truncateSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { before, test } from 'node:test';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { BIN, fixture, ROOT, startBin, temporary } from '../cli/process.js';

const grow = fileURLToPath(new URL('../../bench/grow-dat.js', import.meta.url));
const directory = temporary();
const text = join(directory, 'long.txt');
const dat = join(directory, 'long.dat');

/** Large correct traces, so that a signal finds the program in the middle of them. */
before(async () => {
  const { long } = (await import(pathToFileURL(join(ROOT, 'bench', 'scale-traces.mjs')).href)) as {
    long(bytes: number): Iterable<{ text: string }>;
  };
  const fd = openSync(text, 'w');
  for (const chunk of long(60e6)) writeSync(fd, chunk.text);
  closeSync(fd);
  const small = join(ROOT, 'fixtures', 'captures', '6.12-vfio-basic', 'tc331v6.dat');
  await once(spawn(process.execPath, [grow, small, '--size', '100M', '-o', dat]), 'close');
  assert.ok(statSync(dat).size > 90e6);
});

interface Ended {
  code: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
}

async function ended(child: ChildProcess): Promise<Ended> {
  let stdout = '';
  let stderr = '';
  child.stdout?.on('data', (data) => (stdout += data));
  child.stderr?.on('data', (data) => (stderr += data));
  const [code, signal] = await once(child, 'close');
  return { code, signal, stdout, stderr };
}

const verdictOf = (output: string): string => JSON.parse(output.trimEnd().split('\n').at(-1) ?? '').verdict;

for (const [name, path] of [
  ['text', text],
  ['trace.dat', dat],
] as const) {
  test(`SIGINT while a large ${name} is read: the verdict on a part of a correct trace is not clean`, async () => {
    const child = startBin(['-f', 'ndjson', '--progress', path]);
    // The first word of progress: it is reading.
    await once(child.stderr, 'data');
    child.kill('SIGINT');
    const { code, stdout, stderr } = await ended(child);
    assert.match(stderr, /interrupted: the verdict is on what was read so far/);
    assert.equal(verdictOf(stdout), 'inconclusive');
    assert.equal(code, 3);
  });

  test(`SIGTERM while a large ${name} is read, into a file: the file is whole and says so`, async () => {
    const out = join(directory, `${name}.json`);
    const child = startBin(['-f', 'json', '-o', out, '--progress', path]);
    await once(child.stderr, 'data');
    child.kill('SIGTERM');
    const { code } = await ended(child);
    assert.equal(JSON.parse(readFileSync(out, 'utf8')).summary.verdict, 'inconclusive');
    assert.equal(code, 3);
  });

  test(`two SIGINT while a large ${name} is read: 130, and no verdict`, async () => {
    const child = startBin(['-f', 'ndjson', '--progress', path]);
    await once(child.stderr, 'data');
    child.kill('SIGINT');
    child.kill('SIGINT');
    setTimeout(() => child.kill('SIGINT'), 5).unref();
    const { code, signal, stdout } = await ended(child);
    // The second may come when all was said already, or hit the teardown of Node.js.
    assert.ok(code === 130 || code === 3 || signal === 'SIGINT', `exit ${code}`);
    assert.doesNotMatch(stdout, /"verdict":"clean"/);
  });
}

test('SIGINT while the reader of a large output is slow: what it gets is whole lines and the end', async () => {
  const child = startBin(['events', '-f', 'ndjson', text]);
  await once(child.stdout, 'readable');
  // Nobody reads: the pipe is full, and the program waits.
  await new Promise((resolve) => setTimeout(resolve, 300));
  child.kill('SIGINT');
  const { code, stdout, stderr } = await ended(child);
  assert.match(stderr, /interrupted/);
  const lines = stdout.trimEnd().split('\n');
  for (const line of lines) JSON.parse(line);
  assert.equal(JSON.parse(lines.at(-1) ?? '').type, 'summary');
  assert.ok(lines.length > 100);
  assert.notEqual(code, 70);
});

test('SIGINT at any moment of the start: either the default death, or the whole way', async () => {
  for (const delay of [0, 10, 20, 30, 40, 60, 80, 120]) {
    const child = startBin(['-f', 'ndjson', fixture('clean.report.txt')]);
    const timer = setTimeout(() => child.kill('SIGINT'), delay);
    const { code, signal, stdout, stderr } = await ended(child);
    clearTimeout(timer);
    assert.doesNotMatch(stderr, /\n\s+at /, `${delay} ms`);
    if (signal !== null) {
      assert.equal(signal, 'SIGINT');
      // Before the program listens, or when Node.js has closed its signals at the very end: nothing was said, or all.
      if (stdout !== '') assert.equal(verdictOf(stdout), 'clean', `${delay} ms`);
    } else if (code === 0) {
      assert.equal(verdictOf(stdout), 'clean', `${delay} ms`);
      assert.ok(!stderr.includes('interrupted'), `${delay} ms`);
    } else assert.ok(code === 2 || code === 3 || code === 130, `${delay} ms: exit ${code} ${stderr}`);
  }
});

test('a file that shrinks while the program reads it: an error that says so, and no clean verdict', async () => {
  const { long } = (await import(pathToFileURL(join(ROOT, 'bench', 'scale-traces.mjs')).href)) as {
    long(bytes: number): Iterable<{ text: string }>;
  };
  const path = join(directory, 'shrinking.txt');
  const fd = openSync(path, 'w');
  // Long enough to be still read when the first word of progress has come.
  for (const chunk of long(240e6)) writeSync(fd, chunk.text);
  closeSync(fd);
  // From a file by name, and as standard input.
  for (const args of [[path], ['-']]) {
    // At the end of a line: nothing else tells that something is missing.
    const half = readFileSync(path).lastIndexOf(10, statSync(path).size / 2) + 1;
    const input = args[0] === '-' ? openSync(path, 'r') : 'ignore';
    const child = spawn(process.execPath, [BIN, '-f', 'ndjson', '--progress', ...args], {
      cwd: ROOT,
      stdio: [input, 'pipe', 'pipe'],
    });
    await once(child.stderr as NodeJS.ReadableStream, 'data');
    truncateSync(path, half);
    const { code, stdout } = await ended(child);
    assert.match(stdout, /"code":"shrunk".*was cut from \d+ to \d+ bytes while it was read/);
    assert.equal(verdictOf(stdout), 'inconclusive');
    assert.equal(code, 3);
    if (typeof input === 'number') closeSync(input);
  }
});

import assert from 'node:assert/strict';
import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { appendFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { command } from './in-process.js';
import { fake, finish, fixture, startBin, startFake, temporary, zaptrace } from './process.js';

/** The line of standard output that contains the text, as soon as it is there. */
function waitFor(child: ChildProcessWithoutNullStreams, text: string): Promise<string> {
  let all = '';
  return new Promise((resolve) => {
    child.stdout.on('data', (data) => {
      all += data;
      const line = all.split('\n').find((l) => l.includes(text));
      if (line !== undefined) resolve(line);
    });
  });
}

const race = fixture('race.report.txt');
const clean = fixture('clean.report.txt');

test('a trace on standard input, with and without -, gives what the file gives', async () => {
  const text = readFileSync(race, 'utf8');
  const file = (await zaptrace(['-f', 'ndjson', race])).stdout.replaceAll(race, '-');
  assert.equal((await zaptrace(['-f', 'ndjson'], { input: text })).stdout, file);
  assert.equal((await zaptrace(['check', '-f', 'ndjson', '-'], { input: text })).stdout, file);
});

test('-o writes the file and leaves standard output alone; several formats in one run', async () => {
  const directory = temporary();
  const out = join(directory, 'out.json');
  const { stdout, code } = await command(['-f', 'json', '-o', out, race]);
  assert.equal(stdout, '');
  assert.equal(code, 1);
  assert.equal(JSON.parse(readFileSync(out, 'utf8')).summary.verdict, 'violation');

  const sarif = join(directory, 'out.sarif');
  const both = await command(['-f', 'table', '-f', `sarif=${sarif}`, '-f', `junit=${out}`, race]);
  assert.match(both.stdout, /^VIOLATION/);
  assert.equal(JSON.parse(readFileSync(sarif, 'utf8')).version, '2.1.0');
  assert.match(readFileSync(out, 'utf8'), /^<\?xml/);
});

test('a reader that goes away is no error: no message, and the verdict if it is known', async () => {
  const child = startFake(['events', '-f', 'ndjson', 'many.txt']);
  child.stdout.once('data', () => child.stdout.destroy());
  const long = await finish(child);
  assert.equal(long.stderr, '');
  assert.equal(long.code, 141);

  const short = startBin([race]);
  short.stdout.destroy();
  const { code, stderr } = await finish(short);
  assert.equal(stderr, '');
  assert.equal(code, 1);
});

test('when one output loses its reader the files of the others are still complete', async () => {
  const file = join(temporary(), 'events.ndjson');
  const child = startFake(['events', '-f', 'table', '-f', `ndjson=${file}`, 'many.txt']);
  child.stdout.once('data', () => child.stdout.destroy());
  const { stderr } = await finish(child);
  assert.equal(stderr, '');
  assert.equal(readFileSync(file, 'utf8').trimEnd().split('\n').length, 20_002);
});

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  test(`${signal} ends the input and still gives the verdict`, async () => {
    const child = startBin(['-f', 'ndjson', '--progress']);
    child.stdin.write(readFileSync(race));
    // The program is up when it has read enough to print its first record.
    await new Promise((resolve) => child.stdout.once('data', resolve));
    child.kill(signal);
    const lines: string[] = [];
    child.stdout.on('data', (data) => lines.push(String(data)));
    const [code, stderr] = await Promise.all([
      new Promise((resolve) => child.on('close', resolve)),
      new Promise((resolve) => child.stderr.once('data', (data) => resolve(String(data)))),
    ]);
    const summary = JSON.parse(lines.join('').trimEnd().split('\n').at(-1)!);
    assert.equal(summary.type, 'summary');
    assert.equal(summary.verdict, 'violation');
    assert.match(stderr as string, /interrupted: the verdict is on what was read so far/);
    assert.equal(code, 1);
  });
}

test('a second Ctrl-C ends at once with 130', async () => {
  const child = startFake(['events', 'stuck.txt']);
  await new Promise((resolve) => child.stdout.once('data', resolve));
  child.kill('SIGINT');
  await new Promise((resolve) => child.stderr.once('data', resolve));
  child.kill('SIGINT');
  assert.equal((await finish(child)).code, 130);
});

test('--follow tells a finding when it is proven, and ends with the verdict on Ctrl-C', async () => {
  const file = join(temporary(), 'growing.txt');
  const lines = readFileSync(race, 'utf8').split('\n');
  const half = lines.length >> 1;
  writeFileSync(file, `${lines.slice(0, half).join('\n')}\n`);
  const child = startBin(['--follow', '-f', 'ndjson', file]);
  const seen = waitFor(child, '"rule":"zap-missed-unlinked-vma"');
  const later = setTimeout(() => appendFileSync(file, lines.slice(half).join('\n')), 100);
  assert.match(await seen, /"confidence":"confirmed"/);
  clearTimeout(later);
  child.kill('SIGINT');
  const { code, stdout } = await finish(child);
  assert.equal(JSON.parse(stdout.trimEnd().split('\n').at(-1)!).verdict, 'violation');
  assert.equal(code, 1);
});

test('colour: never without a terminal, NO_COLOR and FORCE_COLOR, --color above all', async () => {
  const coloured = async (args: string[], env: NodeJS.ProcessEnv, columns?: number) =>
    (await command([...args, clean], { env, columns })).stdout.includes('\x1b[');
  assert.equal(await coloured([], {}), false);
  assert.equal(await coloured([], {}, 100), true);
  assert.equal(await coloured([], { TERM: 'dumb' }, 100), false);
  assert.equal(await coloured([], { NO_COLOR: '1' }, 100), false);
  assert.equal(await coloured([], { FORCE_COLOR: '1' }), true);
  assert.equal(await coloured(['--color', 'never'], { FORCE_COLOR: '1' }, 100), false);
  assert.equal(await coloured(['--color', 'always'], { NO_COLOR: '1' }), true);
  const file = join(temporary(), 'out.txt');
  await command(['-o', file, clean], { env: { FORCE_COLOR: '1' }, columns: 100 });
  assert.doesNotMatch(readFileSync(file, 'utf8'), /\x1b/);
});

test('without a UTF-8 locale, or with --ascii, the table is ASCII', async () => {
  const ascii = /^[\x20-\x7e\n]*$/;
  assert.match((await command([race], { env: { LANG: 'C' } })).stdout, ascii);
  assert.match((await command(['--ascii', race])).stdout, ascii);
  assert.doesNotMatch((await command([race])).stdout, ascii);
  assert.match((await command([race], { env: { LANG: 'C.UTF-8', LC_ALL: 'C' } })).stdout, ascii);
});

test('progress goes to standard error, only when asked for without a terminal', async () => {
  assert.equal((await fake(['events', '-o', '/dev/null', 'many.txt'])).stderr, '');
  const { stderr } = await fake(['events', '--progress', '-o', '/dev/null', 'slow.txt']);
  assert.match(stderr, /^0\.0 of 0\.0 MB, \d+ MB\/s, \d+ events, 0 lost, 0 findings\n/);
});

test('-q leaves the verdict and no message', async () => {
  const { stdout, stderr } = await command(['-q', race]);
  assert.equal(stdout, `VIOLATION ${race}: 1 error, 1 warning\n`);
  assert.equal(stderr, '');
});

test('the program works from any directory', async () => {
  const cwd = temporary();
  assert.equal(existsSync(join(cwd, 'package.json')), false);
  assert.equal((await zaptrace(['schema', '--list'], { cwd })).code, 0);
});

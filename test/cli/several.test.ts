import assert from 'node:assert/strict';
import { cpSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Worker } from 'node:worker_threads';
import { type Failure, oneByOne } from '../../src/cli/engine.js';
import { Pool } from '../../src/cli/pool.js';
import type { AnyRecord } from '../../src/report/records.js';
import { command, FAKE_ENGINE } from './in-process.js';
import { fixture, temporary } from './process.js';

const race = fixture('race.report.txt');
const clean = fixture('clean.report.txt');

/** A tree with two traces, a file that is none, a hidden one and a link to a trace. */
function tree(): string {
  const directory = temporary();
  mkdirSync(join(directory, 'b'));
  mkdirSync(join(directory, '.hidden'));
  cpSync(race, join(directory, 'b', 'race.txt'));
  cpSync(clean, join(directory, 'clean.txt'));
  cpSync(clean, join(directory, '.hidden', 'clean.txt'));
  writeFileSync(join(directory, 'notes.md'), '# no trace\n');
  symlinkSync(join(directory, 'clean.txt'), join(directory, 'z.txt'));
  return directory;
}

const inputs = (stdout: string): string[] =>
  stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line))
    .filter((record) => record.type === 'summary')
    .map((record) => record.input);

test('a directory gives its traces in a stable order and says what it left out', async () => {
  const directory = tree();
  const { stdout, stderr, code } = await command(['-f', 'ndjson', directory]);
  assert.deepEqual(inputs(stdout), [
    join(directory, 'b/race.txt'),
    join(directory, 'clean.txt'),
    join(directory, 'z.txt'),
  ]);
  assert.match(stderr, /^zaptrace: 1 file is no trace and was left out: .*notes\.md\n$/);
  assert.equal(code, 1);
});

test('patterns that the shell left alone are expanded; a pattern without a trace is an error', async () => {
  const directory = tree();
  assert.deepEqual(inputs((await command(['-f', 'ndjson', `${directory}/**/*.txt`])).stdout), [
    join(directory, 'b/race.txt'),
    join(directory, 'clean.txt'),
    join(directory, 'z.txt'),
  ]);
  const none = await command([`${directory}/*.md`]);
  assert.equal(none.code, 2);
  assert.match(none.stderr, /no trace that matches '.*\*\.md' \(1 file looked at\)/);
});

test('a file named twice is read once', async () => {
  const { stdout } = await command(['-f', 'ndjson', clean, clean, clean]);
  assert.deepEqual(inputs(stdout), [clean]);
});

test('a failed trace never hides the others, before or after it', async () => {
  const { stdout, stderr, code } = await command(
    ['-q', 'unreadable.txt', 'race.txt', 'half.txt', 'bug.txt', 'clean.txt'],
    {
      fake: true,
    },
  );
  assert.deepEqual(stdout.split('\n').slice(0, 3), [
    'VIOLATION race.txt: 1 error, 1 possible error, 1 warning',
    'UNREADABLE half.txt',
    'CLEAN clean.txt: nothing found',
  ]);
  assert.match(stdout, /^VIOLATION in all: 5 traces \(1 violation, 1 clean, 3 unreadable\)$/m);
  assert.match(stderr, /unreadable\.txt: not a trace/);
  assert.match(stderr, /half\.txt: cut in the middle/);
  assert.match(stderr, /bug\.txt: internal error/);
  assert.equal(code, 1);
});

test('clean traces with an unreadable one are not clean in all', async () => {
  const { stdout, code } = await command(['-q', 'clean.txt', 'unreadable.txt'], { fake: true });
  assert.match(stdout, /^INCONCLUSIVE in all/m);
  assert.equal(code, 2);
});

/** All records of all traces through worker threads. */
async function throughPool(
  names: readonly string[],
  workers: number,
): Promise<[AnyRecord[], (Failure | null)[]]> {
  const pool = new Pool(names, { engine: FAKE_ENGINE, analyze: {}, workers, progress: () => {} });
  const records: AnyRecord[] = [];
  const failures: (Failure | null)[] = [];
  try {
    for (const [i] of names.entries()) {
      const lane = pool.records(i);
      let step = await lane.next();
      for (; !step.done; step = await lane.next()) records.push(...step.value);
      failures.push(step.value);
    }
  } finally {
    await pool.close();
  }
  return [records, failures];
}

test('worker threads give the same records in the same order, whatever finishes first', async () => {
  const names = ['many.txt', 'race.txt', 'unreadable.txt', 'clean.txt', 'bug.txt', 'lossy.txt', 'many2.txt'];
  const [records, failures] = await throughPool(names, 2);
  const summaries = records.filter((r) => r.type === 'summary').map((r) => r.input);
  assert.deepEqual(summaries, ['many.txt', 'race.txt', 'clean.txt', 'lossy.txt', 'many2.txt']);
  assert.equal(records.filter((r) => r.type === 'event').length, 40_000);
  assert.deepEqual(
    failures.map((f) => f?.kind ?? null),
    [null, null, 'input', null, 'internal', null, null],
  );
});

test('a pool that is closed early: its threads end by themselves', async () => {
  // Of a thread that is ended from outside, the code is 1.
  const codes: number[] = [];
  const watch = (thread: Worker) => thread.once('exit', (code) => codes.push(code));
  process.on('worker', watch);
  const names = ['many.txt', 'many2.txt', 'race.txt'];
  const pool = new Pool(names, { engine: FAKE_ENGINE, analyze: {}, workers: 2, progress: () => {} });
  await pool.records(0).next();
  await pool.close();
  process.off('worker', watch);
  assert.deepEqual(codes, [0, 0]);
});

test('ending the inputs ends them in worker threads too, each with its summary', async () => {
  const pool = new Pool(['many.txt', 'many2.txt'], {
    engine: FAKE_ENGINE,
    analyze: {},
    workers: 2,
    progress: () => {},
  });
  const counts: number[] = [];
  for (const i of [0, 1]) {
    let events = 0;
    for await (const record of oneByOne(pool.records(i))) {
      if (record.type === 'event' && ++events === 1) pool.stop();
      if (record.type === 'summary') counts.push(events);
    }
  }
  await pool.close();
  assert.equal(counts.length, 2);
  assert.ok(
    counts.every((n) => n < 20_000),
    String(counts),
  );
});

test('a worker that dies fails its own trace and no other', async () => {
  const [records, failures] = await throughPool(['clean.txt', 'die.txt', 'race.txt', 'lossy.txt'], 1);
  assert.deepEqual(
    failures.map((f) => f?.kind ?? null),
    [null, 'internal', null, null],
  );
  assert.equal(records.filter((r) => r.type === 'summary').length, 3);
});

test('large traces go through worker threads of the real program, with the same output', async () => {
  const directory = temporary();
  const names = ['a.txt', 'b.txt'].map((name) => join(directory, name));
  // Lines that matter to nobody, up to the size from which threads are worth it.
  const filler =
    '            idle-0     [001] .....    19.000000: sched_switch: prev_comm=idle next_comm=idle\n';
  for (const name of names) {
    cpSync(race, name);
    writeFileSync(name, filler.repeat(30_000), { flag: 'a' });
  }
  const one = await command(['-f', 'ndjson', '--jobs', '1', ...names]);
  const two = await command(['-f', 'ndjson', '--jobs', '2', ...names]);
  assert.equal(one.code, 1);
  assert.equal(two.stdout, one.stdout);
});

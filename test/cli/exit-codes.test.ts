import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { command } from './in-process.js';
import { fixture, ROOT, temporary, zaptrace } from './process.js';

const race = fixture('race.report.txt');
const clean = fixture('clean.report.txt');

/** The clean capture with a mark of lost events in its middle. */
function lossyText(): string {
  const lines = readFileSync(join(ROOT, clean), 'utf8').split('\n');
  lines.splice(lines.length >> 1, 0, 'CPU:0 [157 EVENTS DROPPED]', 'CPU:1 [157 EVENTS DROPPED]');
  return lines.join('\n');
}

test('0: a clean trace', async () => {
  const { code, stdout, stderr } = await zaptrace([clean]);
  assert.equal(code, 0);
  assert.match(stdout, /^CLEAN .*clean\.report\.txt/);
  assert.equal(stderr, '');
});

test('1: a violation, with the verdict in the first and the last line', async () => {
  const { code, stdout } = await zaptrace([race]);
  assert.equal(code, 1);
  const lines = stdout.trimEnd().split('\n');
  assert.match(lines[0], /^VIOLATION /);
  assert.equal(lines.at(-1), lines[0]);
});

test('2: a file that is not there, named on standard error', async () => {
  const { code, stderr } = await zaptrace(['no-such-trace.dat']);
  assert.equal(code, 2);
  assert.match(stderr, /^zaptrace: no-such-trace\.dat: no such file/);
});

test('2: a file that is no trace, with what was found', async () => {
  const { code, stderr } = await zaptrace(['package.json']);
  assert.equal(code, 2);
  assert.match(stderr, /package\.json: not a trace/);
});

test('3: lost events make a clean trace inconclusive, with the reason', async () => {
  const { code, stdout } = await zaptrace(['-'], { input: lossyText() });
  assert.equal(code, 3);
  assert.match(stdout, /^INCONCLUSIVE /);
  assert.match(stdout, /314 events lost/);
});

test('--allow-inconclusive turns 3 into 0, and nothing else', async () => {
  assert.equal((await zaptrace(['--allow-inconclusive'], { input: lossyText() })).code, 0);
  assert.equal((await command(['--allow-inconclusive', race])).code, 1);
});

test('--exit-zero exits 0 on a violation, but not on an unreadable input', async () => {
  assert.equal((await command(['--exit-zero', race])).code, 0);
  assert.equal((await command(['--exit-zero', 'no-such-trace.dat'])).code, 2);
});

test('--fail-on warning fails on what is less than an error', async () => {
  const trace = join(temporary(), 'latent.txt');
  const lines = readFileSync(join(ROOT, race), 'utf8').split('\n');
  // Without the zap only the latent finding is left.
  writeFileSync(trace, lines.filter((line) => !/zaprace_zap|unmap_mapping|zap_/.test(line)).join('\n'));
  assert.equal((await command([trace])).code, 3);
  assert.equal((await command(['--fail-on', 'warning', trace])).code, 1);
});

test('70: a bug, asking for a report, with a stack only on request', async () => {
  const quiet = await command(['bug.txt'], { fake: true });
  assert.equal(quiet.code, 70);
  assert.match(quiet.stderr, /internal error: x is not a function/);
  assert.match(quiet.stderr, /report/);
  assert.doesNotMatch(quiet.stderr, /at .*fake-engine/);
  const loud = await command(['bug.txt'], { fake: true, env: { ZAPTRACE_DEBUG: '1' } });
  assert.match(loud.stderr, /at .*fake-engine/);
});

test('of several traces the worst counts: 1 before 2 before 3 before 0', async () => {
  assert.equal((await command(['clean.txt', 'race.txt', 'unreadable.txt'], { fake: true })).code, 1);
  assert.equal((await command(['clean.txt', 'lossy.txt', 'unreadable.txt'], { fake: true })).code, 2);
  assert.equal((await command(['clean.txt', 'lossy.txt'], { fake: true })).code, 3);
  assert.equal((await command(['clean.txt', 'clean2.txt'], { fake: true })).code, 0);
});

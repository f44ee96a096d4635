import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { differences, type Expectation } from '../../src/cli/expect.js';
import { Judge } from '../../src/cli/judge.js';
import type { FindingRecord, SummaryRecord } from '../../src/report/records.js';
import { header, latent, missedVma, possibleFault, RULE_IDS, summary } from '../report/sample.js';
import { command } from './in-process.js';
import { fixture, temporary } from './process.js';

const race = fixture('race.report.txt');
const clean = fixture('clean.report.txt');

function file(value: unknown): string {
  const path = join(temporary(), 'file.json');
  writeFileSync(path, typeof value === 'string' ? value : JSON.stringify(value));
  return path;
}

test('--write-baseline keeps what is there; with --baseline it no longer counts', async () => {
  const baseline = join(temporary(), 'known.json');
  assert.equal((await command(['-q', '--write-baseline', baseline, race])).code, 1);
  const written = JSON.parse(readFileSync(baseline, 'utf8'));
  assert.equal(written.schema, 'zaptrace-baseline/1');
  assert.deepEqual(written.findings.map((f: { rule: string }) => f.rule).sort(), [
    'populate-before-rmap',
    'zap-missed-unlinked-vma',
  ]);

  const { stdout, code } = await command(['-f', 'json', '--baseline', baseline, race]);
  const { findings, summary } = JSON.parse(stdout);
  assert.equal(code, 0);
  assert.equal(summary.verdict, 'clean');
  assert.equal(summary.counts.known, 2);
  assert.deepEqual(summary.counts.findings, { error: 0, warning: 0, note: 0 });
  assert.ok(findings.every((f: FindingRecord) => f.known === true));
});

test('a baseline of another bug changes nothing but the mark', async () => {
  const other = file({ schema: 'zaptrace-baseline/1', findings: [{ fingerprint: 'another' }] });
  const { stdout, code } = await command(['-f', 'json', '--baseline', other, race]);
  assert.equal(code, 1);
  assert.ok(JSON.parse(stdout).findings.every((f: FindingRecord) => f.known === false));
});

/** The verdict that a Judge with a baseline of these findings leaves. */
function verdictWith(
  known: FindingRecord[],
  findings: FindingRecord[],
  over: Partial<SummaryRecord>,
): string {
  const judge = new Judge(new Set(known.map((f) => f.fingerprint)));
  for (const record of [header('t'), ...findings]) judge.record(record);
  const last = summary('t', { verdict: 'violation', reasons: ['1 confirmed error'], ...over });
  return (judge.record(last) as SummaryRecord).verdict;
}

test('without its known errors a violation is clean only if clean is earned', () => {
  const all = [missedVma('t')];
  assert.equal(verdictWith(all, all, {}), 'clean');
  assert.equal(verdictWith([], all, {}), 'violation');
  assert.equal(verdictWith(all, [...all, possibleFault('t')], {}), 'inconclusive');
  const coverage = { ...summary('t').coverage, [RULE_IDS[0]]: 'partial' } as const;
  assert.equal(verdictWith(all, all, { coverage }), 'inconclusive');
  assert.equal(verdictWith(all, all, { reasons: ['1 confirmed error', '3 events lost'] }), 'inconclusive');
  assert.equal(verdictWith(all, all, { verdict: 'inconclusive' }), 'inconclusive');
});

test('--fail-on levels include those before them', () => {
  const judge = new Judge(null);
  judge.record(latent('t'));
  assert.equal(judge.reaches('possible'), false);
  assert.equal(judge.reaches('warning'), true);
  judge.record(possibleFault('t'));
  assert.equal(judge.reaches('error'), false);
  assert.equal(judge.reaches('possible'), true);
});

test('--expect: exactly these findings', async () => {
  const wanted = {
    findings: [{ rule: 'zap-missed-unlinked-vma', pages: 8 }, { rule: 'populate-before-rmap' }],
  };
  assert.equal((await command(['-q', '--expect', file(wanted), race])).code, 0);
  assert.equal((await command(['-q', '--expect', file({ ...wanted, verdict: 'violation' }), race])).code, 0);

  const wrong = await command(['-q', '--expect', file(wanted), clean]);
  assert.equal(wrong.code, 1);
  assert.match(
    wrong.stderr,
    /not as expected: missing: 1 of 1 \{"rule":"zap-missed-unlinked-vma","pages":8\}/,
  );

  const less = await command(['-q', '--expect', file({ findings: [], verdict: 'clean' }), race]);
  assert.equal(less.code, 1);
  assert.match(less.stderr, /unexpected: zap-missed-unlinked-vma \(error, confirmed\)/);
  assert.match(less.stderr, /verdict: expected clean, found violation/);
});

test('--expect takes what -f json printed', async () => {
  const out = join(temporary(), 'run.json');
  await command(['-f', 'json', '-o', out, race]);
  assert.equal((await command(['-q', '--expect', out, race])).code, 0);
  await command(['-f', 'json', '-o', out, race, clean]);
  assert.equal((await command(['-q', '--expect', out, race, clean])).code, 0);
  assert.equal((await command(['-q', '--expect', out, clean])).code, 1);
});

test('--expect nothing of an inconclusive trace leaves the question open', async () => {
  const nothing = file({ findings: [] });
  assert.equal((await command(['-q', '--expect', nothing, 'lossy.txt'], { fake: true })).code, 3);
  const named = file({ findings: [], verdict: 'inconclusive' });
  assert.equal((await command(['-q', '--expect', named, 'lossy.txt'], { fake: true })).code, 0);
});

test('a slip in an expectation is told, never ignored', async () => {
  for (const [value, message] of [
    [{ findings: [{ rul: 'x' }] }, /findings\[0\]: 'rul' cannot be expected \(did you mean 'rule'\?\)/],
    [{ findings: [{ rule: 'x', count: 0 }] }, /count 0 is no positive number/],
    [{ findings: [{}] }, /names nothing to expect/],
    [{ findings: [], verdict: 'claen' }, /verdict 'claen' is none of .* \(did you mean 'clean'\?\)/],
    ['[', /is not JSON/],
  ] as const) {
    const { code, stderr } = await command(['--expect', file(value), clean]);
    assert.equal(code, 2);
    assert.match(stderr, message);
  }
});

test('an expectation that fits many leaves the only match to one that fits few', () => {
  const a = { ...missedVma('t'), pages: 1, device: 'd' };
  const b = { ...missedVma('t'), pages: 1, device: null };
  const expectation: Expectation = {
    verdict: null,
    findings: [
      { wanted: { pages: 1 }, count: 1 },
      { wanted: { device: 'd' }, count: 1 },
    ],
  };
  assert.deepEqual(differences(expectation, [a, b], 'violation'), []);
  assert.deepEqual(differences(expectation, [b, a], 'violation'), []);
  assert.equal(differences(expectation, [b], 'violation').length, 1);
});

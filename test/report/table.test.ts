import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createStyle } from '../../src/report/style.js';
import { table } from '../../src/report/table.js';
import { render } from './render.js';
import {
  cleanTrace,
  header,
  inconclusiveTrace,
  latent,
  missedVma,
  summary,
  total,
  violationTrace,
} from './sample.js';

const violation = render(table, violationTrace());

test('the verdict is the first and the last line', () => {
  const lines = violation.trimEnd().split('\n');
  assert.equal(lines[0], 'VIOLATION race.txt: 1 error, 1 possible error, 1 warning');
  assert.equal(lines.at(-1), lines[0]);
});

test('nothing is wider than 80 columns', () => {
  for (const text of [
    violation,
    render(table, inconclusiveTrace()),
    render(table, violationTrace(), { unicode: false }),
  ]) {
    for (const line of text.split('\n')) assert.ok([...line].length <= 80, `${[...line].length}: ${line}`);
  }
});

test('a finding shows rule, confidence, VMA, zap, pages, exposure, its place and what ended it', () => {
  assert.match(violation, /^F1 {2}zap-missed-unlinked-vma {2}confirmed {3}vma2 {2}zap1 {6}8 {2}82\.4 ms$/m);
  assert.match(violation, /^ {4}at 90\.621049, line 808; ended by unmap$/m);
  assert.match(violation, /^ {4}to settle it: when the zap walked this range/m);
});

test('ASCII mode and colour', () => {
  const ascii = render(table, violationTrace(), { unicode: false, limit: 1 });
  assert.doesNotMatch(ascii, /[^\x20-\x7e\n]/);
  assert.match(ascii, /^\.\.\. 2 more rows left out/m);
  assert.doesNotMatch(violation, /\x1b/);
  const coloured = render(table, violationTrace(), { style: createStyle(true) });
  assert.ok(coloured.startsWith('\x1b[1m\x1b[31mVIOLATION\x1b[39m\x1b[22m race.txt'));
  assert.equal(coloured.replace(/\x1b\[\d+m/g, ''), violation);
});

test('what the limit leaves out is said, with the option that shows it', () => {
  const text = render(table, violationTrace(), { limit: 1 });
  assert.match(text, /^… 2 more rows left out \(--limit 0 shows all 3\)$/m);
  assert.doesNotMatch(text, /^F2 /m);
  assert.match(render(table, violationTrace(), { limit: 0 }), /^F3 /m);
});

test('errors come first whatever their order; lesser findings of one kind share a row', () => {
  const warnings = [1, 2, 3].map((n) => ({ ...latent('t'), id: `F${n}`, vma: `vma${n}` }));
  const text = render(table, [header('t'), ...warnings, { ...missedVma('t'), id: 'F4' }, summary('t')]);
  assert.ok(text.indexOf('\nF4 ') < text.indexOf('\nF1 '));
  assert.match(text, /and 2 more like it: vma2, vma3$/m);
  assert.doesNotMatch(text, /^F[23] /m);
});

test('reasons, advice and losses of an inconclusive trace are there', () => {
  const text = render(table, inconclusiveTrace());
  assert.match(text, /^INCONCLUSIVE lossy\.txt/);
  assert.match(text, /^ {2}- 157 events were lost while the device was blocked$/m);
  assert.match(text, /record with a larger buffer/);
  assert.match(text, /157 lost$/m);
  assert.match(text, /^warning {3}events-lost {6}1$/m);
});

test('several traces: a verdict each, unreadable ones by name, and the worst at the end', () => {
  const text = render(table, [...cleanTrace(), ...violationTrace(), ...inconclusiveTrace(), total()], {
    quiet: true,
  });
  assert.deepEqual(text.split('\n'), [
    'CLEAN clean.txt: nothing found',
    'VIOLATION race.txt: 1 error, 1 possible error, 1 warning',
    'INCONCLUSIVE lossy.txt: nothing found',
    '',
    'UNREADABLE gone.txt: no such file',
    'VIOLATION in all: 4 traces (1 violation, 1 inconclusive, 1 clean, 1 unreadable)',
    '',
  ]);
});

test('a trace that broke off half-way is not shown as clean', () => {
  const text = render(table, [header('half.txt'), total({ verdict: 'inconclusive', traces: 1 })]);
  assert.match(text, /^UNREADABLE half\.txt$/m);
  assert.doesNotMatch(text, /CLEAN/);
});

test('findings that the baseline has are marked and not counted', () => {
  const text = render(table, [header('t'), { ...missedVma('t'), known: true }, summary('t')]);
  assert.match(text, /^CLEAN t: 1 known$/m);
  assert.match(text, /zap-missed-unlinked-vma {2}known/);
});

test('with --follow each finding is told when it comes', () => {
  const records = violationTrace();
  const text = render(table, records.slice(0, 2), { follow: true });
  assert.match(text, /^race\.txt:808: zap-missed-unlinked-vma \(confirmed\): vma2 got 8 pages/);
});

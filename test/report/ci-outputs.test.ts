import assert from 'node:assert/strict';
import { test } from 'node:test';
import { XMLParser } from 'fast-xml-parser';
import { gcc } from '../../src/report/gcc.js';
import { github } from '../../src/report/github.js';
import { junit } from '../../src/report/junit.js';
import { code, markdown, prose } from '../../src/report/markdown.js';
import type { AnyRecord } from '../../src/report/records.js';
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

interface Case {
  name: string;
  failure?: { message: string; '#text': string };
  skipped?: { message: string };
  error?: { message: string };
}

function suites(records: readonly AnyRecord[]) {
  const parser = new XMLParser({
    ignoreAttributes: false,
    attributeNamePrefix: '',
    isArray: (name) => name === 'testsuite' || name === 'testcase',
  });
  const { testsuites } = parser.parse(render(junit, records));
  return testsuites as { failures: string; skipped: string; testsuite: { name: string; testcase: Case[] }[] };
}

test('junit: a suite per trace, a case per rule; failure, skipped with the reason, passed', () => {
  const all = suites([...violationTrace(), ...cleanTrace(), total()]);
  assert.deepEqual(
    all.testsuite.map((s) => s.name),
    ['race.txt', 'clean.txt', 'gone.txt'],
  );
  const cases = Object.fromEntries(all.testsuite[0].testcase.map((c) => [c.name, c]));
  assert.match(cases['zap-missed-unlinked-vma'].failure!.message, /^vma2 got 8 pages/);
  assert.match(cases['zap-missed-unlinked-vma'].failure!['#text'], /rmap-insert: vma_interval_tree_insert/);
  assert.match(cases['install-after-zap'].skipped!.message, /^possible: /);
  assert.match(cases['access-after-zap'].skipped!.message, /^not checked: write trace_marker/);
  assert.equal(cases['partial-zap'].skipped ?? cases['partial-zap'].failure, undefined);
  assert.equal(all.testsuite[2].testcase[0].error!.message, 'gone.txt: no such file');
  assert.equal(all.failures, '1');
});

test('junit: an inconclusive trace never looks passed', () => {
  const [suite] = suites(inconclusiveTrace()).testsuite;
  assert.ok(suite.testcase.every((c) => c.skipped !== undefined));
  const doubtful = [
    header('t'),
    summary('t', { verdict: 'inconclusive', reasons: ['2 VMAs are older than the trace'] }),
  ];
  const { testcase } = suites(doubtful).testsuite[0];
  assert.equal(testcase.at(-1)!.name, 'verdict');
  assert.equal(testcase.at(-1)!.skipped!.message, '2 VMAs are older than the trace');
});

test('junit: a known finding does not fail', () => {
  const [suite] = suites([header('t'), { ...missedVma('t'), known: true }, summary('t')]).testsuite;
  assert.ok(suite.testcase.every((c) => c.failure === undefined));
});

test('gcc: file:line: error: text [rule], evidence as notes, offsets without a line', () => {
  const lines = render(gcc, [...violationTrace(), ...inconclusiveTrace(), total()]).split('\n');
  assert.match(lines[0], /^race\.txt:808: error: vma2 got 8 pages.* \[zap-missed-unlinked-vma\]$/);
  assert.equal(
    lines[2],
    'race.txt:849: note: zap-begin: unmap_mapping_range(start=0x0, len=0x0) CPU 0 zrlab-504',
  );
  assert.ok(lines.some((line) => /^race\.txt:889: warning: possible: .* \[install-after-zap\]$/.test(line)));
  assert.ok(
    lines.includes('lossy.txt: warning: inconclusive: 157 events were lost while the device was blocked'),
  );
  assert.ok(lines.includes('gone.txt: error: no such file [unreadable]'));
  const binary = missedVma('a.dat');
  const evidence = binary.evidence.map((e) => ({ ...e, origin: { input: 'a.dat', offset: 8000 } }));
  assert.match(render(gcc, [header('a.dat'), { ...binary, evidence }]), /^a\.dat\(0x1f40\): error: /);
});

test('github: annotations on file and line; standard input has none', () => {
  const [error, warning] = render(github, violationTrace()).split('\n');
  assert.match(error, /^::error file=race\.txt,line=808,title=zap-missed-unlinked-vma::vma2 got 8 pages/);
  assert.match(error, /%0A90\.661900 CPU 0 zrlab-504 zap-begin: /);
  assert.match(warning, /^::warning file=race\.txt,line=889,title=install-after-zap \(possible\)::/);
  assert.match(render(github, violationTrace('-')), /^::error title=zap-missed-unlinked-vma::/);
  assert.match(render(github, [header('t'), { ...latent('t'), severity: 'note' }]), /^::notice /);
  assert.match(render(github, inconclusiveTrace()), /^::warning file=lossy\.txt,title=inconclusive::/);
});

test('markdown: verdict as heading, table, evidence in fences, coverage', () => {
  const text = render(markdown, violationTrace());
  assert.ok(text.startsWith('## VIOLATION: `race.txt`\n'));
  assert.match(text, /^\| F1 \| zap-missed-unlinked-vma \| confirmed \| vma2 \| zap1 \| 8 \| 82\.4 ms \|$/m);
  assert.match(text, /^```text\n90\.621049 {2}CPU 1 {2}zrlab-506 {2}install/m);
  assert.match(text, /^\| access-after-zap \| unavailable \| write trace\\_marker lines/m);
  assert.match(render(markdown, violationTrace(), { limit: 1 }), /\*\*2 more findings left out\*\*/);
});

test('markdown: text of a trace cannot format, link, mention or leave its fence', () => {
  assert.equal(
    prose('a|b *c* _d_ <e> [f] @g #1'),
    'a\\|b \\*c\\* \\_d\\_ \\<e\\> \\[f\\] @<!-- -->g #<!-- -->1',
  );
  assert.equal(code('a`b``c'), '```a`b``c```');
  assert.equal(code('`x'), '`` `x ``');
});

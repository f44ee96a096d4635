import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { compare } from '../../src/report/diff/compare.js';
import { diffMarkdown } from '../../src/report/diff/markdown.js';
import type { DiffRecord } from '../../src/report/diff/records.js';
import { DiffSide } from '../../src/report/diff/side.js';
import { change } from '../../src/report/diff/tables.js';
import { diffText } from '../../src/report/diff/text.js';
import type { AnyRecord, FindingRecord, Verdict } from '../../src/report/records.js';
import { faultsOf, type Recorded } from '../model/faults-stage.js';
import { type Probes, scenario } from '../scenarios/dsl.js';
import { render } from './render.js';
import { header, summary, violationTrace } from './sample.js';

interface Side {
  input?: string;
  verdict?: Verdict;
  fingerprints?: readonly string[];
  order?: number;
  probes?: Probes;
  how?: Recorded;
  lost?: number;
}

const FINDING = violationTrace('t').find((record): record is FindingRecord => record.type === 'finding')!;

/** A trace: one VMA of 8 MiB, touched all over with entries of an order, and findings. */
function trace({
  input = 't',
  verdict = 'clean',
  fingerprints = [],
  order = 0,
  probes,
  how,
  lost = 0,
}: Side = {}): AnyRecord[] {
  const s = scenario('6.12', probes);
  const dev = s.device();
  const vma = s.vma(dev, s.process(100), { pages: 1024 });
  const task = s.cpu(0).task(100).map(10, vma);
  for (let i = 0; i < 1024; i += 2 ** order) task.faultIn(100 + 10 * i, vma, i, order);
  if (lost > 0) s.lost(20_000, 0, lost);
  const { vmas, devices, zaps, trace: total } = faultsOf(s, how);
  const findings = fingerprints.map(
    (fingerprint): FindingRecord => ({ ...FINDING, fingerprint, rule: `rule-${fingerprint}` }),
  );
  return [header(input), ...findings, ...vmas, ...zaps, ...devices, total, { ...summary(input), verdict }];
}

function diff(before: Side, after: Side): DiffRecord {
  const sides = [before, after].map((side) => {
    const collected = new DiffSide();
    for (const record of trace(side)) collected.write(record);
    return collected;
  });
  return compare(sides[0], sides[1], '1.0');
}

describe('what changed', () => {
  it('findings by fingerprint: new, gone, unchanged, with counts', () => {
    const { findings, worse, reasons } = diff(
      { verdict: 'violation', fingerprints: ['a', 'b', 'b'] },
      { verdict: 'violation', fingerprints: ['b', 'c', 'c', 'c'] },
    );
    assert.deepEqual(
      findings.map(({ change: kind, fingerprint, before, after }) => [kind, fingerprint, before, after]),
      [
        ['new', 'c', 0, 3],
        ['gone', 'a', 1, 0],
        ['unchanged', 'b', 2, 1],
      ],
    );
    assert.equal(worse, true);
    assert.deepEqual(reasons, ['1 kind of finding is new: rule-c']);
  });

  it('is worse only by new findings or a worse verdict', () => {
    const worse = (before: Side, after: Side) => diff(before, after).worse;
    assert.equal(worse({}, {}), false);
    assert.equal(worse({ verdict: 'violation', fingerprints: ['a'] }, {}), false);
    assert.equal(
      worse(
        { verdict: 'violation', fingerprints: ['a'] },
        { verdict: 'violation', fingerprints: ['a', 'a'] },
      ),
      false,
    );
    assert.equal(worse({}, { verdict: 'inconclusive' }), true);
    assert.equal(worse({ verdict: 'inconclusive' }, { verdict: 'violation', fingerprints: ['a'] }), true);
    assert.equal(worse({ verdict: 'inconclusive' }, {}), false);
    assert.equal(worse({ order: 9 }, { order: 0 }), false, 'more faults are shown, they are no verdict');
  });

  it('installs by order, faults per VMA, times, mappings of the same file range', () => {
    const record = diff({ order: 0 }, { order: 9 });
    assert.deepEqual(record.counts.faults, { before: 1024, after: 2 });
    assert.deepEqual(record.orders[9], {
      before: { installs: 0, pages: 0 },
      after: { installs: 2, pages: 1024 },
    });
    assert.deepEqual(record.faults_per_vma.before, { vmas: 1, median: 1024, max: 1024, mean: 1024 });
    assert.deepEqual(record.latency.handler.after, { n: 2, median_ns: 3000, p99_ns: 3000, max_ns: 3000 });
    assert.equal(record.mappings.length, 1);
    assert.deepEqual(record.mappings[0].after?.orders, { 0: 0, 9: 2, 18: 0 });
    assert.equal(record.comparable, true);
  });

  it('what one trace has not recorded is null there, and is told', () => {
    const record = diff({ probes: { without: ['vfio_pci_mmap_huge_fault'] } }, {});
    assert.deepEqual(record.counts.faults, { before: null, after: 1024 });
    assert.equal(record.latency.handler.before, null);
    assert.ok(
      record.reasons.some((reason) => reason === 'only the after trace has: handler'),
      record.reasons.join(),
    );
    const text = render(diffText, [record]);
    assert.match(text, /^faults +\? +1,024 *$/m);
  });

  it('losses, clocks without unit, and page sizes are told', () => {
    const has = (record: DiffRecord, text: RegExp) =>
      assert.ok(
        record.reasons.some((reason) => text.test(reason)),
        record.reasons.join(),
      );
    has(diff({}, { how: { unit: 'count' } }), /a clock has no unit/);
    assert.equal(diff({}, { how: { unit: 'count' } }).comparable, false);
    has(diff({}, { how: { release: '6.12-64k' } }), /page sizes differ: 4096 before, 65536 after/);
    has(diff({}, { how: { digits: 6 } }), /rounded to 1000 ns in one/);
  });

  it('a trace without fault records cannot be compared', () => {
    assert.throws(() => compare(new DiffSide(), new DiffSide(), '1.0'), /no fault statistics/);
  });
});

describe('outputs', () => {
  const record = diff(
    { input: 'before.dat', order: 0, verdict: 'violation', fingerprints: ['a'] },
    { input: 'after.dat', order: 9 },
  );

  it('text: verdicts, findings, counts, times, mappings, within 80 columns', () => {
    const text = render(diffText, [record]);
    assert.match(
      text,
      /^NOT WORSE: violation before, clean after\n {2}- findings by kind: 0 new, 1 gone, 0 unchanged\n/,
    );
    assert.match(text, /^faults +1,024 +2 +-99\.8%$/m);
    assert.match(text, /^installs of 2M +0 +2 +\+2$/m);
    assert.match(text, /^gone +rule-a +error +1 +0$/m);
    assert.match(text, /^0x20000000\+4M +before +1 +1,024 +2 +1,024x4K$/m);
    for (const line of text.split('\n')) assert.ok([...line].length <= 80, line);
    assert.match(render(diffText, [record], { quiet: true }), /^NOT WORSE.*\n$/);
    assert.match(render(diffText, [record], { unicode: false }), /^[\x00-\x7f]*$/);
  });

  it('markdown: the same as tables', () => {
    const text = render(diffMarkdown, [record]);
    assert.match(text, /^## NOT WORSE: violation before, clean after\n/);
    assert.match(text, /\| faults \| 1,024 \| 2 \| -99\.8% \|/);
  });

  it('changes in words', () => {
    const pairs: [number | null, number | null, string][] = [
      [10, 10, 'same'],
      [0, 7, '+7'],
      [null, 7, ''],
      [100, 150, '+50%'],
      [1000, 1001, '+0.1%'],
      [524_288, 1024, '-99.8%'],
      [524_288, 2, '1/262,144'],
      [5, 0, '-100%'],
    ];
    for (const [before, after, text] of pairs) assert.equal(change({ before, after }), text);
  });
});

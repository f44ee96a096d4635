import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Epoch, FindingRecord, VmaRecord } from '../../src/report/records.js';
import { parseMoment, ticks, timeBase } from '../../src/report/timeline/axis.js';
import { Cells } from '../../src/report/timeline/cells.js';
import { spansOf } from '../../src/report/timeline/spans.js';
import { event, header, missedVma, violationTrace } from './sample.js';

describe('cells of a lane', () => {
  const add = (cells: Cells, n: number, step: number) => {
    for (let i = 0; i < n; i++)
      cells.add(`vma${i % 4}`, i % 3 ? 'install' : 'refused', event('t', { t_ns: i * step, end_ns: null }));
  };

  it('is exact while it fits', () => {
    const cells = new Cells(1000);
    add(cells, 1000, 10);
    assert.equal(cells.width, 0);
    assert.equal(cells.list().length, 1000);
  });

  it('stays within its budget and counts everything', () => {
    const cells = new Cells(1000);
    add(cells, 50_000, 997);
    assert.ok(cells.width > 0);
    const list = cells.list();
    assert.ok(list.length <= 1000, `${list.length}`);
    assert.ok(list.length >= 100, `${list.length}: bins are no wider than they need to be`);
    assert.equal(
      list.reduce((sum, c) => sum + c.count, 0),
      50_000,
    );
    for (const c of list) assert.ok(c.end >= c.start && c.end - c.start < cells.width);
  });
});

describe('spans of a VMA', () => {
  const base = violationTrace().find((r) => r.type === 'vma') as VmaRecord;
  const vma = (epochs: Epoch[], more: Partial<VmaRecord> = {}): VmaRecord => ({
    ...base,
    created_ns: 10,
    removed_ns: 100,
    epochs,
    ...more,
  });
  const epoch = (state: Epoch['state'], start_ns: number, end_ns: number | null): Epoch => ({
    state,
    start_ns,
    end_ns,
    pages: 1,
  });
  const states = (spans: ReturnType<typeof spansOf>) => spans.map((s) => `${s.state} ${s.start}-${s.end}`);

  it('begin with its creation and end with its removal', () => {
    const spans = spansOf(vma([epoch('populated', 20, 50), epoch('empty', 50, null)]), [], 0, 200);
    assert.deepEqual(states(spans), ['empty 10-20', 'populated 20-50', 'empty 50-100']);
  });

  it('a stray finding wins over the epochs it overlaps', () => {
    const finding: FindingRecord = { ...missedVma('t'), t_ns: 40, exposed_ns: 30 };
    const spans = spansOf(vma([epoch('populated', 20, 45), epoch('blocked', 45, 100)]), [finding], 0, 200);
    assert.deepEqual(states(spans), ['empty 10-20', 'populated 20-40', 'stray 40-70', 'blocked 70-100']);
    assert.equal(spans[2].finding, finding.id);
  });

  it('confirmed before possible', () => {
    const sure: FindingRecord = { ...missedVma('t'), t_ns: 40, exposed_ns: 20 };
    const maybe: FindingRecord = { ...sure, id: 'F9', confidence: 'possible', t_ns: 30, exposed_ns: 50 };
    const spans = spansOf(vma([epoch('blocked', 20, 100)]), [sure, maybe], 0, 200);
    assert.deepEqual(states(spans), [
      'empty 10-20',
      'blocked 20-30',
      'maybe 30-40',
      'stray 40-60',
      'maybe 60-80',
      'blocked 80-100',
    ]);
  });

  it('of two that overlap the earlier one is seen', () => {
    const first: FindingRecord = { ...missedVma('t'), t_ns: 30, exposed_ns: 30 };
    const second: FindingRecord = { ...first, id: 'F9', t_ns: 40, exposed_ns: 40 };
    for (const findings of [
      [first, second],
      [second, first],
    ]) {
      const spans = spansOf(vma([epoch('blocked', 20, 100)]), findings, 0, 200);
      assert.deepEqual(
        spans.filter((s) => s.state === 'stray').map((s) => `${s.finding} ${s.start}-${s.end}`),
        [`${first.id} 30-60`, 'F9 60-80'],
      );
    }
  });

  it('a warning is no stray PTE', () => {
    const finding: FindingRecord = { ...missedVma('t'), severity: 'warning', t_ns: 40, exposed_ns: 20 };
    assert.deepEqual(states(spansOf(vma([epoch('populated', 10, 100)]), [finding], 0, 200)), [
      'populated 10-100',
    ]);
  });

  it('without a creation they begin where the picture does', () => {
    const spans = spansOf(
      vma([epoch('populated', 20, null)], { created_ns: null, linked_ns: null, removed_ns: null }),
      [],
      5,
      60,
    );
    assert.deepEqual(states(spans), ['populated 20-60']);
  });
});

describe('the time axis', () => {
  const time = timeBase({ ...header('t'), base: '90.612689' });

  it('ticks are round absolute times with labels that differ', () => {
    const list = ticks(0, 1e9, 8, time);
    assert.ok(list.length <= 9 && list.length >= 4);
    assert.equal(new Set(list.map((t) => t.label)).size, list.length);
    assert.equal(list[0].label, '90.8');
    assert.equal(list[0].t, 187_311_000);
  });

  it('a few nanoseconds', () => {
    assert.deepEqual(
      ticks(0, 10, 5, time).map((t) => t.label),
      ['90.612689000', '90.612689002', '90.612689004', '90.612689006', '90.612689008', '90.612689010'],
    );
  });

  it('raw counts', () => {
    const counts = timeBase({ ...header('t'), base: '327333783529' });
    assert.deepEqual(
      ticks(0, 100, 4, counts).map((t) => t.label),
      ['327333783550', '327333783600'],
    );
    assert.equal(parseMoment('327333783600', counts), 71);
  });

  it('moments: absolute as the trace prints them, or from its start', () => {
    assert.equal(parseMoment('+0.14', time), 140_000_000);
    assert.equal(parseMoment('90.612690', time), 1000);
  });
});

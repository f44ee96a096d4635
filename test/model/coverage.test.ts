import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Coverage, Held } from '../../src/model/coverage.js';
import { Order } from '../../src/model/order.js';
import { PageRows } from '../../src/model/rows.js';
import { PageRun } from '../../src/model/run.js';
import type { Visit } from '../../src/model/visit.js';
import { Vma } from '../../src/model/vma.js';
import type { ProbeBinding } from '../../src/probes/binding.js';
import { MappingEvent, Task } from '../../src/probes/event.js';

function run(page: number, pages = 1, order = 0): PageRun {
  const made = new PageRun();
  made.page = page;
  made.pages = pages;
  made.order = order;
  return made;
}

const pagesOf = (coverage: Coverage): [number, number][] =>
  coverage
    .all()
    .map((r): [number, number] => [r.page, r.pages])
    .sort((a, b) => a[0] - b[0]);

for (const framed of [true, false]) {
  describe(framed ? 'a small VMA (array)' : 'a VMA of unknown range (map)', () => {
    const empty = (): Coverage => {
      const coverage = new Coverage(new PageRows(), new Vma(1, 1, 0));
      if (framed) coverage.frame(1000, 2000);
      return coverage;
    };

    test('single pages are found, counted and removed', () => {
      const coverage = empty();
      for (const page of [1000, 1003, 1999]) coverage.add(run(page));
      assert.equal(coverage.pages, 3);
      assert.equal(coverage.at(1003)?.page, 1003);
      assert.equal(coverage.at(1004), null);
      coverage.remove(coverage.at(1003) as PageRun);
      assert.deepEqual(pagesOf(coverage), [
        [1000, 1],
        [1999, 1],
      ]);
    });

    test('touching gives what is inside a range only', () => {
      const coverage = empty();
      for (let page = 1000; page < 1010; page++) coverage.add(run(page));
      assert.deepEqual(
        coverage.touching(1004, 1006).map((r) => r.page),
        [1004, 1005],
      );
    });

    test('clear leaves nothing, and the coverage can be used again', () => {
      const coverage = empty();
      coverage.add(run(1500));
      coverage.clear();
      assert.ok(coverage.empty);
      assert.equal(coverage.at(1500), null);
      coverage.add(run(1501));
      assert.deepEqual(pagesOf(coverage), [[1501, 1]]);
    });
  });
}

test('carving a range leaves the parts outside', () => {
  const coverage = new Coverage(new PageRows(), new Vma(1, 1, 0));
  const range = run(100, 10);
  coverage.add(range);
  const taken = coverage.carve(range, 103, 105);
  assert.deepEqual([taken.page, taken.pages], [103, 2]);
  assert.deepEqual(pagesOf(coverage), [
    [100, 3],
    [105, 5],
  ]);
  assert.equal(coverage.pages, 8);
});

test('clearing part of a huge entry drops it whole, as the kernel does for PFNMAP', () => {
  const coverage = new Coverage(new PageRows(), new Vma(1, 1, 0));
  const pmd = run(512 * 7, 512, 9);
  coverage.add(pmd);
  assert.equal(coverage.at(512 * 7 + 100), pmd);
  assert.equal(coverage.carve(pmd, 512 * 7, 512 * 7 + 1), pmd);
  assert.ok(coverage.empty);
});

test('a PUD entry holds a quarter of a million pages', () => {
  const coverage = new Coverage(new PageRows(), new Vma(1, 1, 0));
  coverage.add(run(262_144 * 3, 262_144, 18));
  assert.equal(coverage.pages, 262_144);
  assert.ok(coverage.at(262_144 * 4 - 1));
  assert.equal(coverage.at(262_144 * 4), null);
});

const order = new Order(0, 0);

/** A visit of pages [from, to) by CPU 0, of which record 100 is the first. */
const visitOf = (from: number, to: number): Visit =>
  ({ from, to, begin: 100, cpu: 0, beginSeq: 100 }) as Visit;

function installAt(seq: number): MappingEvent {
  const event = new MappingEvent();
  event.task = new Task(7);
  event.begin = seq - 1;
  event.end = seq;
  event.beginSeq = seq - 1;
  event.endSeq = seq;
  event.comm = 'vfio';
  event.pfn = 0x280000;
  event.result = 0x100;
  event.binding = { state: {} } as ProbeBinding;
  return event;
}

test('drain empties everything or nothing', () => {
  const coverage = new Coverage(new PageRows(), new Vma(1, 1, 0));
  coverage.frame(0, 100);
  for (let page = 10; page < 20; page++) coverage.add(run(page));
  const gone: number[] = [];
  const drain = (visit: Visit) => coverage.drain(visit, order, (r) => gone.push(r.page));
  const late = coverage.at(15) as PageRun;
  late.end = late.endSeq = 200;
  assert.equal(drain(visitOf(0, 100)), false, 'one of them came after the visit');
  assert.equal(coverage.pages, 10);
  late.end = late.endSeq = 0;
  late.claims = [];
  assert.equal(drain(visitOf(0, 100)), false, 'somebody asks what becomes of one');
  late.claims = null;
  assert.equal(drain(visitOf(0, 15)), false, 'the range does not cover all');
  assert.equal(drain(visitOf(0, 100)), true);
  assert.equal(gone.length, 10);
  assert.ok(coverage.empty);
});

describe('rows', () => {
  for (const framed of [true, false]) {
    const filled = (rows = new PageRows()): Coverage => {
      const coverage = new Coverage(rows, new Vma(1, 1, 0));
      if (framed) coverage.frame(0, 100);
      for (let page = 10; page < 20; page++) coverage.addRow(page, rows.add(installAt(page)));
      return coverage;
    };
    const where = framed ? 'in an array' : 'in a map';

    test(`${where}: they count, and become runs when somebody looks`, () => {
      const coverage = filled();
      assert.equal(coverage.pages, 10);
      assert.equal(coverage.held(12, 100), Held.Row);
      assert.equal(coverage.held(20, 100), Held.Nothing);
      assert.equal(coverage.held(12, 12), Held.Row, 'it returned at 12');
      assert.equal(coverage.held(12, 11), Held.Later);
      const found = coverage.at(12) as PageRun;
      assert.deepEqual(
        [found.page, found.pages, found.begin, found.end, found.endSeq, found.pid, found.comm, found.pfn],
        [12, 1, 11, 12, 12, 7, 'vfio', 0x280000],
      );
      assert.equal(coverage.held(12, 100), Held.Run);
      assert.equal(coverage.at(12), found, 'the run stays');
      coverage.remove(found);
      assert.equal(coverage.held(12, 100), Held.Nothing);
      assert.equal(coverage.pages, 9);
    });

    test(`${where}: those of a range go, runs stay`, () => {
      const coverage = filled();
      const looked = coverage.at(12) as PageRun;
      coverage.dropRows(11, 14);
      assert.deepEqual(
        pagesOf(coverage).map(([page]) => page),
        [10, 12, 14, 15, 16, 17, 18, 19],
      );
      assert.equal(coverage.at(12), looked);
    });

    test(`${where}: their numbers are used again`, () => {
      const rows = new PageRows();
      const coverage = filled(rows);
      coverage.clear();
      assert.ok(coverage.empty);
      const numbers = Array.from({ length: 10 }, (_, page) => rows.add(installAt(page)));
      assert.ok(Math.max(...numbers) < 10);
    });
  }

  test('a visit drains those from before it, and none if one is from after it', () => {
    const rows = new PageRows();
    const coverage = new Coverage(rows, new Vma(1, 1, 0));
    coverage.frame(0, 100);
    for (let page = 10; page < 20; page++) coverage.addRow(page, rows.add(installAt(page)));
    coverage.addRow(30, rows.add(installAt(200)));
    assert.equal(
      coverage.drain(visitOf(0, 100), order, () => {}),
      false,
    );
    assert.equal(coverage.pages, 11);
    coverage.dropRows(30, 31);
    assert.equal(
      coverage.drain(visitOf(0, 100), order, () => {}),
      true,
    );
    assert.ok(coverage.empty);
  });

  test('a row tells all of the insert', () => {
    const rows = new PageRows();
    const event = installAt(5);
    Object.assign(event, {
      begin: 3.5e9,
      end: 3.5e9 + 700,
      beginSeq: 7,
      endSeq: 9,
      beginCpu: 300,
      endCpu: 2,
    });
    Object.assign(event, { beginOrigin: 5e10, endOrigin: 5e10 - 4096, pfn: Number.NaN, result: 0 });
    rows.add(installAt(4));
    const found = rows.take(rows.add(event), 40);
    const { page, begin, storyBegin, end, beginSeq, endSeq, beginCpu, endCpu } = found;
    assert.deepEqual(
      [page, begin, storyBegin, end, beginSeq, endSeq, beginCpu, endCpu],
      [40, 3.5e9, 3.5e9, 3.5e9 + 700, 7, 9, 300, 2],
    );
    const { beginOrigin, endOrigin, pid, comm, pfn, result, symbol } = found;
    assert.deepEqual(
      [beginOrigin, endOrigin, pid, comm, pfn, result],
      [5e10, 5e10 - 4096, 7, 'vfio', Number.NaN, 0],
    );
    assert.equal(symbol, event.binding.state);
  });

  test('what a row cannot tell gets none', () => {
    const misfits: Partial<MappingEvent>[] = [
      { end: 2 ** 40 },
      { end: 199.5 },
      { endSeq: 2 ** 40 },
      { endOrigin: 2 ** 40 },
      { beginCpu: 0x8000 },
      { endCpu: -1 },
      { result: 0x10000 },
      { result: Number.NaN },
      { task: new Task(2 ** 32) },
    ];
    for (const misfit of misfits)
      assert.equal(new PageRows().add(Object.assign(installAt(200), misfit)), -1, JSON.stringify(misfit));
  });
});

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Coverage } from '../../src/model/coverage.js';
import { PageRun } from '../../src/model/run.js';

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
      const coverage = new Coverage();
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
  const coverage = new Coverage();
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
  const coverage = new Coverage();
  const pmd = run(512 * 7, 512, 9);
  coverage.add(pmd);
  assert.equal(coverage.at(512 * 7 + 100), pmd);
  assert.equal(coverage.carve(pmd, 512 * 7, 512 * 7 + 1), pmd);
  assert.ok(coverage.empty);
});

test('a PUD entry holds a quarter of a million pages', () => {
  const coverage = new Coverage();
  coverage.add(run(262_144 * 3, 262_144, 18));
  assert.equal(coverage.pages, 262_144);
  assert.ok(coverage.at(262_144 * 4 - 1));
  assert.equal(coverage.at(262_144 * 4), null);
});

test('drain empties everything or nothing', () => {
  const coverage = new Coverage();
  coverage.frame(0, 100);
  for (let page = 10; page < 20; page++) coverage.add(run(page));
  const gone: number[] = [];
  assert.equal(
    coverage.drain(
      0,
      100,
      (r) => r.page !== 15,
      (r) => gone.push(r.page),
    ),
    false,
  );
  assert.equal(coverage.pages, 10);
  assert.equal(
    coverage.drain(
      0,
      15,
      () => true,
      (r) => gone.push(r.page),
    ),
    false,
    'the range does not cover all',
  );
  assert.equal(
    coverage.drain(
      0,
      100,
      () => true,
      (r) => gone.push(r.page),
    ),
    true,
  );
  assert.equal(gone.length, 10);
  assert.ok(coverage.empty);
});

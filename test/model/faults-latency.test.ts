import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { Fit } from '../../src/model/faults/fit.js';
import { Latency } from '../../src/model/faults/latency.js';
import { PageSet } from '../../src/model/faults/page-set.js';

const of = (values: readonly number[]): Latency => {
  const latency = new Latency();
  for (const value of values) latency.add(value);
  return latency;
};

/** Nearest rank. */
const rank = (values: readonly number[], q: number): number =>
  [...values].sort((a, b) => a - b)[Math.max(1, Math.ceil(q * values.length)) - 1];

const durations = (max: number) => fc.array(fc.nat(2 ** 34), { minLength: 1, maxLength: max });

describe('distributions', () => {
  it('are exact for few values', () => {
    const latency = of([5, 1, 4, 2, 3]);
    assert.deepEqual([latency.n, latency.sum, latency.min, latency.max], [5, 15, 1, 5]);
    assert.deepEqual([latency.quantile(0.5), latency.quantile(0.99), latency.quantile(0)], [3, 5, 1]);
    assert.ok(Number.isNaN(new Latency().quantile(0.5)));
  });

  it('are within 1/64 for many, and their ends are exact', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(2 ** 40), { minLength: 600, maxLength: 900 }), (values) => {
        const latency = of(values);
        for (const q of [0.01, 0.5, 0.9, 0.99]) {
          const exact = rank(values, q);
          const found = latency.quantile(q);
          assert.ok(Math.abs(found - exact) <= exact / 64 + 1, `${q}: ${found} for ${exact}`);
        }
        assert.equal(latency.quantile(1), Math.max(...values));
        assert.equal(latency.min, Math.min(...values));
        assert.equal(
          latency.sum,
          values.reduce((a, b) => a + b, 0),
        );
      }),
      { numRuns: 30 },
    );
  });

  it('are the same whether merged or counted together', () => {
    fc.assert(
      fc.property(durations(700), durations(700), (a, b) => {
        const merged = of(a);
        merged.merge(of(b));
        const together = of([...a, ...b]);
        assert.deepEqual(merged.octaves(), together.octaves());
        assert.deepEqual(
          [merged.n, merged.sum, merged.min, merged.max],
          [together.n, together.sum, together.min, together.max],
        );
        assert.equal(merged.quantile(0.5), together.quantile(0.5));
      }),
      { numRuns: 60 },
    );
  });

  it('have a bucket for every power of two in between', () => {
    assert.deepEqual(of([3, 9, 9]).octaves(), [
      { from: 2, to: 4, count: 1 },
      { from: 4, to: 8, count: 0 },
      { from: 8, to: 16, count: 2 },
    ]);
    assert.deepEqual(of([0, 1]).octaves(), [{ from: 0, to: 2, count: 2 }]);
    assert.deepEqual(new Latency().octaves(), []);
    const many = of(Array.from({ length: 2000 }, (_, i) => i));
    assert.equal(
      many.octaves().reduce((sum, { count }) => sum + count, 0),
      2000,
    );
  });
});

describe('a straight line', () => {
  it('finds what the points were made of', () => {
    const fit = new Fit();
    for (let x = 0; x < 50; x++) fit.add(x, 1e9 + 250 * x);
    const line = fit.line();
    assert.ok(line !== null);
    assert.ok(Math.abs(line.slope - 250) < 1e-6 && Math.abs(line.at0 - 1e9) < 1e-3 && line.r2 > 0.999);
  });

  it('is none without different points', () => {
    const fit = new Fit();
    fit.add(1, 1);
    fit.add(2, 2);
    assert.equal(fit.line(), null);
    const same = new Fit();
    for (let i = 0; i < 5; i++) same.add(7, i);
    assert.equal(same.line(), null);
  });
});

describe('page sets', () => {
  it('hold what a set of pages would', () => {
    const range = fc.tuple(fc.boolean(), fc.nat(3000), fc.constantFrom(1, 2, 7, 511, 512, 1024, 1500));
    fc.assert(
      fc.property(fc.array(range, { maxLength: 40 }), (ranges) => {
        const pages = new PageSet();
        const model = new Set<number>();
        for (const [add, page, count] of ranges) {
          const before = model.size;
          for (let p = page; p < page + count; p++) add ? model.add(p) : model.delete(p);
          assert.equal(
            add ? pages.add(page, count) : pages.remove(page, count),
            Math.abs(model.size - before),
          );
          assert.equal(pages.size, model.size);
        }
        pages.clear();
        assert.equal(pages.size, 0);
        assert.equal(pages.add(0, 600), 600);
      }),
    );
  });
});

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { bestOrder, bestPlan, congruent, placement, plan } from '../../src/model/faults/fewest.js';
import {
  GRANULE_4K,
  GRANULES,
  type Granule,
  granuleOfOrder,
  granuleOfRelease,
  levelOrder,
} from '../../src/model/faults/granule.js';

const G = 2 ** 18;
const M2 = 2 ** 9;
/** File offset of BAR2 in pages. */
const BAR2 = 2 * 2 ** 28;

describe('the fewest faults', () => {
  it('the numbers of the mail: a 2 GiB BAR in 524,288 faults of 4 KiB, 1,024 of 2 MiB, or 2 of 1 GiB', () => {
    const bar = 2 * G;
    // "vfio: Request THP-aligned mmap for device fds": mmap gave an address that is only page-aligned
    assert.equal(plan(0x7f3dd9001, BAR2, bar, GRANULE_4K).faults, 524_288);
    assert.equal(plan(0x7f3dd9001, BAR2, bar, GRANULE_4K).entries[0], 524_288);
    // aligned to 2 MiB, not to 1 GiB
    assert.deepEqual(plan(0x7f3dd9000 + M2, BAR2, bar, GRANULE_4K), {
      faults: 1024,
      entries: { 0: 0, 9: 1024, 18: 0 },
    });
    // aligned to 1 GiB
    assert.deepEqual(plan(0x7f3dc0000, BAR2, bar, GRANULE_4K), { faults: 2, entries: { 0: 0, 9: 0, 18: 2 } });
    assert.equal(bestPlan(BAR2, bar, GRANULE_4K).faults, 2);
    assert.equal(bestOrder(BAR2, bar, GRANULE_4K), 18);
    assert.deepEqual(placement(0x7f3dd9001, BAR2, 18), { offset: 0, shift: 0x7f3e00000 - 0x7f3dd9001 });
  });

  it('head and tail of a range that begins or ends inside a block take smaller entries', () => {
    // 1 page before a 2 MiB block, the block, and half of the next one
    assert.deepEqual(plan(M2 - 1, M2 - 1, 1 + M2 + 256, GRANULE_4K).entries, { 0: 257, 9: 1, 18: 0 });
    // 1 GiB in the middle, 2 MiB around it
    assert.deepEqual(plan(G - M2, G - M2, M2 + G + M2, GRANULE_4K).entries, { 0: 0, 9: 2, 18: 1 });
  });

  it('an offset that is no multiple asks for an address that is none either', () => {
    const base = BAR2 + 1;
    assert.equal(plan(0x7f3de5800, base, 4096, GRANULE_4K).faults, 4096);
    assert.deepEqual(placement(0x7f3de5800, base, 9), { offset: 1, shift: 1 });
    // 511 pages to the first boundary, 7 blocks, 1 page
    assert.equal(plan(0x7f3de5801, base, 4096, GRANULE_4K).faults, 519);
  });

  it('other page sizes have other levels', () => {
    const [, k16, k64] = GRANULES;
    assert.equal(plan(0, 0, 2 ** 11, k16).faults, 1); // 32 MiB
    assert.equal(plan(0, 0, 2 ** 13, k64).faults, 1); // 512 MiB
    assert.equal(plan(1, 0, 2 ** 13, k64).faults, 2 ** 13);
    assert.equal(granuleOfOrder(9), GRANULE_4K);
    assert.equal(granuleOfOrder(26), k64);
    assert.equal(granuleOfOrder(0), null);
    assert.equal(granuleOfOrder(4), null);
    assert.equal(levelOrder(k64, 9), 13);
    assert.equal(levelOrder(GRANULE_4K, 18), 18);
    assert.equal(granuleOfRelease('6.12.0-55.el10.aarch64+64k'), k64);
    assert.equal(granuleOfRelease('6.8.0-40-generic-64k'), k64);
    assert.equal(granuleOfRelease('6.1.0-16k'), k16);
    assert.equal(granuleOfRelease('6.12.95+deb12-amd64'), null);
    assert.equal(granuleOfRelease('5.64k9'), null);
    assert.equal(granuleOfRelease(null), null);
  });

  it('is what a fault handler page by page would need (small levels)', () => {
    const small: Granule = { units: 1, orders: [0, 2, 4] };
    const property = fc.property(
      fc.nat(80),
      fc.nat(80),
      fc.integer({ min: 1, max: 120 }),
      (start, base, pages) => {
        const { faults, entries } = plan(start, base, pages, small);
        assert.equal(faults, walk(start, base, pages, small));
        const mapped = Object.entries(entries).reduce((sum, [order, n]) => sum + n * 2 ** Number(order), 0);
        assert.equal(mapped, pages);
        assert.ok(bestPlan(base, pages, small).faults <= faults);
        const best = bestOrder(base, pages, small);
        const { shift } = placement(start, base, best);
        assert.ok(shift < 2 ** best && congruent(start + shift, base, 2 ** best));
      },
    );
    fc.assert(property, { numRuns: 500 });
  });
});

/** Faults on every page in turn, each with the largest entry that fits: vfio_pci_mmap_huge_fault() in small. */
function walk(start: number, base: number, pages: number, { orders }: Granule): number {
  let faults = 0;
  for (let at = 0; at < pages; faults++) {
    const fits = (order: number): boolean => {
      const size = 2 ** order;
      const block = Math.floor((start + at) / size) * size;
      return block >= start && block + size <= start + pages && (base + block - start) % size === 0;
    };
    const order = [...orders].reverse().find(fits) ?? 0;
    const size = 2 ** order;
    at = Math.floor((start + at) / size) * size + size - start;
  }
  return faults;
}

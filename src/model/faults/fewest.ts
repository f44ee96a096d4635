import type { Granule } from './granule.js';

/** How many entries, and so faults, it takes to map a range: one per entry. By order in base pages. */
export interface Plan {
  faults: number;
  entries: Record<string, number>;
}

const up = (n: number, size: number): number => Math.ceil(n / size) * size;
const down = (n: number, size: number): number => Math.floor(n / size) * size;
const modulo = (n: number, size: number): number => ((n % size) + size) % size;

/** Whether virtual and physical address agree modulo the size of an entry: only then can one entry map both. */
export const congruent = (start: number, base: number, size: number): boolean =>
  modulo(start - base, size) === 0;

/**
 * The fewest entries for `pages` pages at address `start` that map what begins at `base` (pfn, or file offset where
 * that is all that is known). All in base pages of the granule. An entry of order n needs an address and a pfn that
 * are multiples of 2^n pages, wholly inside the VMA (drivers/vfio/pci/vfio_pci_core.c, vfio_pci_mmap_huge_fault).
 */
export function plan(start: number, base: number, pages: number, { orders }: Granule): Plan {
  const entries: Record<string, number> = {};
  let parts: [number, number][] = [[base, base + pages]];
  let faults = 0;
  for (const order of [orders[2], orders[1]]) {
    const size = 2 ** order;
    let count = 0;
    if (congruent(start, base, size)) {
      const rest: [number, number][] = [];
      for (const [from, to] of parts) {
        const first = up(from, size);
        const last = down(to, size);
        if (last <= first) rest.push([from, to]);
        else {
          count += (last - first) / size;
          if (first > from) rest.push([from, first]);
          if (to > last) rest.push([last, to]);
        }
      }
      parts = rest;
    }
    entries[order] = count;
    faults += count;
  }
  const small = parts.reduce((sum, [from, to]) => sum + to - from, 0);
  entries[0] = small;
  return { faults: faults + small, entries };
}

/** The fewest entries at the best address there is: one that agrees with the pfn modulo the largest entry. */
export const bestPlan = (base: number, pages: number, granule: Granule): Plan =>
  plan(base, base, pages, granule);

/** The largest order of which a range of the device has a whole, aligned block; 0 when only single pages fit. */
export function bestOrder(base: number, pages: number, { orders }: Granule): number {
  for (const order of [orders[2], orders[1]]) {
    const size = 2 ** order;
    if (up(base, size) + size <= base + pages) return order;
  }
  return 0;
}

/** Where a mapping must start for entries of an order, in base pages. */
export interface Placement {
  /** What the start must be modulo the entry's size. */
  offset: number;
  /** How far up the start would have to move. 0: it is right. */
  shift: number;
}

export function placement(start: number, base: number, order: number): Placement {
  const size = 2 ** order;
  return { offset: modulo(base, size), shift: modulo(base - start, size) };
}

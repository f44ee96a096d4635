import { EMPTY_CHAIN } from './chain.js';
import { type Place, Refused } from './fallbacks.js';
import { bestOrder, bestPlan, type Placement, type Plan, placement, plan } from './fewest.js';
import type { Granule } from './granule.js';
import { FaultNumbers } from './numbers.js';
import { PageSet } from './page-set.js';

/** A pfn_t (to 6.16) carries flags above these bits: with them its low bits do not fit a number, so it says nothing. */
const MAX_PFN = 2 ** 52;

/** How the driver fills the VMA: an entry per fault, all of it at the first fault, or all of it in mmap. */
export type Populates = 'entry' | 'vma' | 'mmap' | 'unknown';

/** What the faults of one VMA could have been. In base pages, entries by order. */
export interface Potential {
  /** Against what the address was compared. */
  against: 'pfn' | 'pgoff';
  /** Where the VMA is. */
  own: Plan;
  /** At the best address. */
  best: Plan;
  bestOrder: number;
  /** For the best order. */
  placement: Placement;
}

/** One VMA's faults, while it lives. */
export class VmaFaults {
  readonly numbers = new FaultNumbers();
  readonly refused = new Refused();
  /** The largest range that the VMA had, and what it maps there. */
  readonly place: Place = { start: Number.NaN, end: Number.NaN, pgoff: Number.NaN, pfn: Number.NaN };
  populates: Populates = 'unknown';
  /** Pages that the last zap cleared and that are not back yet. */
  readonly lost = new PageSet();
  zapped = false;

  /** Takes the VMA's range when it is larger than what was known: splits shrink a VMA, its faults were of all of it. */
  learnRange(start: number, end: number, pgoff: number): void {
    const { place } = this;
    const larger = !(place.end - place.start >= end - start);
    if (Number.isNaN(end - start)) return;
    if (!larger) {
      if (Number.isNaN(place.pgoff) && start === place.start) place.pgoff = pgoff;
      return;
    }
    if (!Number.isNaN(place.pfn) && start !== place.start) place.pfn = Number.NaN;
    place.start = start;
    place.end = end;
    place.pgoff = pgoff;
  }

  /** An entry for `page` (4 KiB pages) was written with `pfn` (base pages, of the entry's first page). */
  learnPfn(page: number, pfn: number, granule: Granule): void {
    const { place } = this;
    if (!Number.isNaN(place.pfn) || !(pfn < MAX_PFN) || Number.isNaN(place.start)) return;
    const base = pfn - (page - place.start) / granule.units;
    if (base >= 0) place.pfn = base;
  }

  /** What the faults of this VMA could be; null when its range or what it maps is not known. */
  potential(granule: Granule): Potential | null {
    const { start, end, pgoff, pfn } = this.place;
    const against = Number.isNaN(pfn) ? 'pgoff' : 'pfn';
    const base = Number.isNaN(pfn) ? pgoff : pfn;
    const first = start / granule.units;
    const pages = (end - start) / granule.units;
    if (Number.isNaN(first) || Number.isNaN(base) || !(pages > 0)) return null;
    const best = bestOrder(base, pages, granule);
    return {
      against,
      own: plan(first, base, pages, granule),
      best: bestPlan(base, pages, granule),
      bestOrder: best,
      placement: placement(first, base, best),
    };
  }
}

/** What one task's handler call has shown so far, and the chain of calls that serve one fault. */
export class TaskFaults {
  vma = 0;
  page = Number.NaN;
  chain = EMPTY_CHAIN;
  chainOf: VmaFaults | null = null;
  /** Since the handler's entry: an insert wrote, or found, an entry. */
  wrote = false;
  found = false;
  /** First sign of the driver's lock; NaN before it. */
  lockedAt = Number.NaN;

  /** The handler returned. */
  reset(): void {
    this.wrote = false;
    this.found = false;
    this.lockedAt = Number.NaN;
  }
}

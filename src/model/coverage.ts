import type { PageRun } from './run.js';

const PMD = 512;
const PUD = 262_144;
const align = (page: number, size: number): number => Math.floor(page / size) * size;

/**
 * The pages of one VMA that are known present. Single PTEs, PMD and PUD entries are found by their page; ranges
 * (remap_pfn_range, fork copies) are few and kept in a list. Clearing part of a huge entry drops it whole, as the
 * kernel does for PFNMAP; clearing part of a range splits it.
 */
export class Coverage {
  #ptes: Map<number, PageRun> | null = null;
  #pmds: Map<number, PageRun> | null = null;
  #puds: Map<number, PageRun> | null = null;
  #ranges: PageRun[] = [];
  pages = 0;

  get empty(): boolean {
    return this.pages === 0;
  }

  /** The run that holds this page, or null. */
  at(page: number): PageRun | null {
    const one = this.#ptes?.get(page) ?? this.#pmds?.get(align(page, PMD)) ?? this.#puds?.get(align(page, PUD));
    if (one !== undefined) return one;
    for (const run of this.#ranges) if (page >= run.page && page < run.page + run.pages) return run;
    return null;
  }

  /** Adds a run; what it covers must have been removed before. */
  add(run: PageRun): void {
    if (run.pages === 1) (this.#ptes ??= new Map()).set(run.page, run);
    else if (run.pages === PMD && run.page % PMD === 0) (this.#pmds ??= new Map()).set(run.page, run);
    else if (run.pages === PUD && run.page % PUD === 0) (this.#puds ??= new Map()).set(run.page, run);
    else this.#ranges.push(run);
    this.pages += run.pages;
  }

  remove(run: PageRun): void {
    let found: boolean;
    if (this.#ptes?.get(run.page) === run) found = this.#ptes.delete(run.page);
    else if (this.#pmds?.get(run.page) === run) found = this.#pmds.delete(run.page);
    else if (this.#puds?.get(run.page) === run) found = this.#puds.delete(run.page);
    else {
      const index = this.#ranges.indexOf(run);
      found = index >= 0;
      if (found) this.#ranges.splice(index, 1);
    }
    if (found) this.pages -= run.pages;
  }

  /** Runs that touch [start, end), in no particular order. The list is a copy: runs may be removed while going through it. */
  touching(start: number, end: number): PageRun[] {
    const out: PageRun[] = [];
    if (this.#ptes !== null && this.#ptes.size > 0) {
      if (end - start < this.#ptes.size) {
        for (let page = start; page < end; page++) {
          const run = this.#ptes.get(page);
          if (run !== undefined) out.push(run);
        }
      } else {
        for (const run of this.#ptes.values()) if (run.page >= start && run.page < end) out.push(run);
      }
    }
    for (const huge of [this.#pmds, this.#puds]) {
      if (huge === null) continue;
      for (const run of huge.values()) if (run.page < end && run.page + run.pages > start) out.push(run);
    }
    for (const run of this.#ranges) if (run.page < end && run.page + run.pages > start) out.push(run);
    return out;
  }

  /**
   * Takes [start, end) out of a run that is in here: returns the part taken. Parts outside stay (ranges); a huge entry goes whole.
   */
  carve(run: PageRun, start: number, end: number): PageRun {
    this.remove(run);
    const from = Math.max(start, run.page);
    const to = Math.min(end, run.page + run.pages);
    if (run.order > 0 || (from === run.page && to === run.page + run.pages)) return run;
    if (from > run.page) this.add(run.slice(run.page, from - run.page));
    if (to < run.page + run.pages) this.add(run.slice(to, run.page + run.pages - to));
    return run.slice(from, to - from);
  }

  /** All runs. */
  all(): PageRun[] {
    return this.touching(Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY);
  }

  clear(): void {
    this.#ptes?.clear();
    this.#pmds?.clear();
    this.#puds?.clear();
    this.#ranges.length = 0;
    this.pages = 0;
  }
}

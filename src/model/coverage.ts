import type { PageRun } from './run.js';

const PMD = 512;
const PUD = 262_144;
/** VMAs up to this many pages (256 MiB) keep their PTEs in an array; larger ones in a Map. */
const MAX_DENSE = 65_536;
const NONE: readonly PageRun[] = [];
const align = (page: number, size: number): number => Math.floor(page / size) * size;

/**
 * The pages of one VMA that are known present. Single PTEs, PMD and PUD entries are found by their page; ranges
 * (remap_pfn_range, fork copies) are few and kept in a list. Clearing part of a huge entry drops it whole, as the
 * kernel does for PFNMAP; clearing part of a range splits it.
 */
export class Coverage {
  /** Of a VMA without pages: shared by all that never had one. Nothing may be added to it. */
  static readonly NONE = new Coverage();

  /** PTEs of a small VMA, by page - base. */
  #dense: (PageRun | undefined)[] | null = null;
  #base = 0;
  /** Lowest and highest index in use since the array was last empty. */
  #low = Number.POSITIVE_INFINITY;
  #high = -1;
  #ptes: Map<number, PageRun> | null = null;
  #pmds: Map<number, PageRun> | null = null;
  #puds: Map<number, PageRun> | null = null;
  #ranges: PageRun[] | null = null;
  #pteCount = 0;
  pages = 0;

  get empty(): boolean {
    return this.pages === 0;
  }

  /** Tells where the VMA is, before its first page. */
  frame(start: number, end: number): void {
    if (this.#dense !== null || this.pages > 0 || !(end - start <= MAX_DENSE)) return;
    this.#base = start;
    this.#dense = new Array<PageRun | undefined>(end - start).fill(undefined);
  }

  /** The run that holds this page, or null. */
  at(page: number): PageRun | null {
    const dense = this.#dense;
    if (dense !== null) {
      const run = dense[page - this.#base];
      if (run !== undefined) return run;
      if (this.#pteCount === this.pages) return null;
    }
    const one =
      this.#ptes?.get(page) ?? this.#pmds?.get(align(page, PMD)) ?? this.#puds?.get(align(page, PUD));
    if (one !== undefined) return one;
    for (const run of this.#ranges ?? NONE) if (page >= run.page && page < run.page + run.pages) return run;
    return null;
  }

  /** Adds a run; what it covers must have been removed before. */
  add(run: PageRun): void {
    this.pages += run.pages;
    if (run.pages === 1) {
      this.#pteCount++;
      const dense = this.#dense;
      const index = run.page - this.#base;
      if (dense !== null && index >= 0 && index < dense.length) {
        dense[index] = run;
        if (index < this.#low) this.#low = index;
        if (index > this.#high) this.#high = index;
      } else (this.#ptes ??= new Map()).set(run.page, run);
    } else if (run.pages === PMD && run.page % PMD === 0) (this.#pmds ??= new Map()).set(run.page, run);
    else if (run.pages === PUD && run.page % PUD === 0) (this.#puds ??= new Map()).set(run.page, run);
    else (this.#ranges ??= []).push(run);
  }

  remove(run: PageRun): void {
    if (run.pages === 1) {
      const dense = this.#dense;
      const index = run.page - this.#base;
      if (dense !== null && dense[index] === run) dense[index] = undefined;
      else if (this.#ptes?.get(run.page) === run) this.#ptes.delete(run.page);
      else return;
      this.#pteCount--;
    } else if (this.#pmds?.get(run.page) === run) this.#pmds.delete(run.page);
    else if (this.#puds?.get(run.page) === run) this.#puds.delete(run.page);
    else {
      const index = this.#ranges?.indexOf(run) ?? -1;
      if (index < 0) return;
      this.#ranges?.splice(index, 1);
    }
    this.pages -= run.pages;
  }

  /** Runs that touch [start, end), in no particular order. The list is a copy: runs may be removed while going through it. */
  touching(start: number, end: number): PageRun[] {
    const out: PageRun[] = [];
    if (this.#pteCount > 0) this.#touchingPtes(start, end, out);
    if (this.#pmds !== null) touchingHuge(this.#pmds, PMD, start, end, out);
    if (this.#puds !== null) touchingHuge(this.#puds, PUD, start, end, out);
    for (const run of this.#ranges ?? NONE) if (run.page < end && run.page + run.pages > start) out.push(run);
    return out;
  }

  #touchingPtes(start: number, end: number, out: PageRun[]): void {
    const dense = this.#dense;
    if (dense !== null) {
      const from = Math.max(this.#low, start - this.#base);
      const to = Math.min(this.#high, end - this.#base - 1);
      for (let i = from; i <= to; i++) {
        const run = dense[i];
        if (run !== undefined) out.push(run);
      }
    }
    const ptes = this.#ptes;
    if (ptes === null || ptes.size === 0) return;
    if (end - start < ptes.size) {
      for (let page = start; page < end; page++) {
        const run = ptes.get(page);
        if (run !== undefined) out.push(run);
      }
    } else {
      for (const run of ptes.values()) if (run.page >= start && run.page < end) out.push(run);
    }
  }

  /**
   * Empties the coverage of a VMA whose PTEs all satisfy `each`, when [start, end) covers all of them; else does nothing
   * and returns false. `done` gets every run. The common case of a zap, without a list.
   */
  drain(start: number, end: number, each: (run: PageRun) => boolean, done: (run: PageRun) => void): boolean {
    const dense = this.#dense;
    if (dense === null || this.#pteCount !== this.pages || (this.#ptes?.size ?? 0) > 0) return false;
    if (start > this.#base + this.#low || end <= this.#base + this.#high) return false;
    for (let i = this.#low; i <= this.#high; i++) {
      const run = dense[i];
      if (run !== undefined && !each(run)) return false;
    }
    for (let i = this.#low; i <= this.#high; i++) {
      const run = dense[i];
      if (run === undefined) continue;
      dense[i] = undefined;
      done(run);
    }
    this.#emptied();
    return true;
  }

  /** Takes [start, end) out of a run that is in here: returns the part taken. Parts outside stay (ranges); a huge entry goes whole. */
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
    if (this.#high >= 0) this.#dense?.fill(undefined);
    this.#ptes?.clear();
    this.#pmds?.clear();
    this.#puds?.clear();
    this.#ranges = null;
    this.#emptied();
  }

  #emptied(): void {
    this.#pteCount = 0;
    this.pages = 0;
    this.#low = Number.POSITIVE_INFINITY;
    this.#high = -1;
  }
}

/** Entries of `size` pages in [start, end): by their places when those are fewer than the entries. */
function touchingHuge(
  huge: ReadonlyMap<number, PageRun>,
  size: number,
  start: number,
  end: number,
  out: PageRun[],
): void {
  const first = align(start, size);
  if ((end - first) / size < huge.size) {
    for (let page = first; page < end; page += size) {
      const run = huge.get(page);
      if (run !== undefined) out.push(run);
    }
    return;
  }
  for (const run of huge.values()) if (run.page < end && run.page + run.pages > start) out.push(run);
}

import type { PageRun } from './run.js';

const PMD = 512;
const PUD = 262_144;
const NONE: readonly PageRun[] = [];
const align = (page: number, size: number): number => Math.floor(page / size) * size;

/** The runs of a VMA that are more than a PTE: PMD and PUD entries by their page, ranges in a list. */
export class LargeRuns {
  #pmds: Map<number, PageRun> | null = null;
  #puds: Map<number, PageRun> | null = null;
  #ranges: PageRun[] | null = null;
  pages = 0;

  at(page: number): PageRun | null {
    if (this.pages === 0) return null;
    const huge = this.#pmds?.get(align(page, PMD)) ?? this.#puds?.get(align(page, PUD));
    if (huge !== undefined) return huge;
    for (const run of this.#ranges ?? NONE) if (page >= run.page && page < run.page + run.pages) return run;
    return null;
  }

  add(run: PageRun): void {
    this.pages += run.pages;
    if (run.pages === PMD && run.page % PMD === 0) (this.#pmds ??= new Map()).set(run.page, run);
    else if (run.pages === PUD && run.page % PUD === 0) (this.#puds ??= new Map()).set(run.page, run);
    else (this.#ranges ??= []).push(run);
  }

  remove(run: PageRun): void {
    if (this.#pmds?.get(run.page) === run) this.#pmds.delete(run.page);
    else if (this.#puds?.get(run.page) === run) this.#puds.delete(run.page);
    else {
      const index = this.#ranges?.indexOf(run) ?? -1;
      if (index < 0) return;
      this.#ranges?.splice(index, 1);
    }
    this.pages -= run.pages;
  }

  touching(start: number, end: number, out: PageRun[]): void {
    if (this.#pmds !== null) touchingHuge(this.#pmds, PMD, start, end, out);
    if (this.#puds !== null) touchingHuge(this.#puds, PUD, start, end, out);
    for (const run of this.#ranges ?? NONE) if (run.page < end && run.page + run.pages > start) out.push(run);
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

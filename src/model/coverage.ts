import { PAGE, type PlainFault } from '../probes/plain-fault.js';
import { LargeRuns } from './large-runs.js';
import type { Order } from './order.js';
import { PageRows } from './rows.js';
import type { PageRun } from './run.js';
import type { Visit } from './visit.js';
import type { Vma } from './vma.js';

/** VMAs up to this many pages (256 MiB) keep their PTEs in an array; larger ones in a Map. */
const MAX_DENSE = 65_536;

/** What holds a page: nothing, a row, a run, or a row whose insert returned later than the one that is asked for. */
export const Held = { Nothing: 0, Row: 1, Run: 2, Later: 3 } as const;

/** A PTE: the number of its row while nothing is to be said of it, else a run. */
type Pte = number | PageRun;

/**
 * The pages of one VMA that are known present. Single PTEs, PMD and PUD entries are found by their page; ranges
 * (remap_pfn_range, fork copies) are few and kept in a list. Clearing part of a huge entry drops it whole, as the
 * kernel does for PFNMAP; clearing part of a range splits it.
 */
export class Coverage {
  /** Of a VMA without pages: shared by all that never had one. Nothing may be added to it. */
  static readonly NONE = new Coverage(new PageRows(), null);

  /** PTEs of a small VMA, by page - `framedAt` of the VMA. */
  #dense: (Pte | undefined)[] | null = null;
  /** Lowest and highest index in use since the array was last empty. */
  #low = MAX_DENSE;
  #high = -1;
  #ptes: Map<number, Pte> | null = null;
  /** Runs of more than one page; most VMAs have none. */
  #large: LargeRuns | null = null;
  #pteCount = 0;
  #rowCount = 0;

  constructor(
    readonly rows: PageRows,
    readonly vma: Vma | null,
  ) {}

  get pages(): number {
    return this.#large === null ? this.#pteCount : this.#pteCount + this.#large.pages;
  }

  get empty(): boolean {
    return this.#pteCount === 0 && this.#onlyPtes;
  }

  get #onlyPtes(): boolean {
    return this.#large === null || this.#large.pages === 0;
  }

  /** Tells where the VMA is, before its first page. */
  frame(start: number, end: number): void {
    if (this.vma === null || this.#dense !== null || !this.empty || !(end - start <= MAX_DENSE)) return;
    this.vma.framedAt = start;
    this.#dense = new Array<Pte | undefined>(end - start).fill(undefined);
  }

  /** The run that holds this page, or null. */
  at(page: number): PageRun | null {
    const one = this.#pte(page);
    if (one !== undefined) return typeof one === 'number' ? this.#look(page, one) : one;
    return this.#large === null ? null : this.#large.at(page);
  }

  #pte(page: number): Pte | undefined {
    const one = this.#dense?.[this.#index(page)];
    return one === undefined && this.#ptes !== null ? this.#ptes.get(page) : one;
  }

  /** The page of the first place in the array. */
  get #base(): number {
    return this.vma === null ? Number.NaN : this.vma.framedAt;
  }

  /** Where in the array the page is; -1: not in it. A small integer, which V8 keeps without a box. */
  #index(page: number): number {
    if (this.#dense === null) return -1;
    const index = page - this.#base;
    return index >= 0 && index < this.#dense.length ? index | 0 : -1;
  }

  /** Somebody looks at the row of this page: it becomes a run. */
  #look(page: number, row: number): PageRun {
    const run = this.rows.take(row, page);
    this.#rowCount--;
    if (this.vma !== null) run.vma = this.vma;
    this.#put(page, run);
    return run;
  }

  #put(page: number, pte: Pte): void {
    const dense = this.#dense;
    const index = this.#index(page);
    if (dense !== null && index >= 0) {
      dense[index] = pte;
      if (index < this.#low) this.#low = index;
      if (index > this.#high) this.#high = index;
    } else (this.#ptes ??= new Map()).set(page, pte);
  }

  /** What holds this page for an insert that returned at `t`, without making a run of a row. */
  held(page: number, t: number): (typeof Held)[keyof typeof Held] {
    const one = this.#pte(page);
    if (typeof one === 'number') return this.rows.endOf(one) > t ? Held.Later : Held.Row;
    if (one !== undefined) return Held.Run;
    return this.#large === null || this.#large.at(page) === null ? Held.Nothing : Held.Run;
  }

  /** Adds a row; nothing may hold its page. */
  addRow(page: number, row: number): void {
    this.#pteCount++;
    this.#rowCount++;
    this.#put(page, row);
  }

  /** Adds the insert of a plain fault that a row can tell. False: a run holds its page. */
  addPlain(fault: PlainFault): boolean {
    const page = fault.values[fault.insert + PAGE];
    const index = this.#index(page);
    const dense = this.#dense;
    const before = dense === null || index < 0 ? this.#ptes?.get(page) : dense[index];
    if (typeof before === 'number') {
      this.rows.addEarlier(before, fault);
      return true;
    }
    if (before !== undefined || (this.#large !== null && this.#large.at(page) !== null)) return false;
    const row = this.rows.addPlain(fault);
    if (dense === null || index < 0) {
      this.addRow(page, row);
      return true;
    }
    this.#pteCount++;
    this.#rowCount++;
    dense[index] = row;
    if (index < this.#low) this.#low = index;
    if (index > this.#high) this.#high = index;
    return true;
  }

  /** Adds a run; what it covers must have been removed before. */
  add(run: PageRun): void {
    if (run.pages === 1) {
      this.#pteCount++;
      this.#put(run.page, run);
    } else {
      this.#large ??= new LargeRuns();
      this.#large.add(run);
    }
  }

  remove(run: PageRun): void {
    if (run.pages === 1) {
      if (this.#pte(run.page) !== run) return;
      this.#forget(run.page);
      this.#pteCount--;
    } else this.#large?.remove(run);
  }

  #forget(page: number): void {
    const index = this.#index(page);
    if (this.#dense !== null && index >= 0) this.#dense[index] = undefined;
    else this.#ptes?.delete(page);
  }

  /** Ends the rows in [start, end): nobody asks what became of them. */
  dropRows(start: number, end: number): void {
    if (this.#rowCount === 0) return;
    const before = this.#rowCount;
    const dense = this.#dense;
    if (dense !== null) {
      const base = this.#base;
      const from = Math.max(this.#low, start - base);
      const to = Math.min(this.#high, end - base - 1);
      for (let i = from; i <= to; i++) {
        const pte = dense[i];
        if (typeof pte !== 'number') continue;
        this.rows.free(pte);
        dense[i] = undefined;
        this.#rowCount--;
      }
    }
    for (const [page, pte] of this.#ptes ?? []) {
      if (typeof pte !== 'number' || page < start || page >= end) continue;
      this.rows.free(pte);
      this.#ptes?.delete(page);
      this.#rowCount--;
    }
    this.#pteCount -= before - this.#rowCount;
  }

  /** Runs that touch [start, end), in no particular order. The list is a copy: runs may be removed while going through it. */
  touching(start: number, end: number): PageRun[] {
    const out: PageRun[] = [];
    if (this.#pteCount > 0) this.#touchingPtes(start, end, out);
    this.#large?.touching(start, end, out);
    return out;
  }

  #touchingPtes(start: number, end: number, out: PageRun[]): void {
    const take = (page: number, pte: Pte): void => {
      out.push(typeof pte === 'number' ? this.#look(page, pte) : pte);
    };
    const dense = this.#dense;
    if (dense !== null) {
      const base = this.#base;
      const from = Math.max(this.#low, start - base);
      const to = Math.min(this.#high, end - base - 1);
      for (let i = from; i <= to; i++) {
        const pte = dense[i];
        if (pte !== undefined) take(base + i, pte);
      }
    }
    const ptes = this.#ptes;
    if (ptes === null || ptes.size === 0) return;
    if (end - start < ptes.size) {
      for (let page = start; page < end; page++) {
        const pte = ptes.get(page);
        if (pte !== undefined) take(page, pte);
      }
    } else {
      for (const [page, pte] of ptes) if (page >= start && page < end) take(page, pte);
    }
  }

  /**
   * Empties the coverage of a VMA when the visit covers all of its PTEs, all of them were there before it, and nobody
   * asks what becomes of them; else does nothing and returns false. The common case of a zap, without a list.
   */
  drain(visit: Visit, order: Order, done: (run: PageRun) => void): boolean {
    const dense = this.#dense;
    if (dense === null || !this.#onlyPtes || (this.#ptes?.size ?? 0) > 0) return false;
    const base = this.#base;
    if (visit.from > base + this.#low || visit.to <= base + this.#high) return false;
    const { rows } = this;
    const high = this.#high;
    for (let i = this.#low; i <= high; i++) {
      const pte = dense[i];
      if (pte === undefined) continue;
      if (typeof pte === 'number') {
        if (!rows.precedes(pte, visit, order)) return false;
      } else if (
        pte.claims !== null ||
        !order.apparently(pte.end, pte.endCpu, pte.endSeq, visit.begin, visit.cpu, visit.beginSeq)
      )
        return false;
    }
    for (let i = this.#low; i <= high; i++) {
      const pte = dense[i];
      if (pte === undefined) continue;
      dense[i] = undefined;
      if (typeof pte === 'number') rows.free(pte);
      else done(pte);
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
    if (this.empty && this.#high < 0) return;
    this.dropRows(Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY);
    if (this.#high >= 0) this.#dense?.fill(undefined);
    this.#ptes?.clear();
    this.#large = null;
    this.#emptied();
  }

  #emptied(): void {
    this.#pteCount = 0;
    this.#rowCount = 0;
    this.#low = MAX_DENSE;
    this.#high = -1;
  }
}

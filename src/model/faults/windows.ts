import type { Device } from '../device.js';
import type { Zap } from '../zap.js';
import type { VmaFaults } from './vma-faults.js';

/** How the refaults after a zap ended: all pages are back or unmapped, the next zap came, or the trace ended. */
export type RefaultEnd = 'back' | 'unmapped' | 'next-zap' | 'trace-end';

/** The storm of faults after re-enable: what it takes until all that was mapped before the zap is mapped again. */
export interface Refault {
  /** Pages that the zaps of the window cleared (4 KiB). */
  pages: number;
  pagesBack: number;
  /** Pages of them whose VMA went away. */
  pagesGone: number;
  faults: number;
  /** Time in their handlers. */
  handlerNs: number;
  /** When mapping was allowed again. */
  since: number;
  /** When the last page was back, or gone. NaN: never. */
  until: number;
  ended: RefaultEnd;
}

/** What one zap cost. */
export interface ZapCost {
  zap: Zap;
  /** Length of the zap function. */
  ns: number;
  /** From the entry of the function that blocks the device to the zap: locking included. NaN when not recorded. */
  waitNs: number;
  /** Present entries that its walks met, by order. */
  entries: Map<number, number>;
  pages: number;
  visits: number;
  /** Null for a zap that is not the last of its window, that cleared nothing, or whose window never ended. */
  refault: Refault | null;
}

/** Zaps and refaults of one device. */
export class DeviceWindows {
  readonly vmas = new Set<VmaFaults>();
  readonly #costs = new Map<Zap, ZapCost>();
  #pages = 0;
  #open = false;
  #storm: { refault: Refault; cost: ZapCost } | null = null;

  constructor(
    readonly device: Device,
    private readonly done: (cost: ZapCost) => void,
  ) {}

  /** The books of a zap, opened at its first sign. */
  cost(zap: Zap): ZapCost {
    let cost = this.#costs.get(zap);
    if (cost !== undefined) return cost;
    cost = {
      zap,
      ns: Number.NaN,
      waitNs: Number.NaN,
      entries: new Map(),
      pages: 0,
      visits: 0,
      refault: null,
    };
    this.#costs.set(zap, cost);
    this.#end('next-zap');
    if (!this.#open) {
      // What a former zap took and nobody touched since is not what this one takes.
      for (const vma of this.vmas) vma.lost.clear();
      this.#pages = 0;
      this.#open = true;
    }
    return cost;
  }

  /** A zap clears these pages of a VMA (an entry of `order`, or a range of order 0). */
  cleared(cost: ZapCost, vma: VmaFaults, page: number, pages: number, order: number, entries: number): void {
    cost.entries.set(order, (cost.entries.get(order) ?? 0) + entries);
    cost.pages += pages;
    this.vmas.add(vma);
    this.#pages += vma.lost.add(page, pages);
    vma.zapped = true;
  }

  /** The window of a zap ended at `t`, or nothing tells when it does (NaN). */
  retired(zap: Zap, t: number): void {
    const cost = this.#costs.get(zap);
    if (cost === undefined) return;
    this.#costs.delete(zap);
    if (this.#storm?.cost === cost) return;
    if (Number.isNaN(t) || this.#pages === 0) {
      this.#open &&= Number.isNaN(t);
      this.done(cost);
      return;
    }
    this.starts(cost, t);
  }

  /** Mapping is allowed again. With several zaps in one window the last one takes the refaults. */
  starts(cost: ZapCost, t: number): void {
    this.#open = false;
    if (this.#pages === 0) return;
    this.#costs.delete(cost.zap);
    const before = this.#storm;
    if (before !== null) this.done(before.cost);
    const refault = { pages: this.#pages, pagesBack: 0, pagesGone: 0, faults: 0, handlerNs: 0 };
    this.#storm = { cost, refault: { ...refault, since: t, until: Number.NaN, ended: 'trace-end' } };
  }

  /** A fault on a VMA of the device was served. */
  faulted(ns: number): void {
    if (this.#storm === null) return;
    this.#storm.refault.faults++;
    if (!Number.isNaN(ns)) this.#storm.refault.handlerNs += ns;
  }

  /** Pages are present again. Before `faulted` of the fault that did it, so that it still counts. */
  installed(vma: VmaFaults, page: number, pages: number, t: number): void {
    const back = vma.lost.remove(page, pages);
    if (this.#storm === null || back === 0) return;
    this.#storm.refault.pagesBack += back;
    this.#settle(t);
  }

  /** A VMA went away with pages that were not back. */
  gone(vma: VmaFaults, t: number): void {
    this.vmas.delete(vma);
    const { size } = vma.lost;
    if (size === 0) return;
    vma.lost.clear();
    if (this.#storm === null) this.#pages -= size;
    else {
      this.#storm.refault.pagesGone += size;
      this.#settle(t);
      this.settled();
    }
  }

  /** Ends a storm whose last page is back: after the fault that brought it has been counted. */
  settled(): void {
    if (this.#storm === null || Number.isNaN(this.#storm.refault.until)) return;
    this.#end('back');
  }

  /** The trace ends. */
  finish(): void {
    this.#end('trace-end');
    for (const cost of this.#costs.values()) this.done(cost);
    this.#costs.clear();
  }

  #settle(t: number): void {
    const refault = (this.#storm as { refault: Refault }).refault;
    if (refault.pagesBack + refault.pagesGone >= refault.pages) refault.until = t;
  }

  #end(ended: RefaultEnd): void {
    const storm = this.#storm;
    if (storm === null) return;
    this.#storm = null;
    const { refault } = storm;
    if (Number.isNaN(refault.until)) refault.ended = ended;
    else refault.ended = refault.pagesGone > 0 ? 'unmapped' : 'back';
    storm.cost.refault = refault;
    this.done(storm.cost);
  }
}

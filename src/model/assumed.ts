import type { Order } from './order.js';
import type { PageRun } from './run.js';
import type { Zap } from './zap.js';

const MOST = 65_536;

/** Pages that a zap is taken to have cleared. */
export interface Assumed {
  readonly zap: Zap;
  readonly run: PageRun;
  /** Its address space may have been left out, because it was exiting (exiting.ts). */
  exiting: boolean;
}

/** What is taken as cleared by zaps while no per-VMA call has been seen yet; proven wrong by the first one seen. */
export class AssumedCleared {
  #all: Assumed[] = [];
  /** So many of them have seen a loss of records. */
  #looked = 0;

  constructor(private readonly order: Order) {}

  add(zap: Zap, run: PageRun): void {
    if (this.#all.length < MOST) this.#all.push({ zap, run, exiting: false });
  }

  /** The address space ends, which has had a user until `lived` for certain. */
  exits(mm: number, lived: number): void {
    for (const assumed of this.#all) if (assumed.run.vma.mm === mm) this.#mayExit(assumed, lived);
  }

  /** An exit may be among what was lost; `lived`: until when an address space had a user for certain. */
  lost(lived: (mm: number) => number): void {
    // (Who was at work after its zap by now is so for good.)
    for (; this.#looked < this.#all.length; this.#looked++) {
      const assumed = this.#all[this.#looked];
      this.#mayExit(assumed, lived(assumed.run.vma.mm));
    }
  }

  /** All of them, which are proven wrong. */
  take(): readonly Assumed[] {
    const all = this.#all;
    this.#all = [];
    this.#looked = 0;
    return all;
  }

  #mayExit(assumed: Assumed, lived: number): void {
    const { skew, resolution } = this.order;
    const { zap } = assumed;
    if (zap.byList && !(zap.end + skew + resolution < lived)) assumed.exiting = true;
  }
}

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

  constructor(private readonly order: Order) {}

  add(zap: Zap, run: PageRun): void {
    if (this.#all.length < MOST) this.#all.push({ zap, run, exiting: false });
  }

  /**
   * The address space ends, which has had a user until `lived` for certain. (That an exit may be among what was lost, the
   * doubt about losses says.)
   */
  exits(mm: number, lived: number): void {
    const { skew, resolution } = this.order;
    for (const assumed of this.#all) {
      const { run, zap } = assumed;
      if (zap.byList && run.vma.mm === mm && !(zap.end + skew + resolution < lived)) assumed.exiting = true;
    }
  }

  /** All of them, which are proven wrong. */
  take(): readonly Assumed[] {
    const all = this.#all;
    this.#all = [];
    return all;
  }
}

import type { Order } from './order.js';
import type { PageRun } from './run.js';

/** So many of the latest are kept: of those before, the clock leaves nothing open. */
const KEPT = 8;

interface Cleared {
  readonly mm: number;
  readonly from: number;
  readonly to: number;
  readonly end: number;
}

/**
 * PTEs that went outside of any device zap: `vm_ops->open`, madvise, an error path. An insert that ended in the same
 * µs by the clock of another CPU may have come before, and have gone with them.
 */
export class OutsideClears {
  readonly #latest: Cleared[] = [];

  note(cleared: Cleared): void {
    this.#latest.push(cleared);
    if (this.#latest.length > KEPT) this.#latest.shift();
  }

  /** Whether one of them may have taken what this insert wrote, although it is recorded before it. */
  mayHave({ begin, page, pages, vma }: PageRun, order: Order): boolean {
    for (const { mm, from, to, end } of this.#latest) {
      if (page >= to || page + pages <= from || (mm !== 0 && vma.mm !== 0 && mm !== vma.mm)) continue;
      if (!(end + order.skew + order.resolution < begin)) return true;
    }
    return false;
  }
}

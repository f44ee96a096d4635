import { bestOrder, congruent } from './fewest.js';
import { type Granule, orderPages } from './granule.js';

/** Why an order was not used. `misaligned`: no entry of this order can ever lie in the VMA where it is. */
export type FallbackReason =
  /** Address and pfn (or file offset, where only that is known) disagree modulo the order. */
  | 'address-misaligned'
  /** The address agrees with the file offset, but the pfn does not agree with either. */
  | 'pfn-misaligned'
  /** The VMA has no whole block of this order, wherever it is mapped. */
  | 'vma-too-small'
  /** The block around this address reaches beyond the VMA: its head or tail. */
  | 'crosses-vma'
  /** Only the fault's own address is not on the boundary: handlers of early 6.12 to 6.14 want it to be. */
  | 'fault-address'
  /** Refused after the driver's lock was taken: the handler has no case for this order. */
  | 'order-unsupported'
  /** Everything fits, and still refused. */
  | 'handler-refused'
  /** The core did not ask for it: there was a page table already. */
  | 'not-asked'
  /** Neither range nor pfn nor file offset is known. */
  | 'unknown';

/** How handlers refused one order, as far as it shows at the time; the reason follows from the VMA at its end. */
interface Refusals {
  crosses: number;
  unsupported: number;
  offBoundary: number;
  plain: number;
}

/** Where a VMA lies: `start`, `end` in 4 KiB pages, `pgoff` and `pfn` (of its start) in base pages; NaN when unknown. */
export interface Place {
  start: number;
  end: number;
  pgoff: number;
  pfn: number;
}

export interface Fallback {
  order: number;
  reason: FallbackReason;
  count: number;
}

/** The refused orders of one VMA. */
export class Refused {
  readonly #byOrder = new Map<number, Refusals>();
  notAsked = 0;

  /** A handler returned VM_FAULT_FALLBACK for this order. `underLock`: something ran that does so under the lock. */
  add(order: number, page: number, place: Place, underLock: boolean, granule: Granule): void {
    let refusals = this.#byOrder.get(order);
    if (refusals === undefined) {
      refusals = { crosses: 0, unsupported: 0, offBoundary: 0, plain: 0 };
      this.#byOrder.set(order, refusals);
    }
    const size = orderPages(granule, order);
    const block = Math.floor(page / size) * size;
    if (underLock) refusals.unsupported++;
    else if (block < place.start || block + size > place.end) refusals.crosses++;
    else if (block !== page) refusals.offBoundary++;
    else refusals.plain++;
  }

  /** With reasons, by order, largest first. */
  list(place: Place, granule: Granule): Fallback[] {
    const out: Fallback[] = [];
    const orders = [...this.#byOrder.keys()].sort((a, b) => b - a || 0);
    for (const order of orders) {
      const { crosses, unsupported, offBoundary, plain } = this.#byOrder.get(order) as Refusals;
      const always = lastingReason(order, place, granule);
      const push = (reason: FallbackReason, count: number): void => {
        if (count > 0) out.push({ order, reason, count });
      };
      push('order-unsupported', unsupported);
      if (always !== null) push(always, crosses + offBoundary + plain);
      else {
        push('crosses-vma', crosses);
        push('fault-address', offBoundary);
        push('handler-refused', plain);
      }
    }
    if (this.notAsked > 0) out.push({ order: granule.orders[1], reason: 'not-asked', count: this.notAsked });
    return out;
  }
}

/** The reason that holds for every address of the VMA; null when there is none. */
export function lastingReason(order: number, place: Place, granule: Granule): FallbackReason | null {
  const { start, end, pgoff, pfn } = place;
  const size = 2 ** order;
  const pages = (end - start) / granule.units;
  if (Number.isNaN(pages) || Number.isNaN(order)) return 'unknown';
  const base = Number.isNaN(pfn) ? pgoff : pfn;
  if (Number.isNaN(base)) return pages < size ? 'vma-too-small' : 'unknown';
  if (bestOrder(base, pages, granule) < order) return 'vma-too-small';
  const first = start / granule.units;
  if (congruent(first, base, size)) return null;
  return !Number.isNaN(pgoff) && congruent(first, pgoff, size) ? 'pfn-misaligned' : 'address-misaligned';
}

/** How a fault ended. */
export type FaultEnd = 'installed' | 'present' | 'sigbus' | 'oom' | 'other' | 'unfinished';
const ENDS: readonly FaultEnd[] = ['installed', 'present', 'sigbus', 'oom', 'other', 'unfinished'];

/** The orders that one fault went through, largest first, and its end. */
export interface Chain {
  orders: number[];
  end: FaultEnd;
  count: number;
}

const RADIX = 64;

/** Chains as numbers, so that counting one makes no garbage: base-64 digits `order + 1`, the latest one last. */
export const EMPTY_CHAIN = 0;

/**
 * Appends an order. The core goes from large to small; where it starts over (a second pass without the VMA lock), the
 * orders that it asks for again are not counted twice.
 */
export function longer(chain: number, order: number): number {
  let kept = chain;
  while (kept > 0 && (kept % RADIX) - 1 <= order) kept = Math.floor(kept / RADIX);
  return kept * RADIX + order + 1;
}

/** Whether the core asked for this order on the way. */
export function asked(chain: number, order: number): boolean {
  for (let rest = chain; rest > 0; rest = Math.floor(rest / RADIX))
    if ((rest % RADIX) - 1 === order) return true;
  return false;
}

/** Counts of chains. At most a few dozen differ: orders descend, and there are three. */
export class Chains {
  readonly #counts = new Map<number, number>();

  add(chain: number, end: FaultEnd, count = 1): void {
    const key = chain * ENDS.length + ENDS.indexOf(end);
    this.#counts.set(key, (this.#counts.get(key) ?? 0) + count);
  }

  merge(other: Chains): void {
    for (const [key, count] of other.#counts) this.#counts.set(key, (this.#counts.get(key) ?? 0) + count);
  }

  /** Most frequent first. */
  list(): Chain[] {
    const out: Chain[] = [];
    for (const [key, count] of this.#counts) {
      const orders: number[] = [];
      for (let rest = Math.floor(key / ENDS.length); rest > 0; rest = Math.floor(rest / RADIX))
        orders.unshift((rest % RADIX) - 1);
      out.push({ orders, end: ENDS[key % ENDS.length], count });
    }
    return out.sort((a, b) => b.count - a.count || b.orders.length - a.orders.length);
  }
}

/**
 * Page sizes of an architecture. Page numbers inside zaptrace count 4 KiB; orders in a trace count base pages:
 * PMD_ORDER and PUD_ORDER are 9 and 18 with 4K pages (x86-64, arm64), 11 and 22 with 16K, 13 and 26 with 64K
 * (8-byte entries: a table of one page holds page size / 8 of them).
 */
export interface Granule {
  /** Base page in 4 KiB units. */
  readonly units: 1 | 4 | 16;
  /** Orders of a PTE, a PMD and a PUD entry. */
  readonly orders: readonly [0, number, number];
}

export const GRANULES: readonly Granule[] = [
  { units: 1, orders: [0, 9, 18] },
  { units: 4, orders: [0, 11, 22] },
  { units: 16, orders: [0, 13, 26] },
];

export const GRANULE_4K = GRANULES[0];

/** The granule whose PMD or PUD entries have this order; null for order 0 and orders of no level. */
export function granuleOfOrder(order: number): Granule | null {
  if (order === 0) return null;
  return GRANULES.find(({ orders }) => order === orders[1] || order === orders[2]) ?? null;
}

/** Kernel packages name their page size in the release: `6.12.0+64k`, `6.8.0-40-generic-64k`, `6.1.0-16k`. */
export function granuleOfRelease(release: string | null): Granule | null {
  const match = /[+_.-](16|64)k(?:[+_.-]|$)/i.exec(release ?? '');
  if (match === null) return null;
  return GRANULES.find(({ units }) => units * 4 === Number(match[1])) ?? null;
}

/** Pages of 4 KiB that an entry of this order maps. */
export const orderPages = (granule: Granule, order: number): number => granule.units * 2 ** order;

/**
 * Probe maps give insert functions the orders of 4K pages (9: PMD, 18: PUD); this is the order that the level has here.
 */
export function levelOrder(granule: Granule, order: number): number {
  const level = GRANULE_4K.orders.indexOf(order);
  return level < 0 ? order : granule.orders[level];
}

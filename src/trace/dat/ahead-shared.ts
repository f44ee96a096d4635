/**
 * What the reader and the worker that decompresses ahead of it share. Each CPU has a few slots; chunk k of a CPU goes
 * to slot k modulo their number. Who claims a chunk (`NEXT` goes from k to k+1 by compare-and-exchange) unpacks it:
 * the worker into its slot, the reader, when it is faster, into memory of its own. The worker never goes further than
 * one round of slots ahead of `CONSUMED`, the chunk that the reader is at.
 */
export interface AheadSetup {
  readonly path: string;
  readonly compression: string;
  readonly littleEndian: boolean;
  readonly regions: readonly { readonly offset: number; readonly end: number }[];
  readonly slots: number;
  readonly slotSize: number;
  readonly control: SharedArrayBuffer;
  readonly data: SharedArrayBuffer;
}

/** Words of `control`: two for all, then for each CPU NEXT, CONSUMED and the state of its slots. */
export const STOP = 0;
/** Counts what the reader consumed; the worker sleeps on it. */
export const DEMAND = 1;
export const GLOBAL_WORDS = 2;
export const NEXT = 0;
export const CONSUMED = 1;
/** State of a slot: k + 1 when it holds chunk k, -(k + 1) when chunk k could not be unpacked. */
export const STATES = 2;

export function cpuWords(slots: number): number {
  return STATES + slots;
}

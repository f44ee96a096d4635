import type { EventRecord } from '../records.js';

/** What a mark on a lane stands for. */
export const MARKS = ['install', 'refused', 'visit', 'zap', 'map', 'access'] as const;
export type MarkKind = (typeof MARKS)[number];

/** One or several events of a kind on one lane, near one another in time. */
export interface Cell {
  readonly lane: string;
  readonly kind: MarkKind;
  /** Begin of the first and end of the last event, ns. */
  start: number;
  end: number;
  count: number;
  /** The first event. */
  readonly event: EventRecord;
}

/**
 * Marks of all lanes within a budget: as long as they fit, every event is a cell of its own; then events in one bin of
 * time share a cell, and the bins get wider, four times at a step, until the cells fit again. Nothing is dropped: a
 * cell counts what is in it.
 */
export class Cells {
  #width = 0;
  /** While every event is a cell of its own. */
  #exact: Cell[] = [];
  /** By lane, then by bin and kind. */
  readonly #bins = new Map<string, Map<number, Cell>>();
  #size = 0;

  constructor(private readonly budget: number) {}

  /** Width of a bin in ns; 0: every event is a cell of its own. */
  get width(): number {
    return this.#width;
  }

  add(lane: string, kind: MarkKind, event: EventRecord): void {
    const start = event.t_ns;
    const end = event.end_ns ?? start;
    if (this.#width === 0) {
      this.#exact.push({ lane, kind, start, end, count: 1, event });
      if (this.#exact.length > this.budget) this.#widen();
      return;
    }
    const bins = this.#lane(lane);
    const key = this.#key(start, kind);
    const found = bins.get(key);
    if (found !== undefined) {
      found.count++;
      found.start = Math.min(found.start, start);
      found.end = Math.max(found.end, end);
      return;
    }
    bins.set(key, { lane, kind, start, end, count: 1, event });
    if (++this.#size > this.budget) this.#widen();
  }

  #key(start: number, kind: MarkKind): number {
    return Math.floor(start / this.#width) * MARKS.length + MARKS.indexOf(kind);
  }

  #lane(lane: string): Map<number, Cell> {
    let bins = this.#bins.get(lane);
    if (bins === undefined) this.#bins.set(lane, (bins = new Map()));
    return bins;
  }

  #widen(): void {
    const cells =
      this.#width === 0 ? this.#exact : [...this.#bins.values()].flatMap((bins) => [...bins.values()]);
    if (this.#width === 0) this.#width = firstWidth(cells);
    this.#exact = [];
    do {
      this.#width *= 4;
      this.#bins.clear();
      this.#size = 0;
      for (const cell of cells) this.#merge(cell);
    } while (this.#size > this.budget / 2);
  }

  #merge(cell: Cell): void {
    const bins = this.#lane(cell.lane);
    const key = this.#key(cell.start, cell.kind);
    const found = bins.get(key);
    if (found === undefined) {
      bins.set(key, { ...cell });
      this.#size++;
      return;
    }
    found.count += cell.count;
    found.end = Math.max(found.end, cell.end);
  }

  /** All cells in the order of time. */
  list(): Cell[] {
    const cells =
      this.#width === 0 ? this.#exact : [...this.#bins.values()].flatMap((bins) => [...bins.values()]);
    return cells.sort((a, b) => a.start - b.start);
  }
}

/** A power of two well below the width at which the cells are halved. */
function firstWidth(cells: readonly Cell[]): number {
  let first = Number.POSITIVE_INFINITY;
  let last = 0;
  for (const { start } of cells) {
    first = Math.min(first, start);
    last = Math.max(last, start);
  }
  return 2 ** Math.floor(Math.log2(Math.max(1, (last - first) / cells.length / 16)));
}

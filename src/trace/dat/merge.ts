import type { CpuStream } from './stream.js';

/**
 * Emits the records of all streams in the order of `trace-cmd report`: always the stream whose next record is the
 * earliest, among equal times the one with the lowest index. One stream runs on while it stays ahead of the others,
 * so a record costs one comparison and not one per CPU.
 */
export class Merge {
  /** Binary heap, the earliest stream first. */
  readonly #heap: CpuStream[];

  constructor(streams: readonly CpuStream[]) {
    this.#heap = streams.filter((s) => s.t !== Number.POSITIVE_INFINITY);
    for (let i = (this.#heap.length >> 1) - 1; i >= 0; i--) this.#sink(i);
  }

  /** Emits about `budget` sub-buffers' worth of records; false when all are done. */
  run(budget: number): boolean {
    const heap = this.#heap;
    let left = budget;
    while (heap.length > 0 && left > 0) {
      const stream = heap[0];
      const before = stream.pages;
      const rival = this.#second();
      if (rival === null) stream.run(Number.POSITIVE_INFINITY, false, left);
      else stream.run(rival.t, stream.index < rival.index, left);
      left -= stream.pages - before;
      if (stream.t === Number.POSITIVE_INFINITY) {
        const last = heap.pop()!;
        if (heap.length > 0) heap[0] = last;
      }
      if (heap.length > 1) this.#sink(0);
    }
    return heap.length > 0;
  }

  #second(): CpuStream | null {
    const heap = this.#heap;
    if (heap.length < 2) return null;
    if (heap.length < 3 || before(heap[1], heap[2])) return heap[1];
    return heap[2];
  }

  #sink(i: number): void {
    const heap = this.#heap;
    const stream = heap[i];
    for (;;) {
      let child = 2 * i + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && before(heap[child + 1], heap[child])) child++;
      if (!before(heap[child], stream)) break;
      heap[i] = heap[child];
      i = child;
    }
    heap[i] = stream;
  }
}

function before(a: CpuStream, b: CpuStream): boolean {
  return a.t < b.t || (a.t === b.t && a.index < b.index);
}

import type { CpuStream } from './stream.js';

/**
 * Emits the records of all streams in the order of `trace-cmd report`: always the stream whose next record is the
 * earliest, among equal times the one with the lowest index. One stream runs on while it stays ahead of the others,
 * so a record costs one comparison and not one per CPU.
 */
export class Merge {
  /** The stream that runs; the others are in a binary heap, the earliest first. */
  #current: CpuStream | null;
  readonly #heap: CpuStream[];

  constructor(streams: readonly CpuStream[]) {
    this.#heap = streams.filter((s) => s.t !== Number.POSITIVE_INFINITY);
    for (let i = (this.#heap.length >> 1) - 1; i >= 0; i--) this.#sink(i);
    this.#current = this.#pop();
  }

  /** Emits about `budget` sub-buffers' worth of records; false when all are done. */
  run(budget: number): boolean {
    const heap = this.#heap;
    let left = budget;
    let current = this.#current;
    while (current !== null && left > 0) {
      const ran = current;
      const before = ran.pages;
      if (heap.length === 0) {
        current.run(null, left);
        if (current.t === Number.POSITIVE_INFINITY) current = null;
      } else {
        const rival = heap[0];
        current.run(rival, left);
        if (current.t === Number.POSITIVE_INFINITY) {
          current = this.#pop();
        } else if (!isBefore(current, rival)) {
          heap[0] = current;
          current = rival;
          if (heap.length > 1) this.#sink(0);
        }
      }
      left -= ran.pages - before;
    }
    this.#current = current;
    return current !== null;
  }

  /** Takes the earliest out of the heap. */
  #pop(): CpuStream | null {
    const heap = this.#heap;
    if (heap.length === 0) return null;
    const top = heap[0];
    const last = heap.pop()!;
    if (heap.length > 0) {
      heap[0] = last;
      this.#sink(0);
    }
    return top;
  }

  #sink(i: number): void {
    const heap = this.#heap;
    const stream = heap[i];
    for (;;) {
      let child = 2 * i + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && isBefore(heap[child + 1], heap[child])) child++;
      if (!isBefore(heap[child], stream)) break;
      heap[i] = heap[child];
      i = child;
    }
    heap[i] = stream;
  }
}

function isBefore(a: CpuStream, b: CpuStream): boolean {
  return a.t < b.t || (a.t === b.t && a.index < b.index);
}

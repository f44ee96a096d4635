import type { Arena } from './arena.js';

type Deliver = (arena: Arena, at: number, t: number, origin: number) => void;

/**
 * Puts records into time order. They come as a few ascending runs (one per CPU and round), so a merge of the runs is
 * cheaper than a sort. Records of equal time keep their order in the file.
 */
export class TimeQueue {
  #size = 4096;
  #times = new Float64Array(this.#size);
  #origins = new Float64Array(this.#size);
  #at = new Int32Array(this.#size);
  #arena = new Uint8Array(this.#size);
  #count = 0;
  /** First entry of each run. */
  #runs: number[] = [];
  readonly #arenas: readonly [Arena, Arena];

  constructor(arenas: readonly [Arena, Arena]) {
    this.#arenas = arenas;
  }

  get length(): number {
    return this.#count;
  }

  push(arena: 0 | 1, at: number, t: number, origin: number): void {
    const i = this.#count;
    if (i === this.#size) this.#grow();
    if (i === 0 || t < this.#times[i - 1]) this.#runs.push(i);
    this.#times[i] = t;
    this.#origins[i] = origin;
    this.#at[i] = at;
    this.#arena[i] = arena;
    this.#arenas[arena].pending++;
    this.#count++;
  }

  /** Delivers all entries up to `limit` in order; the others stay. */
  flush(limit: number, deliver: Deliver): void {
    const order = this.#merged();
    const times = this.#times;
    const count = this.#count;
    let i = 0;
    for (; i < count; i++) {
      const entry = order === null ? i : order[i];
      if (times[entry] > limit) break;
      const arena = this.#arenas[this.#arena[entry]];
      arena.pending--;
      deliver(arena, this.#at[entry], times[entry], this.#origins[entry]);
    }
    this.#keep(order, i);
  }

  /** Entries in time order; null when they are so already. */
  #merged(): Int32Array | null {
    const runs = this.#runs;
    if (runs.length < 2) return null;
    const times = this.#times;
    const order = new Int32Array(this.#count);
    const next = runs.slice();
    const end = runs.map((_, r) => (r + 1 < runs.length ? runs[r + 1] : this.#count));
    // Heap of runs by the time of their next entry, then by their place.
    const heap = runs.map((_, r) => r);
    const before = (a: number, b: number) => {
      const [ta, tb] = [times[next[a]], times[next[b]]];
      return ta < tb || (ta === tb && a < b);
    };
    const sink = (from: number) => {
      let i = from;
      const run = heap[i];
      for (;;) {
        let child = 2 * i + 1;
        if (child >= heap.length) break;
        if (child + 1 < heap.length && before(heap[child + 1], heap[child])) child++;
        if (!before(heap[child], run)) break;
        heap[i] = heap[child];
        i = child;
      }
      heap[i] = run;
    };
    for (let i = (heap.length >> 1) - 1; i >= 0; i--) sink(i);
    for (let k = 0; heap.length > 0; ) {
      const run = heap[0];
      order[k++] = next[run]++;
      if (next[run] === end[run]) {
        const last = heap.pop()!;
        if (heap.length === 0) break;
        heap[0] = last;
      }
      sink(0);
    }
    return order;
  }

  /** Keeps the entries from `first` on in this order. */
  #keep(order: Int32Array | null, first: number): void {
    const left = this.#count - first;
    if (order === null) {
      this.#times.copyWithin(0, first, this.#count);
      this.#origins.copyWithin(0, first, this.#count);
      this.#at.copyWithin(0, first, this.#count);
      this.#arena.copyWithin(0, first, this.#count);
    } else {
      const rest = order.subarray(first);
      this.#times.set(Float64Array.from(rest, (e) => this.#times[e]));
      this.#origins.set(Float64Array.from(rest, (e) => this.#origins[e]));
      this.#at.set(Int32Array.from(rest, (e) => this.#at[e]));
      this.#arena.set(Uint8Array.from(rest, (e) => this.#arena[e]));
    }
    this.#count = left;
    this.#runs = left > 0 ? [0] : [];
  }

  #grow(): void {
    const grown = <T extends Float64Array | Int32Array | Uint8Array>(old: T, larger: T): T => {
      larger.set(old);
      return larger;
    };
    this.#size *= 2;
    this.#times = grown(this.#times, new Float64Array(this.#size));
    this.#origins = grown(this.#origins, new Float64Array(this.#size));
    this.#at = grown(this.#at, new Int32Array(this.#size));
    this.#arena = grown(this.#arena, new Uint8Array(this.#size));
  }
}

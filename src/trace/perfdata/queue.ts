import type { Arena } from './arena.js';

/**
 * Puts records into time order. They come as a few ascending runs (one per CPU and round), so a merge of the runs is
 * cheaper than a sort. Records of equal time keep their order in the file. Entries are columns of numbers, written
 * and read by index: a call per record with four numbers would box two of them.
 */
export class TimeQueue {
  #capacity = 4096;
  times = new Float64Array(this.#capacity);
  origins = new Float64Array(this.#capacity);
  /** Place in its arena, and which of the two. */
  at = new Int32Array(this.#capacity);
  arena = new Uint8Array(this.#capacity);
  /** The caller's own. */
  kind = new Uint16Array(this.#capacity);
  #count = 0;
  /** First entry of each run; what is left of it while a flush is under way. */
  #runs = new Int32Array(64);
  #next = new Int32Array(64);
  #runCount = 0;
  /** Runs that have entries left, the earliest first. */
  #heap = new Int32Array(64);
  #heapSize = 0;

  constructor(readonly arenas: readonly [Arena, Arena]) {}

  /** Index of a new entry; set its columns (`times` too), then call `added`. */
  get slot(): number {
    if (this.#count === this.#capacity) this.#grow();
    return this.#count;
  }

  added(): void {
    const i = this.#count++;
    this.arenas[this.arena[i]].pending++;
    if (i > 0 && this.times[i] >= this.times[i - 1]) return;
    if (this.#runCount === this.#runs.length) {
      this.#runs = grown(this.#runs, new Int32Array(this.#runCount * 2));
      this.#next = new Int32Array(this.#runCount * 2);
      this.#heap = new Int32Array(this.#runCount * 2);
    }
    this.#runs[this.#runCount++] = i;
  }

  /** Delivers all entries up to `limit` in order; the others stay. */
  flush(limit: number, deliver: (entry: number) => void): void {
    const heap = this.#heap;
    this.#heapSize = 0;
    for (let run = 0; run < this.#runCount; run++) {
      this.#next[run] = this.#runs[run];
      if (this.times[this.#runs[run]] <= limit) heap[this.#heapSize++] = run;
    }
    for (let i = (this.#heapSize >> 1) - 1; i >= 0; i--) this.#sink(i);
    while (this.#heapSize > 0) {
      const run = heap[0];
      const rival = this.#rival();
      const end = this.#endOf(run);
      let i = this.#next[run];
      // One run goes on while it is ahead of the others.
      do {
        this.arenas[this.arena[i]].pending--;
        deliver(i++);
      } while (i < end && this.times[i] <= limit && (rival < 0 || this.#ahead(i, run, rival)));
      this.#next[run] = i;
      if (i === end || this.times[i] > limit) {
        heap[0] = heap[--this.#heapSize];
        if (this.#heapSize === 0) break;
      }
      this.#sink(0);
    }
    this.#keep();
  }

  #endOf(run: number): number {
    return run + 1 < this.#runCount ? this.#runs[run + 1] : this.#count;
  }

  /** The second in the heap; -1 when there is none. */
  #rival(): number {
    const heap = this.#heap;
    if (this.#heapSize < 2) return -1;
    return this.#heapSize < 3 || this.#before(heap[1], heap[2]) ? heap[1] : heap[2];
  }

  #ahead(entry: number, run: number, rival: number): boolean {
    const mine = this.times[entry];
    const other = this.times[this.#next[rival]];
    return mine < other || (mine === other && run < rival);
  }

  #before(a: number, b: number): boolean {
    const ta = this.times[this.#next[a]];
    const tb = this.times[this.#next[b]];
    return ta < tb || (ta === tb && a < b);
  }

  #sink(from: number): void {
    const heap = this.#heap;
    const size = this.#heapSize;
    let i = from;
    const run = heap[i];
    for (;;) {
      let child = 2 * i + 1;
      if (child >= size) break;
      if (child + 1 < size && this.#before(heap[child + 1], heap[child])) child++;
      if (!this.#before(heap[child], run)) break;
      heap[i] = heap[child];
      i = child;
    }
    heap[i] = run;
  }

  /** Moves what is left of the runs to the front. */
  #keep(): void {
    let count = 0;
    let runs = 0;
    for (let run = 0; run < this.#runCount; run++) {
      const from = this.#next[run];
      const end = this.#endOf(run);
      if (from === end) continue;
      const start = count;
      for (let i = from; i < end; i++, count++) {
        this.times[count] = this.times[i];
        this.origins[count] = this.origins[i];
        this.at[count] = this.at[i];
        this.arena[count] = this.arena[i];
        this.kind[count] = this.kind[i];
      }
      // Runs may join where their neighbour is gone.
      if (start > 0 && this.times[start] >= this.times[start - 1]) continue;
      this.#runs[runs++] = start;
    }
    this.#count = count;
    this.#runCount = runs;
  }

  #grow(): void {
    this.#capacity *= 2;
    this.times = grown(this.times, new Float64Array(this.#capacity));
    this.origins = grown(this.origins, new Float64Array(this.#capacity));
    this.at = grown(this.at, new Int32Array(this.#capacity));
    this.arena = grown(this.arena, new Uint8Array(this.#capacity));
    this.kind = grown(this.kind, new Uint16Array(this.#capacity));
  }
}

function grown<T extends Float64Array | Int32Array | Uint8Array | Uint16Array>(old: T, larger: T): T {
  larger.set(old);
  return larger;
}

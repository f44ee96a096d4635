import type { Decoder } from '../decoder/decoder.js';

/**
 * Puts records into time order. They come as a few ascending runs (one per CPU and round), so a merge of the runs is
 * cheaper than a sort. Records of equal time keep their order in the file. Entries are columns of numbers, written
 * and read by index: a call per record with four numbers would box two of them.
 *
 * To add an entry: `reserve`, set the columns at `count`, `startRun()` if there are no `runs` or its time is below that of the last one, then count.
 */
export class TimeQueue {
  #capacity = 0;
  /** Entries, those that were delivered and not yet overwritten among them. */
  count = 0;
  /** From the base. */
  times!: Float64Array;
  origins!: Float64Array;
  /** Place in the decoder's memory. */
  at!: Uint32Array;
  /** The caller's own. */
  kind!: Uint16Array;
  code!: Int32Array;
  raw!: Uint16Array;
  /** Words of the time that the others are counted from, unsigned; -1 before the first. */
  baseHi = -1;
  baseLo = 0;
  /** Entries that wait, in ascending ranges: `next` up to `ends` - 1. The end of the last one is `count`. */
  #next: Int32Array = new Int32Array(64);
  #ends: Int32Array = new Int32Array(64);
  #runCount = 0;
  /** Runs that may be delivered, the earliest first. */
  #heap = new Int32Array(64);
  #heapSize = 0;
  #mark = 0;

  /** The columns are in the decoder's memory, which fills them, too. */
  constructor(readonly decoder: Decoder) {
    this.#place(4096);
  }

  /** Entries wait: one that is earlier than the last of them begins a run, and so does the first. */
  get runs(): boolean {
    return this.#runCount > 0;
  }

  setBase(hi: number, lo: number): void {
    this.baseHi = hi >>> 0;
    this.baseLo = lo >>> 0;
  }

  /** Makes room for so many more entries; the columns and `count` may change. */
  reserve(more: number): void {
    if (this.count + more <= this.#capacity) return;
    this.#compact();
    // Half of it stays free, or it would be moved for every few entries.
    while ((this.count + more) * 2 > this.#capacity) this.#grow();
  }

  /** The entry that is added next begins a run. */
  startRun(): void {
    const run = this.#runCount++;
    if (run === this.#next.length) {
      this.#next = grown(this.#next, new Int32Array(run * 2));
      this.#ends = grown(this.#ends, new Int32Array(run * 2));
      this.#heap = new Int32Array(run * 2);
    }
    if (run > 0) this.#ends[run - 1] = this.count;
    this.#next[run] = this.count;
  }

  /** Notes where the queue ends now. */
  mark(): void {
    this.#mark = this.count;
  }

  /** Whether entries wait that were there at the mark. */
  get waitsFromBefore(): boolean {
    return this.#runCount > 0 && this.#next[0] < this.#mark;
  }

  /** Delivers all entries up to `limit` in order, as ranges `from` … `to - 1`; the others stay. */
  flush(limit: number, deliver: (from: number, to: number) => void): void {
    if (this.#runCount === 0) return;
    const { times } = this;
    const heap = this.#heap;
    const next = this.#next;
    const ends = this.#ends;
    ends[this.#runCount - 1] = this.count;
    this.#heapSize = 0;
    for (let run = 0; run < this.#runCount; run++)
      if (times[next[run]] <= limit) heap[this.#heapSize++] = run;
    for (let i = (this.#heapSize >> 1) - 1; i >= 0; i--) this.#sink(i);
    while (this.#heapSize > 0) {
      const run = heap[0];
      const rival = this.#rival();
      const end = ends[run];
      const from = next[run];
      let to = from + 1;
      // One run goes on while it is ahead of the others.
      if (rival < 0 || times[next[rival]] > limit) while (to < end && times[to] <= limit) to++;
      else {
        const bound = times[next[rival]];
        if (run < rival) while (to < end && times[to] <= bound) to++;
        else while (to < end && times[to] < bound) to++;
      }
      deliver(from, to);
      next[run] = to;
      if (to === end || times[to] > limit) {
        heap[0] = heap[--this.#heapSize];
        if (this.#heapSize === 0) break;
      }
      this.#sink(0);
    }
    this.#forgetEmpty();
  }

  /** The second in the heap; -1 when there is none. */
  #rival(): number {
    const heap = this.#heap;
    if (this.#heapSize < 2) return -1;
    return this.#heapSize < 3 || this.#before(heap[1], heap[2]) ? heap[1] : heap[2];
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

  /** Entries stay where they are until the room is needed: every round leaves as many as came with it. */
  #forgetEmpty(): void {
    let runs = 0;
    for (let run = 0; run < this.#runCount; run++) {
      if (this.#next[run] === this.#ends[run]) continue;
      this.#next[runs] = this.#next[run];
      this.#ends[runs++] = this.#ends[run];
    }
    this.#runCount = runs;
    // What was delivered behind the last run is overwritten.
    this.count = runs === 0 ? 0 : this.#ends[runs - 1];
    this.#mark = Math.min(this.#mark, this.count);
  }

  /** Moves what waits to the front. */
  #compact(): void {
    const { times, origins, at, kind, code, raw } = this;
    if (this.#runCount > 0) this.#ends[this.#runCount - 1] = this.count;
    let count = 0;
    let mark = 0;
    for (let run = 0; run < this.#runCount; run++) {
      const from = this.#next[run];
      const end = this.#ends[run];
      const to = count + end - from;
      mark += Math.min(Math.max(this.#mark - from, 0), end - from);
      times.copyWithin(count, from, end);
      origins.copyWithin(count, from, end);
      at.copyWithin(count, from, end);
      kind.copyWithin(count, from, end);
      code.copyWithin(count, from, end);
      raw.copyWithin(count, from, end);
      this.#next[run] = count;
      this.#ends[run] = to;
      count = to;
    }
    this.count = count;
    this.#mark = mark;
  }

  #grow(): void {
    const { times, origins, at, kind, code, raw } = this;
    this.#place(2 * this.#capacity);
    this.times.set(times);
    this.origins.set(origins);
    this.at.set(at);
    this.kind.set(kind);
    this.code.set(code);
    this.raw.set(raw);
  }

  #place(capacity: number): void {
    const { decoder } = this;
    this.#capacity = capacity;
    const [times, origins, at, kind, code, raw] = [8, 8, 4, 2, 4, 2].map((size) =>
      decoder.reserve(size * capacity),
    );
    const { buffer } = decoder;
    this.times = new Float64Array(buffer, times, capacity);
    this.origins = new Float64Array(buffer, origins, capacity);
    this.at = new Uint32Array(buffer, at, capacity);
    this.kind = new Uint16Array(buffer, kind, capacity);
    this.code = new Int32Array(buffer, code, capacity);
    this.raw = new Uint16Array(buffer, raw, capacity);
    decoder.run.setColumns(times, origins, at, kind, code, raw);
  }
}

function grown(old: Int32Array, larger: Int32Array): Int32Array {
  larger.set(old);
  return larger;
}

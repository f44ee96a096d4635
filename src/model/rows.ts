import type { SymbolState } from '../probes/binding.js';
import type { MappingEvent } from '../probes/event.js';
import type { Order } from './order.js';
import { PageRun } from './run.js';
import type { Visit } from './vma.js';

/** Columns of a row: doubles, and small integers. */
const [PFN, BEGIN, BEGIN_SEQ, BEGIN_ORIGIN] = [0, 1, 2, 3];
const DOUBLES = 4;
/** How much later the end is than the beginning, and both CPUs and what else it came to in halves of a number. */
const [DURATION, SEQS, ORIGINS, CPUS, PID, SYMBOL_RESULT] = [0, 1, 2, 3, 4, 5];
const INTEGERS = 6;
/** Of a free row: the next one that is free. */
const NEXT = 0;
/** What half of a number holds, its sign aside. */
const HALF = 0x7fff;
/** Rows that are allocated at a time: a power of two. */
const CHUNK_BITS = 10;
const CHUNK = 1 << CHUNK_BITS;

class Chunk {
  readonly doubles = new Float64Array(CHUNK * DOUBLES);
  readonly integers = new Int32Array(CHUNK * INTEGERS);
  readonly comms: string[] = new Array(CHUNK).fill('');
}

/**
 * PTEs of which nothing is to be said but that they are there: installed by a fault whose beginning, end and success
 * were recorded, while no zap ran and none was in force. Nearly all installs are of this kind, and nearly all are gone at
 * the next zap; so they are rows of numbers, 64 bytes, and become a PageRun, five times that, only when somebody looks
 * at them.
 */
export class PageRows {
  /** Not one array that grows: V8 copies that, and keeps the old one until it has looked at all of the heap. */
  readonly #chunks: Chunk[] = [];
  readonly #symbols: SymbolState[] = [];
  #lastSymbol: SymbolState | null = null;
  #lastNumber = -1;
  #free = -1;
  #count = 0;

  /** What this insert put at a page. Returns the row's number; -1: a row cannot tell all that there is. */
  add(event: MappingEvent): number {
    const { begin, beginSeq, beginOrigin, beginCpu, endCpu, result } = event;
    const { pid } = event.task;
    const duration = event.end - begin;
    const seqs = event.endSeq - beginSeq;
    const origins = event.endOrigin - beginOrigin;
    if ((duration | 0) !== duration || begin + duration !== event.end) return -1;
    if ((seqs | 0) !== seqs || (origins | 0) !== origins || (pid | 0) !== pid) return -1;
    if ((beginCpu & HALF) !== beginCpu || (endCpu & HALF) !== endCpu || (result & HALF) !== result) return -1;
    const row = this.#free >= 0 ? this.#reuse() : this.#new();
    const { doubles, integers, comms } = this.#chunks[row >>> CHUNK_BITS];
    const at = row & (CHUNK - 1);
    const d = at * DOUBLES;
    doubles[d + PFN] = event.pfn;
    doubles[d + BEGIN] = begin;
    doubles[d + BEGIN_SEQ] = beginSeq;
    doubles[d + BEGIN_ORIGIN] = beginOrigin;
    const i = at * INTEGERS;
    integers[i + DURATION] = duration;
    integers[i + SEQS] = seqs;
    integers[i + ORIGINS] = origins;
    integers[i + CPUS] = (beginCpu << 16) | endCpu;
    integers[i + PID] = pid;
    integers[i + SYMBOL_RESULT] = (this.#numberOf(event.binding.state) << 16) | result;
    comms[at] = event.comm;
    return row;
  }

  #new(): number {
    const row = this.#count++;
    if ((row & (CHUNK - 1)) === 0) this.#chunks.push(new Chunk());
    return row;
  }

  #reuse(): number {
    const row = this.#free;
    this.#free = this.#chunks[row >>> CHUNK_BITS].integers[(row & (CHUNK - 1)) * INTEGERS + NEXT];
    return row;
  }

  /** A trace has a handful of functions that insert, and most inserts are by one of them. */
  #numberOf(symbol: SymbolState): number {
    if (symbol !== this.#lastSymbol) {
      const number = this.#symbols.indexOf(symbol);
      this.#lastSymbol = symbol;
      this.#lastNumber = number >= 0 ? number : this.#symbols.push(symbol) - 1;
    }
    return this.#lastNumber;
  }

  /** The PTE is gone. */
  free(row: number): void {
    this.#chunks[row >>> CHUNK_BITS].integers[(row & (CHUNK - 1)) * INTEGERS + NEXT] = this.#free;
    this.#free = row;
  }

  /** Whether it was there before the visit began, or nothing speaks against that. */
  precedes(row: number, visit: Visit, order: Order): boolean {
    const { doubles, integers } = this.#chunks[row >>> CHUNK_BITS];
    const at = row & (CHUNK - 1);
    const d = at * DOUBLES;
    const i = at * INTEGERS;
    return order.notLater(
      doubles[d + BEGIN] + integers[i + DURATION],
      integers[i + CPUS] & HALF,
      doubles[d + BEGIN_SEQ] + integers[i + SEQS],
      visit.begin,
      visit.cpu,
      visit.beginSeq,
    );
  }

  /** The row of this page as a run, which takes its place. */
  take(row: number, page: number): PageRun {
    const { doubles, integers, comms } = this.#chunks[row >>> CHUNK_BITS];
    const at = row & (CHUNK - 1);
    const d = at * DOUBLES;
    const i = at * INTEGERS;
    const run = new PageRun();
    run.page = page;
    run.pfn = doubles[d + PFN];
    run.begin = doubles[d + BEGIN];
    run.storyBegin = run.begin;
    run.end = run.begin + integers[i + DURATION];
    run.beginSeq = doubles[d + BEGIN_SEQ];
    run.endSeq = run.beginSeq + integers[i + SEQS];
    run.beginCpu = integers[i + CPUS] >> 16;
    run.endCpu = integers[i + CPUS] & HALF;
    run.beginOrigin = doubles[d + BEGIN_ORIGIN];
    run.endOrigin = run.beginOrigin + integers[i + ORIGINS];
    run.pid = integers[i + PID];
    run.comm = comms[at];
    run.symbol = this.#symbols[integers[i + SYMBOL_RESULT] >>> 16];
    run.result = integers[i + SYMBOL_RESULT] & HALF;
    this.free(row);
    return run;
  }
}

import type { SymbolState } from '../probes/binding.js';
import type { MappingEvent } from '../probes/event.js';
import type { PlainFault } from '../probes/plain-fault.js';
import * as Fault from '../probes/plain-fault.js';
import type { Order } from './order.js';
import * as Column from './row-columns.js';
import { PageRun } from './run.js';
import type { Visit } from './visit.js';

class Chunk {
  readonly doubles = new Float64Array(Column.CHUNK * Column.DOUBLES);
  readonly integers = new Int32Array(Column.CHUNK * Column.INTEGERS);
  readonly comms: string[] = new Array(Column.CHUNK).fill('');
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
    if (
      (beginCpu & Column.HALF) !== beginCpu ||
      (endCpu & Column.HALF) !== endCpu ||
      (result & Column.HALF) !== result
    )
      return -1;
    const row = this.#free >= 0 ? this.#reuse() : this.#new();
    const { doubles, integers, comms } = this.#chunks[row >>> Column.CHUNK_BITS];
    const at = row & (Column.CHUNK - 1);
    const d = at * Column.DOUBLES;
    doubles[d + Column.PFN] = event.pfn;
    doubles[d + Column.BEGIN] = begin;
    doubles[d + Column.BEGIN_SEQ] = beginSeq;
    doubles[d + Column.BEGIN_ORIGIN] = beginOrigin;
    const i = at * Column.INTEGERS;
    integers[i + Column.DURATION] = duration;
    integers[i + Column.SEQS] = seqs;
    integers[i + Column.ORIGINS] = origins;
    integers[i + Column.CPUS] = (beginCpu << 16) | endCpu;
    integers[i + Column.PID] = pid;
    integers[i + Column.SYMBOL_RESULT] = (this.#numberOf(event.binding.state) << 16) | result;
    comms[at] = event.comm;
    return row;
  }

  /** The same for the insert of a plain fault, if `rowTells`. */
  addPlain(fault: PlainFault): number {
    const row = this.#free >= 0 ? this.#reuse() : this.#new();
    this.#write(row, fault);
    return row;
  }

  /**
   * Another plain fault has inserted the same page. The earlier insert is the evidence; they come in the order in which
   * the faults began.
   */
  addEarlier(row: number, fault: PlainFault): void {
    if (fault.values[fault.insertExit + Fault.TIME] < this.endOf(row)) this.#write(row, fault);
  }

  /** When the insert returned. */
  endOf(row: number): number {
    const { doubles, integers } = this.#chunks[row >>> Column.CHUNK_BITS];
    const at = row & (Column.CHUNK - 1);
    return doubles[at * Column.DOUBLES + Column.BEGIN] + integers[at * Column.INTEGERS + Column.DURATION];
  }

  #write(row: number, fault: PlainFault): void {
    const { values, insert, insertExit, cpu } = fault;
    const { doubles, integers, comms } = this.#chunks[row >>> Column.CHUNK_BITS];
    const at = row & (Column.CHUNK - 1);
    const d = at * Column.DOUBLES;
    doubles[d + Column.PFN] = fault.hasPfn ? values[insert + Fault.PFN] : Number.NaN;
    doubles[d + Column.BEGIN] = values[insert + Fault.TIME];
    doubles[d + Column.BEGIN_SEQ] = fault.insertSeq;
    doubles[d + Column.BEGIN_ORIGIN] = values[insert + Fault.ORIGIN];
    const i = at * Column.INTEGERS;
    integers[i + Column.DURATION] = values[insertExit + Fault.TIME] - values[insert + Fault.TIME];
    integers[i + Column.SEQS] = fault.insertEndSeq - fault.insertSeq;
    integers[i + Column.ORIGINS] = values[insertExit + Fault.ORIGIN] - values[insert + Fault.ORIGIN];
    integers[i + Column.CPUS] = (cpu << 16) | cpu;
    integers[i + Column.PID] = fault.task.pid;
    integers[i + Column.SYMBOL_RESULT] =
      (this.#numberOf(fault.symbol as SymbolState) << 16) | values[insertExit + Fault.RESULT];
    comms[at] = fault.comm;
  }

  #new(): number {
    const row = this.#count++;
    if ((row & (Column.CHUNK - 1)) === 0) this.#chunks.push(new Chunk());
    return row;
  }

  #reuse(): number {
    const row = this.#free;
    this.#free =
      this.#chunks[row >>> Column.CHUNK_BITS].integers[
        (row & (Column.CHUNK - 1)) * Column.INTEGERS + Column.NEXT
      ];
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
    this.#chunks[row >>> Column.CHUNK_BITS].integers[
      (row & (Column.CHUNK - 1)) * Column.INTEGERS + Column.NEXT
    ] = this.#free;
    this.#free = row;
  }

  /** Whether it was there before the visit began, as far as the times tell. */
  precedes(row: number, visit: Visit, order: Order): boolean {
    const { doubles, integers } = this.#chunks[row >>> Column.CHUNK_BITS];
    const at = row & (Column.CHUNK - 1);
    const d = at * Column.DOUBLES;
    const i = at * Column.INTEGERS;
    return order.apparently(
      doubles[d + Column.BEGIN] + integers[i + Column.DURATION],
      integers[i + Column.CPUS] & Column.HALF,
      doubles[d + Column.BEGIN_SEQ] + integers[i + Column.SEQS],
      visit.begin,
      visit.cpu,
      visit.beginSeq,
    );
  }

  /** The row of this page as a run, which takes its place. */
  take(row: number, page: number): PageRun {
    const { doubles, integers, comms } = this.#chunks[row >>> Column.CHUNK_BITS];
    const at = row & (Column.CHUNK - 1);
    const d = at * Column.DOUBLES;
    const i = at * Column.INTEGERS;
    const run = new PageRun();
    run.page = page;
    run.pfn = doubles[d + Column.PFN];
    run.begin = doubles[d + Column.BEGIN];
    run.storyBegin = run.begin;
    run.end = run.begin + integers[i + Column.DURATION];
    run.beginSeq = doubles[d + Column.BEGIN_SEQ];
    run.endSeq = run.beginSeq + integers[i + Column.SEQS];
    run.beginCpu = integers[i + Column.CPUS] >> 16;
    run.endCpu = integers[i + Column.CPUS] & Column.HALF;
    run.beginOrigin = doubles[d + Column.BEGIN_ORIGIN];
    run.endOrigin = run.beginOrigin + integers[i + Column.ORIGINS];
    run.pid = integers[i + Column.PID];
    run.comm = comms[at];
    run.symbol = this.#symbols[integers[i + Column.SYMBOL_RESULT] >>> 16];
    run.result = integers[i + Column.SYMBOL_RESULT] & Column.HALF;
    this.free(row);
    return run;
  }
}

/** Whether a row can tell all of a plain fault's insert. */
export function rowTells({ values, insert, insertExit, cpu }: PlainFault): boolean {
  const begin = values[insert + Fault.TIME];
  const end = values[insertExit + Fault.TIME];
  const result = values[insertExit + Fault.RESULT];
  const duration = end - begin;
  const origins = values[insertExit + Fault.ORIGIN] - values[insert + Fault.ORIGIN];
  return (
    (duration | 0) === duration &&
    begin + duration === end &&
    (origins | 0) === origins &&
    (cpu & Column.HALF) === cpu &&
    (result & Column.HALF) === result
  );
}

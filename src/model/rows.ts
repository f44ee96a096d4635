import type { SymbolState } from '../probes/binding.js';
import type { MappingEvent } from '../probes/event.js';
import type { PlainFault } from '../probes/plain-fault.js';
import * as Row from '../probes/plain-fault.js';
import type { Order } from './order.js';
import { PageRun } from './run.js';
import type { Visit } from './vma.js';

/** Columns of a row. */
const [PAGE, PFN, BEGIN, END, BEGIN_SEQ, END_SEQ, BEGIN_CPU, END_CPU, BEGIN_ORIGIN, END_ORIGIN, PID, RESULT] =
  [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11];
const COLUMNS = 12;
/** Rows that are allocated at a time: a power of two. */
const CHUNK_BITS = 10;
const CHUNK = 1 << CHUNK_BITS;

/**
 * PTEs of which nothing is to be said but that they are there: installed by a fault whose beginning, end and success
 * were recorded, while no zap ran and none was in force. Nearly all installs are of this kind, and nearly all are gone at
 * the next zap; so they are rows of numbers, a third of the size of a PageRun, and become one only when somebody
 * looks at them.
 */
export class PageRows {
  readonly #chunks: Float64Array[] = [];
  readonly #comms: string[] = [];
  readonly #symbols: SymbolState[] = [];
  readonly #free: number[] = [];
  #count = 0;

  /** What this insert put at `page`. Returns the row's number. */
  add(event: MappingEvent, page: number): number {
    const row = this.#free.length > 0 ? (this.#free.pop() as number) : this.#new();
    const columns = this.#chunks[row >>> CHUNK_BITS];
    const at = (row & (CHUNK - 1)) * COLUMNS;
    columns[at + PAGE] = page;
    columns[at + PFN] = event.pfn;
    columns[at + BEGIN] = event.begin;
    columns[at + END] = event.end;
    columns[at + BEGIN_SEQ] = event.beginSeq;
    columns[at + END_SEQ] = event.endSeq;
    columns[at + BEGIN_CPU] = event.beginCpu;
    columns[at + END_CPU] = event.endCpu;
    columns[at + BEGIN_ORIGIN] = event.beginOrigin;
    columns[at + END_ORIGIN] = event.endOrigin;
    columns[at + PID] = event.task.pid;
    columns[at + RESULT] = event.result;
    this.#comms[row] = event.comm;
    this.#symbols[row] = event.binding.state;
    return row;
  }

  /** The same for the insert of a plain fault. */
  addPlain(fault: PlainFault): number {
    const row = this.#free.length > 0 ? (this.#free.pop() as number) : this.#new();
    this.#write(row, fault);
    return row;
  }

  /**
   * Another plain fault has inserted the same page. The earlier insert is the evidence; they come in the order in which
   * the faults began.
   */
  addEarlier(row: number, fault: PlainFault): void {
    const end = this.#chunks[row >>> CHUNK_BITS][(row & (CHUNK - 1)) * COLUMNS + END];
    if (fault.values[fault.insertExit + Row.TIME] < end) this.#write(row, fault);
  }

  #write(row: number, fault: PlainFault): void {
    const columns = this.#chunks[row >>> CHUNK_BITS];
    const at = (row & (CHUNK - 1)) * COLUMNS;
    const { values, insert, insertExit, cpu } = fault;
    columns[at + PAGE] = values[insert + Row.PAGE];
    columns[at + PFN] = fault.hasPfn ? values[insert + Row.PFN] : Number.NaN;
    columns[at + BEGIN] = values[insert + Row.TIME];
    columns[at + END] = values[insertExit + Row.TIME];
    columns[at + BEGIN_SEQ] = fault.insertSeq;
    columns[at + END_SEQ] = fault.insertEndSeq;
    columns[at + BEGIN_CPU] = cpu;
    columns[at + END_CPU] = cpu;
    columns[at + BEGIN_ORIGIN] = values[insert + Row.ORIGIN];
    columns[at + END_ORIGIN] = values[insertExit + Row.ORIGIN];
    columns[at + PID] = fault.task.pid;
    columns[at + RESULT] = values[insertExit + Row.RESULT];
    this.#comms[row] = fault.comm;
    this.#symbols[row] = fault.symbol as SymbolState;
  }

  #new(): number {
    const row = this.#count++;
    if ((row & (CHUNK - 1)) === 0) this.#chunks.push(new Float64Array(CHUNK * COLUMNS));
    return row;
  }

  /** The PTE is gone. */
  free(row: number): void {
    this.#free.push(row);
  }

  /** Whether it was there before the visit began, or nothing speaks against that. */
  precedes(row: number, visit: Visit, order: Order): boolean {
    const columns = this.#chunks[row >>> CHUNK_BITS];
    const at = (row & (CHUNK - 1)) * COLUMNS;
    return order.notLater(
      columns[at + END],
      columns[at + END_CPU],
      columns[at + END_SEQ],
      visit.begin,
      visit.cpu,
      visit.beginSeq,
    );
  }

  /** The row as a run, which takes its place. */
  take(row: number): PageRun {
    const columns = this.#chunks[row >>> CHUNK_BITS];
    const at = (row & (CHUNK - 1)) * COLUMNS;
    const run = new PageRun();
    run.page = columns[at + PAGE];
    run.pfn = columns[at + PFN];
    run.begin = columns[at + BEGIN];
    run.storyBegin = run.begin;
    run.end = columns[at + END];
    run.beginSeq = columns[at + BEGIN_SEQ];
    run.endSeq = columns[at + END_SEQ];
    run.beginCpu = columns[at + BEGIN_CPU];
    run.endCpu = columns[at + END_CPU];
    run.beginOrigin = columns[at + BEGIN_ORIGIN];
    run.endOrigin = columns[at + END_ORIGIN];
    run.pid = columns[at + PID];
    run.result = columns[at + RESULT];
    run.comm = this.#comms[row];
    run.symbol = this.#symbols[row];
    this.free(row);
    return run;
  }
}

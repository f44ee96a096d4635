import type { TraceInfo } from '../reader.js';
import {
  Bracket,
  type BracketShape,
  type Interest,
  type Part,
  TraceRecord,
  type TraceSink,
} from '../record.js';
import type { Decoder } from './decoder.js';
import { ARGS, CODE, COUNT, CPU, NEXT, ORIGIN, PID, ROW_WORDS, SHAPE, T } from './rows.js';

/** Of a row that has been handed on. */
const TAKEN = -2;

/**
 * Turns the rows that the decoder made into calls of the sink: calls that ran through and series are offered at once, all
 * other records come one by one. What a record is, and whose, the reader of its format knows.
 */
export abstract class RowEmitter {
  readonly record = new TraceRecord();
  readonly #rows: number;
  readonly #heads: number;
  readonly #bracket = new Bracket();
  readonly #shapes: (BracketShape | undefined)[] = [];

  constructor(
    readonly decoder: Decoder,
    readonly info: TraceInfo,
    readonly sink: TraceSink,
  ) {
    this.#rows = decoder.run.rows.value;
    this.#heads = decoder.run.heads.value;
  }

  /** What the sink answered when the records of this code were declared. */
  protected abstract interestOf(code: number): Interest;
  /** The name of the task whose record this row is. */
  protected abstract commOf(row: number): string;
  /** A row whose record nobody has decided on, or wants. */
  protected abstract undecided(row: number): void;
  /** The record is filled but for what this format keeps of the row: its text, where it stands. */
  protected abstract fill(record: TraceRecord, row: number, code: number): void;

  /** Hands on the rows that the decoder made, in their order. */
  rows(count: number): void {
    const { decoder } = this;
    const headCount = decoder.run.findHeads(count);
    const { words } = decoder;
    const first = this.#heads >>> 2;
    for (let i = first; i < first + headCount; i++) {
      const row = words[i];
      const code = words[row + CODE];
      if (code <= 0) this.undecided(row);
      else if (words[row + COUNT] === 0) this.give(row, code);
      else if (words[row + SHAPE] < 0) this.#series(row);
      else if (!this.#call(row)) {
        // Its records have their places between those of the others.
        this.#rowsFrom(row, count);
        return;
      }
    }
  }

  /** All rows from this one on: of calls only those that are not taken. */
  #rowsFrom(from: number, count: number): void {
    const { words } = this.decoder;
    const end = (this.#rows >>> 2) + count * ROW_WORDS;
    words[from + COUNT] = 0;
    for (let row = from; row < end; row += ROW_WORDS) {
      const code = words[row + CODE];
      if (code <= 0) {
        if (code !== TAKEN) this.undecided(row);
      } else if (words[row + COUNT] > 0 && words[row + SHAPE] < 0) {
        const more = words[row + COUNT] - 1;
        this.#series(row);
        row += more * ROW_WORDS;
      } else if (words[row + COUNT] <= 0 || !this.#call(row)) this.give(row, code);
    }
  }

  /** Offers the call that this row opens to the sink. */
  #call(first: number): boolean {
    const { sink } = this;
    if (sink.call === undefined) return false;
    const { words } = this.decoder;
    const bracket = this.#bracketOf(first);
    const { rows, count } = bracket;
    const shape = words[first + SHAPE];
    bracket.shape = this.#shapes[shape] ?? this.#newShape(shape, count);
    if (!sink.call(bracket)) return false;
    this.info.records += count;
    for (let i = 0; i < count; i++) words[2 * rows[i] + CODE] = TAKEN;
    return true;
  }

  /** Offers a series of rows, whose first one this is, and hands on those that the sink does not take. */
  #series(first: number): void {
    const { sink } = this;
    const { words } = this.decoder;
    const bracket = this.#bracketOf(first);
    const { count } = bracket;
    bracket.shape = null;
    bracket.part = -words[first + SHAPE] as Part;
    let next = 0;
    for (;;) {
      const taken = sink.series?.(bracket, next) ?? next;
      this.info.records += taken - next;
      if (taken === count) return;
      const row = first + taken * ROW_WORDS;
      this.give(row, words[row + CODE]);
      next = taken + 1;
      if (next === count) return;
    }
  }

  #bracketOf(first: number): Bracket {
    const bracket = this.#bracket;
    const { words, doubles } = this.decoder;
    const { rows } = bracket;
    const count = words[first + COUNT];
    for (let i = 0, row = first; i < count; i++, row = words[row + NEXT]) rows[i] = row >>> 1;
    bracket.count = count;
    bracket.cpu = words[first + CPU];
    bracket.pid = words[first + PID];
    bracket.comm = this.commOf(first);
    bracket.values = doubles;
    return bracket;
  }

  #newShape(shape: number, count: number): BracketShape {
    const { words } = this.decoder;
    const rows = [...this.#bracket.rows.subarray(0, count)];
    const interests = rows.map((row) => this.interestOf(words[2 * row + CODE]));
    const made = { interests, note: null };
    this.#shapes[shape] = made;
    return made;
  }

  /** Hands on one row, whose fields have been fetched. */
  protected give(row: number, code: number): void {
    const { record } = this;
    const { doubles, words } = this.decoder;
    const at = row >>> 1;
    this.info.records++;
    record.interest = this.interestOf(code);
    record.t = doubles[at + T];
    record.cpu = words[row + CPU];
    record.pid = words[row + PID];
    record.comm = this.commOf(row);
    record.origin = doubles[at + ORIGIN];
    record.args = doubles;
    record.base = at + ARGS;
    this.fill(record, row, code);
    this.sink.record(record);
  }
}

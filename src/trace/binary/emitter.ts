import type { Decoder } from '../decoder/decoder.js';
import {
  ARGS,
  AT,
  CODE,
  COUNT,
  CPU,
  LENGTH,
  NEXT,
  NO_PID,
  ORIGIN,
  PID,
  ROW_WORDS,
  SHAPE,
  T,
} from '../decoder/rows.js';
import type { TraceInfo } from '../reader.js';
import {
  Bracket,
  type BracketShape,
  type FieldValue,
  type Interest,
  type Part,
  TraceRecord,
  type TraceSink,
} from '../record.js';
import { type Binding, EventBindings, UNBOUND } from './bindings.js';
import type { CommTable } from './comms.js';
import type { DiagnosticLog } from './diagnostics.js';
import type { EventTable } from './event-table.js';
import type { SymbolTable } from './kallsyms.js';
import { payloadText } from './payload-text.js';
import { fieldValue, type RawRecord } from './values.js';

/** Of a row that has been handed on. */
const TAKEN = -2;

/**
 * Turns event records (the `common_*` header and fields, as in a ring buffer or a perf RAW sample) into calls of the
 * sink: the rows that the decoder made of them.
 */
export class RecordEmitter {
  readonly record = new TraceRecord();
  readonly #bindings: EventBindings;
  readonly #rows: number;
  readonly #heads: number;
  readonly #bracket = new Bracket();
  readonly #shapes: (BracketShape | undefined)[] = [];
  // The record that load(), fieldValues() and text are about: its row in words, and what it is.
  #row = 0;
  #current: Binding = UNBOUND;

  constructor(
    readonly decoder: Decoder,
    readonly info: TraceInfo,
    readonly events: EventTable,
    readonly comms: CommTable,
    readonly sink: TraceSink,
    readonly log: DiagnosticLog,
    /** The kernel's symbols, loaded when first needed; null when the trace has none. */
    readonly symbols: () => SymbolTable | null,
  ) {
    info.described = () => events.names();
    this.#bindings = new EventBindings(decoder, events, sink, log, symbols);
    this.#rows = decoder.run.rows.value;
    this.#heads = decoder.run.heads.value;
    this.record.fieldValues = () => this.#fieldValues();
    this.record.load = () => this.#fetch(this.#current.rest, this.#row);
  }

  /** Hands on the rows that the decoder made, in their order. */
  rows(count: number): void {
    const { decoder } = this;
    const headCount = decoder.run.findHeads(count);
    const { words } = decoder;
    const first = this.#heads >>> 2;
    for (let i = first; i < first + headCount; i++) {
      const row = words[i];
      const code = words[row + CODE];
      if (code <= 0) this.#emit(row);
      else if (words[row + COUNT] === 0) this.#give(row, this.#bindings.of(code));
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
        if (code !== TAKEN) this.#emit(row);
      } else if (words[row + COUNT] > 0 && words[row + SHAPE] < 0) {
        const more = words[row + COUNT] - 1;
        this.#series(row);
        row += more * ROW_WORDS;
      } else if (words[row + COUNT] <= 0 || !this.#call(row)) this.#give(row, this.#bindings.of(code));
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
      this.#give(row, this.#bindings.of(words[row + CODE]));
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
    bracket.comm = this.comms.get(bracket.pid);
    bracket.values = doubles;
    return bracket;
  }

  #newShape(shape: number, count: number): BracketShape {
    const { words } = this.decoder;
    const rows = [...this.#bracket.rows.subarray(0, count)];
    const interests = rows.map((row) => this.#bindings.of(words[2 * row + CODE]).interest as Interest);
    const made = { interests, note: null };
    this.#shapes[shape] = made;
    return made;
  }

  /** Hands on the row at this word, whose fields have not been fetched. */
  one(row: number): void {
    const code = this.decoder.words[row + CODE];
    if (code <= 0) {
      this.#emit(row);
      return;
    }
    const binding = this.#bindings.of(code);
    this.#fetch(binding.plan, row);
    this.#give(row, binding);
  }

  /** A record that is not known yet, or that nobody wants. */
  #emit(row: number): void {
    const { words } = this.decoder;
    const found = this.#bindings.find(words[row + AT] >>> 0, words[row + LENGTH]);
    if ('message' in found) {
      this.info.records++;
      this.info.unparsed++;
      this.log.add(found.code, 'error', found.message, this.decoder.doubles[(row >>> 1) + ORIGIN]);
    } else if (found.code <= 0) this.info.records++;
    else {
      this.#fetch(found.plan, row);
      this.#give(row, found);
    }
  }

  /** Thread and fields of the row's record. */
  #fetch(plan: number, row: number): void {
    const { words, run } = this.decoder;
    if (words[row + PID] === NO_PID) {
      const at = words[row + AT] >>> 0;
      words[row + PID] = this.decoder.view.getInt32(at + this.#bindings.pidAt, this.decoder.littleEndian);
    }
    run.fetch(plan, words[row + AT], words[row + LENGTH], (row << 2) + ARGS * 8);
  }

  #give(row: number, binding: Binding): void {
    const { record } = this;
    const { doubles, words } = this.decoder;
    const at = row >>> 1;
    const pid = words[row + PID];
    const interest = binding.interest as Interest;
    this.info.records++;
    record.interest = interest;
    record.t = doubles[at + T];
    record.cpu = words[row + CPU];
    record.pid = pid;
    record.comm = this.comms.get(pid);
    record.origin = doubles[at + ORIGIN];
    record.args = doubles;
    record.base = at + ARGS;
    this.#row = row;
    this.#current = binding;
    if (interest.wantFields || interest.wantText) record.text = interest.wantText ? this.#text() : '';
    this.sink.record(record);
  }

  #raw(): RawRecord {
    const { view, words, littleEndian } = this.decoder;
    return { view, at: words[this.#row + AT] >>> 0, length: words[this.#row + LENGTH], littleEndian };
  }

  #fieldValues(): Record<string, FieldValue> {
    const values: Record<string, FieldValue> = {};
    const { kind } = this.#current;
    if (kind === null) return values;
    const raw = this.#raw();
    for (const field of kind.shape.fields) {
      const value = fieldValue(raw, field);
      if (value !== null || field.element < 0) values[field.name] = value;
    }
    return values;
  }

  #text(): string {
    const { format, shape } = this.#current.kind!;
    return payloadText(this.#raw(), format, shape, this.symbols);
  }
}

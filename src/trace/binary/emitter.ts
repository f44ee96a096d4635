import type { Decoder } from '../decoder/decoder.js';
import { type FetchPlan, planFetch } from '../decoder/fetch-plan.js';
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
import { PointerTable } from '../pointers.js';
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
import type { CommTable } from './comms.js';
import { shown } from './cursor.js';
import type { DiagnosticLog } from './diagnostics.js';
import type { EventFormat } from './event-format.js';
import { declOf, type EventShape, shapeOf } from './event-shape.js';
import type { EventTable } from './event-table.js';
import { MAX_EVENT_ID } from './event-table.js';
import type { SymbolTable } from './kallsyms.js';
import { payloadText } from './payload-text.js';
import { fieldValue, type RawRecord } from './values.js';

/** Functions declared per event at most: more than any kernel has, less than hurts. */
const MAX_FUNCTIONS = 1 << 18;

/** What the decoder says of a record besides the number of its binding: nobody wants it; not known before its turn. */
export const IGNORED = -1;
export const UNDECIDED = 0;
/** Of a row that has been handed on. */
const TAKEN = -2;

/** One declaration and the sink's answer. */
interface Binding {
  /** Its number, or IGNORED, or UNDECIDED. */
  readonly code: number;
  readonly kind: EventKind | null;
  readonly interest: Interest | null;
  /** The decoder's plan of its fields, and of those that most records can do without. */
  readonly plan: number;
  readonly rest: number;
}

/** One event id. Probes and function tracers have a binding per function address, other events one. */
interface EventKind {
  readonly id: number;
  readonly format: EventFormat;
  readonly shape: EventShape;
  /** Offset and size of the function's address; -1 when the event has none. */
  readonly addressAt: number;
  readonly addressSize: number;
  /** That of events without an address. */
  binding: Binding;
  readonly addresses: PointerTable;
  readonly bindings: Binding[];
}

const NOT_WANTED: Binding = { code: IGNORED, kind: null, interest: null, plan: 0, rest: 0 };
const UNBOUND: Binding = { ...NOT_WANTED, code: UNDECIDED };

/**
 * Turns event records (the `common_*` header and fields, as in a ring buffer or a perf RAW sample) into calls of the
 * sink. Declares each kind of event at its first record, because only then the probed address is known, and tells the
 * decoder: it knows all further ones itself, and fetches their fields.
 */
export class RecordEmitter {
  readonly record = new TraceRecord();
  readonly #kinds: (EventKind | null | undefined)[];
  /** By their codes. */
  readonly #bindings: Binding[] = [UNBOUND];
  readonly #typeAt: number;
  readonly #pidAt: number;
  readonly #minimum: number;
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
    let highest = -1;
    let sample: EventFormat | null = null;
    for (const id of events.ids()) {
      highest = Math.max(highest, id);
      sample ??= events.get(id);
    }
    this.#kinds = new Array(Math.min(highest, MAX_EVENT_ID) + 1).fill(undefined);
    // All events share the common header; PREEMPT_RT and old kernels move its fields.
    this.#typeAt = sample?.common.find((f) => f.name === 'common_type')?.offset ?? 0;
    this.#pidAt = sample?.common.find((f) => f.name === 'common_pid')?.offset ?? 4;
    this.#minimum = Math.max(this.#typeAt + 2, this.#pidAt + 4);
    decoder.run.describe(this.#kinds.length, this.#typeAt, this.#pidAt);
    decoder.refresh();
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
      else if (words[row + COUNT] === 0) this.#give(row, this.#bindings[code]);
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
      } else if (words[row + COUNT] <= 0 || !this.#call(row)) this.#give(row, this.#bindings[code]);
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
      this.#give(row, this.#bindings[words[row + CODE]]);
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
    const interests = rows.map((row) => this.#bindings[words[2 * row + CODE]].interest as Interest);
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
    const binding = this.#bindings[code];
    this.#fetch(binding.plan, row);
    this.#give(row, binding);
  }

  /** A record that is not known yet, or that nobody wants. */
  #emit(row: number): void {
    const { view, littleEndian, words } = this.decoder;
    const at = words[row + AT] >>> 0;
    const length = words[row + LENGTH];
    if (length < this.#minimum) {
      this.#unreadable('short-record', `record of ${length} bytes is too short for an event`, row);
      return;
    }
    const id = view.getUint16(at + this.#typeAt, littleEndian);
    let kind = id < this.#kinds.length ? this.#kinds[id] : null;
    if (kind === undefined) kind = this.#firstRecord(id);
    if (kind === null) {
      this.#unreadable('unknown-event', `no usable format description of event id ${id}`, row);
      return;
    }
    let { binding } = kind;
    if (kind.addressAt >= 0) {
      if (kind.addressAt + kind.addressSize > length) {
        const message = `record of ${length} bytes is too short for ${shown(kind.format.name)}`;
        this.#unreadable('short-record', message, row);
        return;
      }
      binding = this.#bind(kind, at + kind.addressAt);
    }
    if (binding.code <= 0) {
      this.info.records++;
      return;
    }
    this.#fetch(binding.plan, row);
    this.#give(row, binding);
  }

  /** Thread and fields of the row's record. */
  #fetch(plan: number, row: number): void {
    const { words, run } = this.decoder;
    if (words[row + PID] === NO_PID) {
      const at = words[row + AT] >>> 0;
      words[row + PID] = this.decoder.view.getInt32(at + this.#pidAt, this.decoder.littleEndian);
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

  #firstRecord(id: number): EventKind | null {
    const format = this.events.get(id);
    let kind: EventKind | null = null;
    if (format !== null) {
      const shape = shapeOf(format);
      const size = shape.address?.size ?? 0;
      const usable = size === 4 || size === 8;
      kind = {
        id,
        format,
        shape,
        addressAt: usable ? shape.address!.offset : -1,
        addressSize: size,
        binding: UNBOUND,
        addresses: new PointerTable(),
        bindings: [],
      };
      if (!usable) kind.binding = this.#declare(kind, null, '0x0');
      this.decoder.run.setKind(id, kind.binding.code, kind.addressAt, size);
    }
    this.#kinds[id] = kind;
    return kind;
  }

  /** The binding of the function whose address is at `at`; declares it when it is new. */
  #bind(kind: EventKind, at: number): Binding {
    const { view, littleEndian, run } = this.decoder;
    const wide = kind.addressSize === 8;
    const hi = wide ? view.getUint32(littleEndian ? at + 4 : at, littleEndian) : 0;
    const lo = view.getUint32(wide && !littleEndian ? at + 4 : at, littleEndian);
    const index = kind.addresses.intern(hi, lo);
    let binding = kind.bindings[index];
    if (binding === undefined) {
      if (index > MAX_FUNCTIONS) {
        this.log.add('too-many-functions', 'error', 'more functions than a kernel has', -1);
        return NOT_WANTED;
      }
      const symbol = this.symbols()?.lookup(hi, lo) ?? null;
      binding = this.#declare(kind, symbol, kind.addresses.text(index));
      kind.bindings[index] = binding;
      run.setFunction(kind.id, hi, lo, binding.code);
      this.decoder.refresh();
    }
    return binding;
  }

  #declare(kind: EventKind, symbol: string | null, addressText: string): Binding {
    const { format, shape } = kind;
    const interest = this.sink.declare(declOf(format, shape, symbol, addressText));
    if (interest === null) return NOT_WANTED;
    const code = this.#bindings.length;
    const { run, littleEndian } = this.decoder;
    const isLazy = ({ lazy }: Interest['fields'][number]): boolean => lazy === true;
    const planned = (requests: Interest['fields']): FetchPlan =>
      planFetch(shape.fields, requests, littleEndian);
    const binding = {
      code,
      kind,
      interest,
      plan: this.#plan(planned(interest.fields.filter((request) => !isLazy(request))), (operations) =>
        run.setPlan(code, operations, interest.part ?? 0),
      ),
      rest: this.#plan(planned(interest.fields.filter(isLazy)), run.newPlan),
    };
    this.#bindings.push(binding);
    return binding;
  }

  /** Writes the plan to the place that the decoder gives for so many operations. */
  #plan(plan: FetchPlan, place: (operations: number) => number): number {
    const at = place(plan.operations.length);
    this.decoder.writePlan(at, plan);
    return at;
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

  #unreadable(code: string, message: string, row: number): void {
    this.info.records++;
    this.info.unparsed++;
    this.log.add(code, 'error', message, this.decoder.doubles[(row >>> 1) + ORIGIN]);
  }
}

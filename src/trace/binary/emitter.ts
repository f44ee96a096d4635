import { PointerTable } from '../pointers.js';
import type { TraceInfo } from '../reader.js';
import { type FieldValue, type Interest, TraceRecord, type TraceSink } from '../record.js';
import type { CommTable } from './comms.js';
import { shown } from './cursor.js';
import type { DiagnosticLog } from './diagnostics.js';
import type { EventFormat } from './event-format.js';
import { EventPlace, HOST_LITTLE_ENDIAN, PID_IN_RECORD, swap32 } from './event-place.js';
import { declOf, type EventShape, shapeOf } from './event-shape.js';
import type { EventTable } from './event-table.js';
import { MAX_EVENT_ID } from './event-table.js';
import { type FetchPlan, fetchFields, NO_FIELDS, planFetch } from './fetch.js';
import type { SymbolTable } from './kallsyms.js';
import { payloadText } from './payload-text.js';
import { fieldValue } from './values.js';

/** Functions declared per event at most: more than any kernel has, less than hurts. */
const MAX_FUNCTIONS = 1 << 18;

/** What `classify` says of a record besides the number of its binding: nobody wants it; not known before its turn. */
export const IGNORED = -1;
export const UNDECIDED = 0;

/** One declaration and the sink's answer. */
interface Binding {
  /** Its number, or IGNORED, or UNDECIDED. */
  readonly code: number;
  readonly kind: EventKind | null;
  readonly interest: Interest | null;
  readonly plan: FetchPlan;
  /** The fields that most records can do without. */
  readonly rest: FetchPlan;
}

/** One event id. Probes and function tracers have a binding per function address, other events one. */
interface EventKind {
  readonly format: EventFormat;
  readonly shape: EventShape;
  /** Offset and size of the function's address; -1 when the event has none. */
  readonly addressAt: number;
  readonly addressSize: number;
  /** Address of `binding`: its first and last word, as they are in the record. */
  first: number;
  second: number;
  /** The current binding. */
  binding: Binding;
  readonly addresses: PointerTable;
  readonly bindings: Binding[];
}

const NOT_WANTED: Binding = {
  code: IGNORED,
  kind: null,
  interest: null,
  plan: NO_FIELDS,
  rest: NO_FIELDS,
};
const UNBOUND: Binding = { ...NOT_WANTED, code: UNDECIDED };

/**
 * Turns event records (the `common_*` header and fields, as in a ring buffer or a perf RAW sample) into calls of the
 * sink. Declares each kind of event at its first record, because only then the probed address is known.
 */
export class RecordEmitter {
  readonly record = new TraceRecord();
  readonly #kinds: (EventKind | null | undefined)[];
  /** By their codes. */
  readonly #bindings: Binding[] = [UNBOUND];
  readonly #typeAt: number;
  readonly #pidAt: number;
  readonly #minimum: number;
  readonly #swap: boolean;
  readonly #typeShift: number;
  // The record that fieldValues() and text are about.
  #place = new EventPlace();
  #current: EventKind | null = null;
  #rest: FetchPlan = NO_FIELDS;

  constructor(
    readonly info: TraceInfo,
    readonly events: EventTable,
    readonly comms: CommTable,
    readonly sink: TraceSink,
    readonly littleEndian: boolean,
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
    this.#swap = littleEndian !== HOST_LITTLE_ENDIAN;
    // The half of its word that holds the 16-bit type.
    this.#typeShift = (this.#typeAt % 4 === 0) === littleEndian ? 0 : 16;
    this.record.fieldValues = () => this.#fieldValues();
    this.record.load = () =>
      fetchFields(
        this.#rest,
        this.#place,
        this.littleEndian,
        this.#swap,
        this.info.pointers,
        this.record.args,
      );
  }

  /**
   * What the intact record of `length` bytes at `at` is, before its turn in the order: the code for `give`, or IGNORED, or
   * UNDECIDED: `emit` finds out.
   */
  classify(words: Int32Array, at: number, length: number): number {
    if (length < this.#minimum) return UNDECIDED;
    const typeWord = words[(at + this.#typeAt) >>> 2];
    const id = (this.#swap ? swap32(typeWord) >>> this.#typeShift : typeWord >>> this.#typeShift) & 0xffff;
    const kind = id < this.#kinds.length ? this.#kinds[id] : null;
    if (kind == null) return UNDECIDED;
    const { addressAt } = kind;
    if (addressAt >= 0) {
      const last = addressAt + kind.addressSize;
      if (last > length) return UNDECIDED;
      if (words[(at + addressAt) >>> 2] !== kind.first) return UNDECIDED;
      if (words[(at + last - 4) >>> 2] !== kind.second) return UNDECIDED;
    }
    return kind.binding.code;
  }

  /** Gives the record at `place` to the sink, if it wants it. */
  emit(place: EventPlace): void {
    const { words, at, length } = place;
    if (length < this.#minimum) {
      this.#unreadable('short-record', `record of ${length} bytes is too short for an event`, place);
      return;
    }
    const typeWord = words[(at + this.#typeAt) >>> 2];
    const id = (this.#swap ? swap32(typeWord) >>> this.#typeShift : typeWord >>> this.#typeShift) & 0xffff;
    let kind = id < this.#kinds.length ? this.#kinds[id] : null;
    if (kind === undefined) kind = this.#firstRecord(id);
    if (kind === null) {
      this.#unreadable('unknown-event', `no usable format description of event id ${id}`, place);
      return;
    }
    let binding = kind.binding;
    const addressAt = kind.addressAt;
    if (addressAt >= 0) {
      const last = addressAt + kind.addressSize;
      if (last > length) {
        const message = `record of ${length} bytes is too short for ${shown(kind.format.name)}`;
        this.#unreadable('short-record', message, place);
        return;
      }
      const first = words[(at + addressAt) >>> 2];
      const second = words[(at + last - 4) >>> 2];
      if (first !== kind.first || second !== kind.second || binding === UNBOUND)
        binding = this.#bind(kind, first, second);
    }
    if (binding.code > 0) this.give(place, binding.code);
    else this.info.records++;
  }

  /** Gives the record at `place`, of this code, to the sink. */
  give(place: EventPlace, code: number): void {
    const { kind, interest, plan, rest } = this.#bindings[code];
    const { record } = this;
    this.info.records++;
    record.interest = interest as Interest;
    record.t = place.t;
    record.cpu = place.cpu;
    const who =
      place.pid === PID_IN_RECORD ? this.#pidIn(place.words[(place.at + this.#pidAt) >>> 2]) : place.pid;
    record.pid = who;
    record.comm = this.comms.get(who);
    record.origin = place.origin;
    fetchFields(plan, place, this.littleEndian, this.#swap, this.info.pointers, record.args);
    this.#place = place;
    this.#rest = rest;
    if (record.interest.wantFields || record.interest.wantText) {
      this.#current = kind;
      record.text = record.interest.wantText ? this.#text() : '';
    }
    this.sink.record(record);
  }

  #pidIn(word: number): number {
    return this.#swap ? swap32(word) : word;
  }

  #firstRecord(id: number): EventKind | null {
    const format = this.events.get(id);
    let kind: EventKind | null = null;
    if (format !== null) {
      const shape = shapeOf(format);
      const size = shape.address?.size ?? 0;
      const usable = (size === 4 || size === 8) && shape.address!.offset % 4 === 0;
      kind = {
        format,
        shape,
        addressAt: usable ? shape.address!.offset : -1,
        addressSize: size,
        first: 0,
        second: 0,
        binding: UNBOUND,
        addresses: new PointerTable(),
        bindings: [],
      };
      if (!usable) kind.binding = this.#declare(kind, null, '0x0');
    }
    this.#kinds[id] = kind;
    return kind;
  }

  /** Makes the binding of this address current; declares it when it is new. */
  #bind(kind: EventKind, first: number, second: number): Binding {
    const [a, b] = this.#swap ? [swap32(first), swap32(second)] : [first, second];
    const lo = this.littleEndian ? a : b;
    const hi = kind.addressSize === 4 ? 0 : this.littleEndian ? b : a;
    const index = kind.addresses.intern(hi, lo);
    let binding = kind.bindings[index];
    if (binding === undefined) {
      if (index > MAX_FUNCTIONS) {
        this.log.add('too-many-functions', 'error', 'more functions than a kernel has', -1);
        return NOT_WANTED;
      }
      const symbol = this.symbols()?.lookup(hi >>> 0, lo >>> 0) ?? null;
      binding = this.#declare(kind, symbol, kind.addresses.text(index));
      kind.bindings[index] = binding;
    }
    kind.first = first;
    kind.second = second;
    kind.binding = binding;
    return binding;
  }

  #declare(kind: EventKind, symbol: string | null, addressText: string): Binding {
    const { format, shape } = kind;
    const interest = this.sink.declare(declOf(format, shape, symbol, addressText));
    if (interest === null) return NOT_WANTED;
    const plan = (lazy: boolean): FetchPlan =>
      planFetch(
        shape.fields,
        interest.fields.filter((request) => (request.lazy ?? false) === lazy),
      );
    const binding = { code: this.#bindings.length, kind, interest, plan: plan(false), rest: plan(true) };
    this.#bindings.push(binding);
    return binding;
  }

  #raw() {
    const { view, at, length } = this.#place;
    return { view, at, length, littleEndian: this.littleEndian };
  }

  #fieldValues(): Record<string, FieldValue> {
    const values: Record<string, FieldValue> = {};
    if (this.#current === null) return values;
    const raw = this.#raw();
    for (const field of this.#current.shape.fields) {
      const value = fieldValue(raw, field);
      if (value !== null || field.element < 0) values[field.name] = value;
    }
    return values;
  }

  #text(): string {
    const { format, shape } = this.#current!;
    return payloadText(this.#raw(), format, shape, this.symbols);
  }

  #unreadable(code: string, message: string, place: EventPlace): void {
    this.info.records++;
    this.info.unparsed++;
    this.log.add(code, 'error', message, place.origin);
  }
}

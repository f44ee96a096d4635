import { PointerTable } from '../pointers.js';
import type { TraceInfo } from '../reader.js';
import { type FieldValue, type Interest, TraceRecord, type TraceSink } from '../record.js';
import type { CommTable } from './comms.js';
import type { DiagnosticLog } from './diagnostics.js';
import type { EventFormat } from './event-format.js';
import { declOf, type EventShape, shapeOf } from './event-shape.js';
import type { EventTable } from './event-table.js';
import { MAX_EVENT_ID } from './event-table.js';
import { type FetchPlan, fetchFields, planFetch } from './fetch.js';
import type { SymbolTable } from './kallsyms.js';
import { payloadText } from './payload-text.js';
import { fieldValue } from './values.js';

/** `emit` takes the pid from the record itself. */
export const PID_IN_RECORD = -0x80000000;

/** Functions declared per event at most: more than any kernel has, less than hurts. */
const MAX_FUNCTIONS = 1 << 18;

/** One declaration and the sink's answer. */
interface Binding {
  readonly interest: Interest | null;
  readonly plan: FetchPlan;
}

/** One event id. Probes and function tracers have a binding per function address, other events one. */
interface EventKind {
  readonly format: EventFormat;
  readonly shape: EventShape;
  /** Offset and size of the function's address; -1 when the event has none. */
  readonly addressAt: number;
  readonly addressSize: number;
  /** Address of `binding`. */
  hi: number;
  lo: number;
  binding: Binding;
  readonly addresses: PointerTable;
  readonly bindings: Binding[];
}

const NOT_WANTED: Binding = { interest: null, plan: { ops: new Int32Array(0), need: 0 } };

/**
 * Turns event records (the `common_*` header and fields, as in a ring buffer or a perf RAW sample) into calls of the
 * sink. Declares each kind of event at its first record, because only then the probed address is known.
 */
export class RecordEmitter {
  readonly record = new TraceRecord();
  readonly #kinds: (EventKind | null | undefined)[];
  readonly #typeAt: number;
  readonly #pidAt: number;
  readonly #minimum: number;
  // The record that fieldValues() and text are about.
  #view: DataView = new DataView(new ArrayBuffer(0));
  #at = 0;
  #length = 0;
  #current: EventKind | null = null;

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
    this.record.fieldValues = () => this.#fieldValues();
  }

  /**
   * One record: `length` bytes from `at` of `view`. `t` in ns since the base, `pid` or PID_IN_RECORD,
   * `origin` the byte offset to show.
   */
  emit(
    view: DataView,
    at: number,
    length: number,
    t: number,
    cpu: number,
    origin: number,
    pid: number,
  ): void {
    this.info.records++;
    if (length < this.#minimum) {
      this.#unreadable('short-record', `record of ${length} bytes is too short for an event`, origin);
      return;
    }
    const le = this.littleEndian;
    const id = view.getUint16(at + this.#typeAt, le);
    let kind = id < this.#kinds.length ? this.#kinds[id] : null;
    if (kind === undefined) kind = this.#firstRecord(id);
    if (kind === null) {
      this.#unreadable('unknown-event', `no usable format description of event id ${id}`, origin);
      return;
    }
    let binding = kind.binding;
    const addressAt = kind.addressAt;
    if (addressAt >= 0) {
      if (addressAt + kind.addressSize > length) {
        this.#unreadable(
          'short-record',
          `record of ${length} bytes is too short for ${kind.format.name}`,
          origin,
        );
        return;
      }
      const p = at + addressAt;
      let hi = 0;
      let lo: number;
      if (kind.addressSize === 8) {
        hi = view.getUint32(le ? p + 4 : p, le);
        lo = view.getUint32(le ? p : p + 4, le);
      } else lo = view.getUint32(p, le);
      if (lo !== kind.lo || hi !== kind.hi) binding = this.#bind(kind, hi, lo);
    }
    const interest = binding.interest;
    if (interest === null) return;
    const record = this.record;
    record.interest = interest;
    record.t = t;
    record.cpu = cpu;
    const who = pid === PID_IN_RECORD ? view.getInt32(at + this.#pidAt, le) : pid;
    record.pid = who;
    record.comm = this.comms.get(who);
    record.origin = origin;
    fetchFields(binding.plan, view, at, length, le, this.info.pointers, record.args);
    if (interest.wantFields || interest.wantText) {
      this.#view = view;
      this.#at = at;
      this.#length = length;
      this.#current = kind;
      record.text = interest.wantText ? this.#text() : '';
    }
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
        format,
        shape,
        addressAt: usable ? shape.address!.offset : -1,
        addressSize: size,
        hi: -1,
        lo: -1,
        binding: NOT_WANTED,
        addresses: new PointerTable(),
        bindings: [],
      };
      if (!usable) kind.binding = this.#declare(kind, null, '0x0');
    }
    this.#kinds[id] = kind;
    return kind;
  }

  /** Makes the binding of this address current; declares it when it is new. */
  #bind(kind: EventKind, hi: number, lo: number): Binding {
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
    }
    kind.hi = hi;
    kind.lo = lo;
    kind.binding = binding;
    return binding;
  }

  #declare(kind: EventKind, symbol: string | null, addressText: string): Binding {
    const { format, shape } = kind;
    const interest = this.sink.declare(declOf(format, shape, symbol, addressText));
    if (interest === null) return NOT_WANTED;
    return { interest, plan: planFetch(shape.fields, interest.fields) };
  }

  #raw() {
    return { view: this.#view, at: this.#at, length: this.#length, littleEndian: this.littleEndian };
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

  #unreadable(code: string, message: string, origin: number): void {
    this.info.unparsed++;
    this.log.add(code, 'error', message, origin);
  }
}

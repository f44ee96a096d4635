import type { Decoder } from '../decoder/decoder.js';
import { type FetchPlan, planFetch } from '../decoder/fetch-plan.js';
import { PointerTable } from '../pointers.js';
import type { Interest, TraceSink } from '../record.js';
import { shown } from './cursor.js';
import type { DiagnosticLog } from './diagnostics.js';
import type { EventFormat } from './event-format.js';
import { declOf, type EventShape, shapeOf } from './event-shape.js';
import type { EventTable } from './event-table.js';
import { MAX_EVENT_ID } from './event-table.js';
import type { SymbolTable } from './kallsyms.js';

/** Functions declared per event at most: more than any kernel has, less than hurts. */
const MAX_FUNCTIONS = 1 << 18;

/** What the decoder says of a record besides the number of its binding: nobody wants it; not known before its turn. */
export const IGNORED = -1;
export const UNDECIDED = 0;
/** One declaration and the sink's answer. */
export interface Binding {
  /** Its number, or IGNORED, or UNDECIDED. */
  readonly code: number;
  readonly kind: EventKind | null;
  readonly interest: Interest | null;
  /** The decoder's plan of its fields, and of those that most records can do without. */
  readonly plan: number;
  readonly rest: number;
}

/** One event id. Probes and function tracers have a binding per function address, other events one. */
export interface EventKind {
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
export const UNBOUND: Binding = { ...NOT_WANTED, code: UNDECIDED };

/** Why a record cannot be read. */
export interface Unreadable {
  readonly code: 'short-record' | 'unknown-event';
  readonly message: string;
}

/**
 * What the records of a trace are, and what the sink wants of them. Each kind of event is declared at its first record,
 * because only then the probed address is known, and the decoder is told: it knows all further ones itself.
 */
export class EventBindings {
  readonly #kinds: (EventKind | null | undefined)[];
  /** By their codes. */
  readonly #bindings: Binding[] = [UNBOUND];
  readonly #typeAt: number;
  /** Offset of the thread id in every record. */
  readonly pidAt: number;
  readonly #minimum: number;

  constructor(
    readonly decoder: Decoder,
    readonly events: EventTable,
    readonly sink: TraceSink,
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
    this.pidAt = sample?.common.find((f) => f.name === 'common_pid')?.offset ?? 4;
    this.#minimum = Math.max(this.#typeAt + 2, this.pidAt + 4);
    decoder.run.describe(this.#kinds.length, this.#typeAt, this.pidAt);
    decoder.refresh();
  }

  /** The binding that the decoder names by this code. */
  of(code: number): Binding {
    return this.#bindings[code];
  }

  /** The binding of the record of `length` bytes at `at`, which the decoder does not know. */
  find(at: number, length: number): Binding | Unreadable {
    if (length < this.#minimum)
      return { code: 'short-record', message: `record of ${length} bytes is too short for an event` };
    const { view, littleEndian } = this.decoder;
    const id = view.getUint16(at + this.#typeAt, littleEndian);
    let kind = id < this.#kinds.length ? this.#kinds[id] : null;
    if (kind === undefined) kind = this.#firstRecord(id);
    if (kind === null)
      return { code: 'unknown-event', message: `no usable format description of event id ${id}` };
    if (kind.addressAt < 0) return kind.binding;
    if (kind.addressAt + kind.addressSize > length) {
      const message = `record of ${length} bytes is too short for ${shown(kind.format.name)}`;
      return { code: 'short-record', message };
    }
    return this.#bind(kind, at + kind.addressAt);
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
}

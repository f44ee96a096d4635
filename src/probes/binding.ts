import { type EventDecl, type FieldRequest, type Interest, Part } from '../trace/record.js';
import { requestFields, SLOT } from './fields.js';
import type { FunctionProbe, ProbeMap } from './map.js';
import type { Pairing } from './roles.js';
import { Kind, pairingOf, ROLE_KINDS } from './roles.js';

/** What the trace has shown of one function so far: shared by its entry and return events. */
export class SymbolState {
  /** Calls and returns; of plain faults, which are many, one of each kind: who asks wants to know whether there are any. */
  entries = 0;
  returns = 0;
  /** Entries whose return had not come when the task did something that cannot happen inside. */
  unreturned = 0;
  /** Entries whose return never came although returns of this function are recorded. */
  missedReturns = 0;
  /** The value of returns is recorded. */
  hasResult = false;
  /** Its entries, its returns are recorded: bit per slot (fields.ts) of what they carry; -1 when they are not. */
  entryCarries = -1;
  returnCarries = -1;
  constructor(
    readonly symbol: string,
    readonly probe: FunctionProbe,
    readonly map: ProbeMap,
  ) {}
}

/** One kind of event of a trace, bound to a role: what the interpreter needs at hand for every record of it. */
export class ProbeBinding implements Interest {
  readonly kind: Kind;
  readonly pairing: Pairing;
  readonly fields: readonly FieldRequest[];
  readonly wantText: boolean;
  /** `events --all` shows all fields as they were recorded. */
  wantFields = false;
  /** Bit per slot: every record of this event carries that argument. */
  readonly has: number;
  /** It tells only of the end of something, so that a VMA that was never met makes no difference to it. */
  readonly ends: boolean;
  readonly part: Part | undefined;
  /** Bit per slot: there after `record.load()`. */
  readonly hasLazy: number;

  constructor(
    readonly decl: EventDecl,
    readonly state: SymbolState,
    readonly isReturn: boolean,
  ) {
    const { probe } = state;
    this.kind = ROLE_KINDS[probe.role];
    this.pairing = pairingOf(this.kind);
    this.fields = requestFields(probe, decl.fields, isReturn);
    this.ends = ENDS.has(this.kind);
    this.wantText = decl.shape === 'marker';
    this.has = slots(this.fields.filter((request) => !request.lazy));
    this.hasLazy = slots(this.fields.filter((request) => request.lazy));
    this.part = this.#part();
    const carries = this.has | this.hasLazy;
    if (isReturn) state.returnCarries = Math.max(0, state.returnCarries) | carries;
    else state.entryCarries = Math.max(0, state.entryCarries) | carries;
  }

  /** Of ends, and of what a plain fault consists of (plain-fault.ts) as long as its events carry no more than usual. */
  #part(): Part | undefined {
    const { kind, has, isReturn, probe } = this;
    const only = (...slots: number[]): boolean =>
      slots.reduce((left, slot) => left & ~(1 << slot), has) === 0;
    const names = (has & NAMES_PTE) === NAMES_PTE;
    if (this.wantText) return undefined;
    if (kind === Kind.PageFault && !isReturn) return Part.AtWork;
    if (this.ends && !isReturn && (has & (1 << SLOT.vma.slot)) !== 0) return Part.Ends;
    if (isReturn) {
      if (has !== 1 << SLOT.result.slot) return undefined;
      if (kind === Kind.Fault) return Part.Closes;
      return kind === Kind.Query || kind === Kind.Insert ? Part.Inside : undefined;
    }
    const { vma, address, order, pfn } = SLOT;
    if (kind === Kind.Fault && names && only(vma.slot, address.slot, order.slot)) return Part.Opens;
    const pte = probe.covers !== 'range' && (probe.order ?? 0) === 0;
    if (kind === Kind.Query) return Part.Inside;
    if (kind === Kind.Insert && pte && names && only(vma.slot, address.slot, pfn.slot)) return Part.Inside;
    return undefined;
  }

  get probe(): FunctionProbe {
    return this.state.probe;
  }

  get map(): ProbeMap {
    return this.state.map;
  }
}

const ENDS: ReadonlySet<Kind> = new Set<Kind>([Kind.Unmap, Kind.Unlink, Kind.Free]);

const NAMES_PTE = (1 << SLOT.vma.slot) | (1 << SLOT.address.slot);

const slots = (requests: readonly FieldRequest[]): number =>
  requests.reduce((set, request) => set | (1 << request.slot), 0);

import { BRACKET_ARGS, type Bracket, type BracketShape } from '../trace/record.js';
import type { ProbeBinding, SymbolState } from './binding.js';
import type { Task } from './event.js';
import { SLOT } from './fields.js';
import { Kind } from './roles.js';

/** Where in a record of `PlainFault.values` its time and its arguments are. */
export const [TIME, ORIGIN] = [0, 1];
export const [VMA, PAGE, PFN, RESULT] = [SLOT.vma, SLOT.address, SLOT.pfn, SLOT.result].map(
  ({ slot }) => BRACKET_ARGS + slot,
);

/** Which records of a bracket are what: their indices. */
interface Parts {
  /** Of the handler's entry: 1 when another handler has called it. */
  readonly entry: number;
  /** 0: there is none. */
  readonly query: number;
  readonly insert: number;
  readonly insertExit: number;
  /** 0: it is no plain fault. */
  readonly exit: number;
  readonly symbol: SymbolState | null;
  readonly hasPfn: boolean;
  /** Its functions know that they have been called. */
  counted: boolean;
}

const NONE: Parts = {
  entry: 0,
  query: 0,
  insert: 0,
  insertExit: 0,
  exit: 0,
  symbol: null,
  hasPfn: false,
  counted: false,
};

/**
 * A fault whose records came as one bracket: the handler's entry (behind that of one which has called it, and whose
 * return is not recorded), the answer to a query, one insert and its return, the handler's return. Nearly all faults are like this, and nearly all change nothing but one PTE. Valid during the call;
 * times and pages stay in the record's row, because V8 boxes doubles that go from object to object.
 */
export class PlainFault {
  task!: Task;
  comm = '';
  cpu = 0;
  /** The records: what TIME, VMA … of the one at `entry` are is at `values[entry + TIME]`, `values[entry + VMA]` … */
  values: Float64Array = new Float64Array(0);
  entry = 0;
  exit = 0;
  /** The handler that has called this one, and the record of its entry. */
  wrapper: ProbeBinding | null = null;
  outer = 0;
  /** -1: nobody asked whether mapping is allowed. */
  query = -1;
  /** The insert, when it has a function. */
  symbol: SymbolState | null = null;
  insert = 0;
  insertExit = 0;
  insertSeq = 0;
  insertEndSeq = 0;
  hasPfn = false;

  /** Takes the bracket of an idle task, whose records have the numbers behind `seq`. False: it is something else. */
  read(bracket: Bracket, shape: BracketShape, task: Task, seq: number): boolean {
    const parts = (shape.note as Parts | null) ?? partsOf(shape);
    if (parts.exit === 0) return false;
    const { rows } = bracket;
    this.task = task;
    this.comm = bracket.comm;
    this.cpu = bracket.cpu;
    this.values = bracket.values;
    this.entry = rows[parts.entry];
    this.wrapper = parts.entry === 0 ? null : (shape.interests[0] as ProbeBinding);
    this.outer = rows[0];
    this.exit = rows[parts.exit];
    this.query = parts.query === 0 ? -1 : rows[parts.query];
    this.symbol = parts.symbol;
    this.insert = rows[parts.insert];
    this.insertExit = rows[parts.insertExit];
    this.insertSeq = seq + parts.insert + 1;
    this.insertEndSeq = seq + parts.insertExit + 1;
    this.hasPfn = parts.hasPfn;
    return true;
  }

  /** Notes in its functions that they were called and have returned: that is asked, not how often. */
  count({ interests, note }: BracketShape): void {
    const parts = note as Parts;
    if (parts.counted) return;
    parts.counted = true;
    for (const { state, isReturn } of interests as readonly ProbeBinding[]) {
      if (isReturn) state.hasResult = true;
      if (isReturn) state.returns++;
      else state.entries++;
    }
  }

  /** The fault, the insert, the query: so many. */
  get actions(): number {
    return 1 + (this.symbol === null ? 0 : 1) + (this.query < 0 ? 0 : 1);
  }
}

/** Notes in the shape what its records are. */
function partsOf(shape: BracketShape): Parts {
  const parts = find(shape.interests as readonly ProbeBinding[]);
  shape.note = parts;
  return parts;
}

function find(bindings: readonly ProbeBinding[]): Parts {
  const exit = bindings.length - 1;
  const entry = bindings[1].kind === Kind.Fault && !bindings[1].isReturn ? 1 : 0;
  if (bindings[exit].state !== bindings[entry].state) return NONE;
  let at = entry + 1;
  let query = 0;
  if (bindings[at].kind === Kind.Query && !bindings[at].isReturn) at++;
  if (bindings[at].kind === Kind.Query && bindings[at].isReturn) query = at++;
  if (at === exit) return { ...NONE, entry, query, exit };
  const insertExit = endOfInsert(bindings, at);
  if (insertExit + 1 !== exit) return NONE;
  const { state, has } = bindings[at];
  const hasPfn = (has & (1 << SLOT.pfn.slot)) !== 0;
  return { entry, query, insert: at, insertExit, exit, symbol: state, hasPfn, counted: false };
}

/** Where the insert that begins at `from` returns, with all that are inside of it; -1: that is not so. */
function endOfInsert(bindings: readonly ProbeBinding[], from: number): number {
  const open: SymbolState[] = [];
  for (let i = from; i < bindings.length; i++) {
    const { kind, isReturn, state } = bindings[i];
    if (kind !== Kind.Insert) return -1;
    if (isReturn ? open.pop() !== state : open.includes(state)) return -1;
    if (!isReturn) open.push(state);
    if (open.length === 0) return i;
  }
  return -1;
}

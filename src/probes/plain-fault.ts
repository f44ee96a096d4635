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
  /** 0: there is none. */
  readonly query: number;
  readonly insert: number;
  /** 0: it is no plain fault. */
  readonly exit: number;
  readonly symbol: SymbolState | null;
  readonly hasPfn: boolean;
  /** Its functions know that they have been called. */
  counted: boolean;
}

const NONE: Parts = { query: 0, insert: 0, exit: 0, symbol: null, hasPfn: false, counted: false };

/**
 * A fault whose records came as one bracket: the handler's entry, the answer to a query, one insert and its return, the
 * handler's return. Nearly all faults are like this, and nearly all change nothing but one PTE. Valid during the call;
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
  /** -1: nobody asked whether mapping is allowed. */
  query = -1;
  /** The insert, when it has a function. */
  symbol: SymbolState | null = null;
  insert = 0;
  insertExit = 0;
  insertSeq = 0;
  hasPfn = false;

  /** Takes the bracket of an idle task, whose records have the numbers behind `seq`. False: it is something else. */
  read(bracket: Bracket, task: Task, seq: number): boolean {
    const parts = (bracket.shape.note as Parts | null) ?? partsOf(bracket.shape);
    if (parts.exit === 0) return false;
    const { rows } = bracket;
    this.task = task;
    this.comm = bracket.comm;
    this.cpu = bracket.cpu;
    this.values = bracket.values;
    this.entry = rows[0];
    this.exit = rows[parts.exit];
    this.query = parts.query === 0 ? -1 : rows[parts.query];
    this.symbol = parts.symbol;
    this.insert = rows[parts.insert];
    this.insertExit = rows[parts.insert + 1];
    this.insertSeq = seq + parts.insert + 1;
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
  if (bindings[exit].state !== bindings[0].state) return NONE;
  const query = bindings[1].kind === Kind.Query ? 1 : 0;
  const insert = query + 1;
  if (insert === exit) return { ...NONE, query, exit };
  const [enters, leaves] = [bindings[insert], bindings[insert + 1]];
  const pair =
    enters.kind === Kind.Insert && !enters.isReturn && leaves.isReturn && leaves.state === enters.state;
  if (!pair || insert + 2 !== exit) return NONE;
  const hasPfn = (enters.has & (1 << SLOT.pfn.slot)) !== 0;
  return { query, insert, exit, symbol: enters.state, hasPfn, counted: false };
}

import type { DeclShape, EventDecl, Interest } from '../record.js';
import { type Form, Kind } from './kind.js';

/** What the word before a body means. */
export const EVENT = 0;
export const SYSCALL_ENTER = 1;
export const SYSCALL_EXIT = 2;
/** trace-cmd's `funcgraph_entry:` and `funcgraph_exit:` */
export const GRAPH = 3;
/** trace-cmd's `function:` */
export const FUNCTION = 4;
export const STACK = 5;
export const MARKER = 6;
/** A word without a colon: the function tracer of tracefs, or its system calls. */
export const CALL = 7;
/** perf's own records, shown with --show-lost-events and the like. */
export const PERF_RECORD = 8;

/** Different forms of one name that are kept apart; more is hostile text. */
export const MAX_KINDS = 32;

/** A name of the trace, and the kinds of events that were seen under it. */
export class EventName {
  readonly kinds: Kind[] = [];
  /** The kind of its last line. */
  current: Kind | null = null;
  /** Nobody wants any of its kinds: its lines are only counted. */
  skip = false;
  /** Called when `current` or `skip` has changed. */
  changed: (name: EventName) => void = () => {};

  constructor(
    readonly name: string,
    readonly system: string | null,
    readonly role: number,
  ) {}

  /** The kind with this form; declared to the sink when it is new. null: too many forms. */
  kind(form: Form, shape: DeclShape, declare: (decl: EventDecl) => Interest | null): Kind | null {
    for (const kind of this.kinds) if (sameForm(kind.form, form)) return kind;
    if (this.kinds.length >= MAX_KINDS) return null;
    const isCall = shape === 'function' || shape === 'graph-entry' || shape === 'graph-exit';
    const decl: EventDecl = {
      name: this.name,
      system: this.system,
      symbol: isCall ? this.name : form.symbol,
      isReturn: isCall ? shape === 'graph-exit' : form.isReturn,
      shape,
      fields: form.names.slice(form.hidden),
    };
    const kind = new Kind(decl, form, declare(decl));
    this.kinds.push(kind);
    return kind;
  }

  /** To be called when `current` has changed. */
  use(kind: Kind): void {
    this.current = kind;
    // A system call of tracefs has one word for its entry and its return, and both must have been declared.
    const both = this.role !== CALL || !this.name.startsWith('sys_');
    this.skip = both && this.kinds.every((k) => k.interest === null);
    this.changed(this);
  }
}

function sameForm(a: Form, b: Form): boolean {
  return (
    a.place === b.place &&
    a.symbol === b.symbol &&
    a.isReturn === b.isReturn &&
    a.style === b.style &&
    a.names.length === b.names.length &&
    a.names.every((name, i) => name === b.names[i])
  );
}

/** The three ways in which a function shows up under its own name. */
export class FunctionName {
  readonly traced: EventName;
  readonly entry: EventName;
  readonly exit: EventName;

  constructor(readonly name: string) {
    this.traced = new EventName(name, null, CALL);
    this.entry = new EventName(name, null, GRAPH);
    this.exit = new EventName(name, null, GRAPH);
  }
}

const STACKS = new Set(['kernel_stack', 'user_stack']);
const MARKERS = new Set(['print', 'bprint', 'bputs', 'tracing_mark_write']);

/**
 * What a word with a colon means. `syscalls:sys_enter_mmap`, `vmf_insert_pfn`, `print`, and `0xffffffff…` or `0`
 * where tracefs knows no symbol for the writer of a mark.
 */
export function eventName(word: string): EventName {
  const colon = word.lastIndexOf(':');
  const name = word.slice(colon + 1);
  return new EventName(name, colon > 0 ? word.slice(0, colon) : null, roleOf(name));
}

function roleOf(name: string): number {
  if (name.startsWith('sys_enter_')) return SYSCALL_ENTER;
  if (name.startsWith('sys_exit_')) return SYSCALL_EXIT;
  if (name === 'funcgraph_entry' || name === 'funcgraph_exit') return GRAPH;
  if (name === 'function') return FUNCTION;
  if (STACKS.has(name)) return STACK;
  if (MARKERS.has(name) || /^(0|0x[0-9a-f]+)$/.test(name)) return MARKER;
  return EVENT;
}

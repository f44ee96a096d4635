import type { DeclShape, EventDecl } from '../record.js';
import type { EventField, EventFormat } from './event-format.js';

/** The most arguments that ftrace's func-args and funcgraph-args record. */
const MAX_FUNCTION_ARGS = 6;

/** A field of the declaration: where it is in the record, or the n-th element of a flexible array of longs. */
export interface DeclField {
  readonly name: string;
  readonly field: EventField;
  /** Index into the flexible array `args[]` of the function tracers; -1 for an ordinary field. */
  readonly element: number;
}

/** What kind of event a format describes. */
export interface EventShape {
  readonly shape: DeclShape;
  readonly isReturn: boolean | null;
  /** The field with the probed or traced function's address; null when the event has none. */
  readonly address: EventField | null;
  /** One declaration per function (function tracers), or one per event and probed address. */
  readonly named: 'by-event' | 'by-function';
  readonly fields: readonly DeclField[];
}

/**
 * Tells probes and the function tracers from ordinary tracepoints by their fields.
 * A kprobe, fprobe or uprobe event begins with `__probe_ip`, a return probe with `__probe_func, __probe_ret_ip`.
 */
export function shapeOf(format: EventFormat): EventShape {
  const byName = (name: string) => format.fields.find((f) => f.name === name) ?? null;
  const builtin = format.system === 'ftrace';
  if (builtin && format.name === 'function' && byName('ip') !== null)
    return tracer(format, 'function', false, byName('ip')!);
  if (builtin && format.name === 'funcgraph_entry' && byName('func') !== null)
    return tracer(format, 'graph-entry', false, byName('func')!);
  if (builtin && format.name === 'funcgraph_exit' && byName('func') !== null)
    return tracer(format, 'graph-exit', true, byName('func')!);

  const returns = byName('__probe_ret_ip') !== null;
  const address = returns ? byName('__probe_func') : byName('__probe_ip');
  if (address !== null) {
    const fields = format.fields.filter((f) => !f.name.startsWith('__probe_'));
    return { shape: 'probe', isReturn: returns, address, named: 'by-event', fields: fields.map(plain) };
  }
  const shape = builtin ? (BUILTIN[format.name] ?? 'other') : 'tracepoint';
  const fields = format.fields.map((f) => plain(shape === 'stack' && f.name === 'caller' ? whole(f) : f));
  return { shape, isReturn: null, address: null, named: 'by-event', fields };
}

/** The format says caller[8]; the kernel writes as many as there are. */
function whole(field: EventField): EventField {
  return { ...field, array: 'fixed', size: 0 };
}

/** The declaration that the sink sees, for one event and (where it has an address) one function. */
export function declOf(
  format: EventFormat,
  shape: EventShape,
  symbol: string | null,
  addressText: string,
): EventDecl {
  return {
    name: shape.named === 'by-function' ? (symbol ?? addressText) : format.name,
    system: format.system === '' ? null : format.system,
    symbol,
    isReturn: shape.isReturn,
    shape: shape.shape,
    fields: shape.fields.map((f) => f.name),
  };
}

const BUILTIN: Record<string, DeclShape> = { print: 'marker', kernel_stack: 'stack', user_stack: 'stack' };

function plain(field: EventField): DeclField {
  return { name: field.name, field, element: -1 };
}

/** Arguments are named `arg1` …: their C names are in BTF only. `retval` is shown as `ret`, as in the text formats. */
function tracer(format: EventFormat, shape: DeclShape, isReturn: boolean, address: EventField): EventShape {
  const fields: DeclField[] = [];
  for (const field of format.fields) {
    if (field === address) continue;
    if (field.name === 'args' && field.array !== null)
      for (let i = 0; i < MAX_FUNCTION_ARGS; i++) fields.push({ name: `arg${i + 1}`, field, element: i });
    else if (field.name === 'retval') fields.push({ name: 'ret', field, element: -1 });
    else fields.push(plain(field));
  }
  return { shape, isReturn, address, named: 'by-function', fields };
}

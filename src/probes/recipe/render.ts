import type { Definition, Field } from './definition.js';
import { GROUP } from './definition.js';
import { parseExpression, position } from './expression.js';
import { type Kernels, SINCE } from './kernel.js';
import { offsetsIn } from './structs.js';

/**
 * How an event is written down:
 * - `fprobe`: `f:` with C names from BTF (6.6 and newer)
 * - `kprobe`: `p:`/`r:` with C names from BTF (6.6 and newer)
 * - `raw`: `p:`/`r:` with registers by number and struct offsets
 * - `perf`: the raw arguments as `perf probe` takes them
 */
export type Form = 'fprobe' | 'kprobe' | 'raw' | 'perf';

/** Calls of one function that can be open at a time before a kretprobe loses returns: all tasks that wait in a fault. */
export const MAXACTIVE = 256;

export interface Rendered {
  readonly text: string;
  /** Fields that this form cannot fetch on these kernels. */
  readonly omitted: readonly Field[];
}

/** One definition as the kernel (or perf probe) takes it. `kernels` bounds the struct offsets of raw forms. */
export function render(
  definition: Definition,
  form: Form,
  kernels: Kernels,
  symbol = definition.symbol,
): Rendered {
  const { event, isReturn } = definition;
  const raw = form === 'raw' || form === 'perf';
  const omitted: Field[] = [];
  const args: string[] = [];
  for (const field of definition.fields) {
    // registers of the entry are gone at the return
    if (raw && isReturn && field.arg !== 'result') continue;
    const value = raw ? rawValue(definition, field, kernels) : btfValue(definition, field);
    if (value === null) omitted.push(field);
    else args.push(`${field.name}=${value}:${field.type}`);
  }
  const unlimited = kernels.from >= SINCE.fprobeOnGraph;
  return { text: [head(form, event, symbol, isReturn, unlimited), ...args].join(' '), omitted };
}

/** Everything before the arguments. */
export function head(
  form: Form,
  event: string,
  symbol: string,
  isReturn: boolean,
  unlimited = false,
): string {
  const open = unlimited ? '' : MAXACTIVE;
  switch (form) {
    case 'fprobe':
      return isReturn ? `f${open}:${GROUP}/${event} ${symbol}%return` : `f:${GROUP}/${event} ${symbol}`;
    case 'perf':
      // perf itself makes `vmf_insert_pfn__return` of the name of a return probe
      return `${GROUP}:${symbol}=${symbol}${isReturn ? '%return' : ''}`;
    default:
      return `${isReturn ? `r${MAXACTIVE}` : 'p'}:${GROUP}/${event} ${symbol}`;
  }
}

/** Parameters by number (they hold whatever the compiler's debug information calls them), members by name. */
function btfValue({ params }: Definition, { value }: Field): string | null {
  if (value === '$retval') return value;
  const expression = parseExpression(value);
  if (expression === null) return null;
  if (expression.members.length > 0) return value;
  const n = position(params, expression.root);
  return n === 0 ? null : `$arg${n}`;
}

/** Nested dereferences: `vma->vm_file->f_mapping` is `+24(+128($arg1))`. Null when an offset is not known. */
function rawValue(definition: Definition, { value }: Field, kernels: Kernels): string | null {
  if (value === '$retval') return value;
  const expression = parseExpression(value);
  if (expression === null) return null;
  const n = position(definition.params, expression.root);
  if (n === 0) return null;
  const offsets = offsetsIn(expression.root, expression.members, kernels);
  if (offsets === null) return null;
  return offsets.reduce((inner, offset) => `+${offset}(${inner})`, `$arg${n}`);
}

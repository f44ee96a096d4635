import type { FieldKind, FieldRequest } from '../trace/record.js';
import type { ArgName, FunctionProbe } from './map.js';
import type { Role } from './roles.js';

/** Slot of each argument in `TraceRecord.args`, and how its value is read. */
export const SLOT: Record<ArgName | 'result', { slot: number; kind: FieldKind }> = {
  device: { slot: 0, kind: 'pointer' },
  mapping: { slot: 1, kind: 'pointer' },
  root: { slot: 2, kind: 'pointer' },
  vma: { slot: 3, kind: 'pointer' },
  other: { slot: 4, kind: 'pointer' },
  mm: { slot: 5, kind: 'pointer' },
  address: { slot: 6, kind: 'page' },
  size: { slot: 7, kind: 'pages-up' },
  addressEnd: { slot: 8, kind: 'pages-up' },
  start: { slot: 9, kind: 'page' },
  end: { slot: 10, kind: 'page' },
  pgoff: { slot: 11, kind: 'number' },
  order: { slot: 12, kind: 'number' },
  pfn: { slot: 13, kind: 'low52' },
  x0: { slot: 14, kind: 'number' },
  x1: { slot: 15, kind: 'number' },
  result: { slot: 16, kind: 'number' },
};

/** Names under which captures carry the same thing: C members, kernel parameter names, and habits of recipes. */
const SYNONYMS: Record<string, string[]> = {
  addr: ['address'],
  address: ['addr'],
  vma: ['node'],
  node: ['vma'],
  vm_start: ['vs'],
  vm_end: ['ve'],
  vm_mm: ['mm'],
  vm_pgoff: ['pgoff'],
  f_mapping: ['mapping'],
  vm_private_data: ['vdev', 'dev', 'device'],
  vdev: ['core_vdev', 'dev', 'device'],
  core_vdev: ['vdev', 'dev', 'device'],
  holebegin: ['start'],
  holelen: ['len', 'size'],
  len: ['size'],
  dst_vma: ['dst'],
  src_vma: ['src'],
  old_addr: ['old'],
  new_addr: ['new'],
  len_in: ['len'],
  start_pfn: ['pfn'],
  val: ['value'],
  offset: ['off'],
};

/** Names by argument, whatever expression a recipe used for it. */
const USUAL: Partial<Record<ArgName, string[]>> = {
  address: ['addr', 'address'],
  size: ['size', 'len'],
  vma: ['vma'],
  mapping: ['mapping'],
  device: ['vdev'],
  mm: ['mm', 'vm_mm', 'dst_mm'],
  start: ['vm_start', 'start'],
  end: ['vm_end', 'end'],
  pgoff: ['pgoff', 'vm_pgoff'],
  order: ['order'],
  pfn: ['pfn'],
};

/** The last component of a C expression: `vma->vm_file->f_mapping` gives `f_mapping`. */
const lastComponent = (expression: string): string => expression.split(/->|\./).at(-1) ?? expression;

/** Field names that may hold this argument, best first. `argN` (kprobe default, perf probe) only for bare parameters. */
export function fieldNames(probe: FunctionProbe, arg: ArgName): string[] {
  const expression = probe.args?.[arg];
  if (expression === undefined) return [];
  const last = lastComponent(expression);
  const names = [last, ...(SYNONYMS[last] ?? []), ...(USUAL[arg] ?? [])];
  const position = probe.params.split(/\s+/).indexOf(expression);
  if (position >= 0) names.push(`arg${position + 1}`);
  return [...new Set(names)];
}

/** The field with the return value: named so by us, by habit, or the only one a bare return probe has. */
function resultField(fields: readonly string[], probe: FunctionProbe): number {
  for (const name of ['ret', 'retval']) {
    const index = fields.indexOf(name);
    if (index >= 0) return index;
  }
  const params = new Set(probe.params.split(/\s+/));
  const others = fields.flatMap((name, index) => (params.has(name) || name.includes('vm_') ? [] : [index]));
  return fields.length === 1 && others.length === 1 ? others[0] : -1;
}

/** What the model knows of a VMA already when pages of it fault or are installed: read only for a VMA that is new to it. */
const KNOWN_OF_VMA: ReadonlySet<string> = new Set<ArgName>([
  'device',
  'mm',
  'start',
  'end',
  'pgoff',
  'mapping',
]);
const OFTEN: ReadonlySet<Role> = new Set<Role>(['fault', 'install', 'decision']);
/** Of these, the VMA alone tells whether the rest is of interest. */
const ENDS: ReadonlySet<Role> = new Set<Role>(['unmap', 'unlink', 'free']);

const isLazy = (role: Role, arg: ArgName): boolean =>
  ENDS.has(role) ? arg !== 'vma' : OFTEN.has(role) && KNOWN_OF_VMA.has(arg);

/**
 * Which fields of an event are wanted, and into which slots. Arguments of the same name are disambiguated by the
 * order of `ArgName`s in the probe: a field serves one argument.
 */
export function requestFields(
  probe: FunctionProbe,
  fields: readonly string[],
  isReturn: boolean,
): FieldRequest[] {
  const requests: FieldRequest[] = [];
  const taken = new Set<number>();
  if (isReturn) {
    const field = resultField(fields, probe);
    if (field >= 0) {
      taken.add(field);
      requests.push({ field, ...SLOT.result });
    }
  }
  for (const arg of Object.keys(probe.args ?? {}) as ArgName[]) {
    for (const name of fieldNames(probe, arg)) {
      const field = fields.indexOf(name);
      // a return probe's `arg1` is its value, not the first parameter
      if (field < 0 || taken.has(field) || (isReturn && /^arg\d+$/.test(name))) continue;
      taken.add(field);
      requests.push({ field, ...SLOT[arg], lazy: isLazy(probe.role, arg) });
      break;
    }
  }
  return requests;
}

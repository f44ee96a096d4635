import type { Definition } from './definition.js';
import { parseExpression, position } from './expression.js';
import { ANY_KERNEL, type Kernels, SINCE } from './kernel.js';
import { head, render } from './render.js';
import { STRUCTS, structOf } from './structs.js';

/** Which arguments a recipe writes down: by what the kernel can do, by C names only, or by registers and offsets only. */
export type FormChoice = 'auto' | 'btf' | 'raw';

/**
 * One line of a script's table: a definition, perhaps for some kernels only, or with offsets that the script fills in
 * (`@vm_area_struct.vm_pgoff@`). Of several lines for one event the first that the kernel takes counts.
 */
export interface Line {
  readonly text: string;
  readonly definition: Definition;
  /** Kernels outside of this range skip the line; null: no line by version, only by symbol. */
  readonly gate: Kernels | null;
  /** Fields that are not fetched on these kernels, as nobody knows where they lie. */
  readonly omitted: readonly string[];
}

/** The lines of one event. `kernels` null: the script finds out which. */
export function linesOf(definition: Definition, form: FormChoice, kernels: Kernels | null): Line[] {
  const btf = (): Line => ({
    text: render(definition, 'fprobe', kernels ?? ANY_KERNEL).text,
    definition,
    gate: gateOf(definition),
    omitted: [],
  });
  if (kernels === null) {
    const lines: Line[] = form === 'raw' ? [] : [btf()];
    if (definition.probe.role === 'query' && form !== 'raw') lines.push(withoutArguments(definition));
    // the script itself tries a line of C names as a kprobe
    const raw = deferred(definition);
    if (form === 'raw' || (form === 'auto' && raw.text !== render(definition, 'kprobe', ANY_KERNEL).text))
      lines.push(raw);
    return lines;
  }
  const names = kernels.from >= (needsMembers(definition) ? SINCE.btfMembers : SINCE.btfNames);
  if (form === 'btf' || (form === 'auto' && names)) {
    const early = definition.isReturn && kernels.from < SINCE.argumentsAtReturn;
    return [early ? withoutArguments(definition) : btf()];
  }
  const { text, omitted } = render(definition, 'raw', kernels);
  return [{ text, definition, gate: null, omitted: omitted.map((f) => f.name) }];
}

const needsMembers = ({ fields }: Definition): boolean => fields.some((f) => f.value.includes('->'));

/** A return probe before 6.9 knows its value and nothing else. */
function withoutArguments(definition: Definition): Line {
  const fields = definition.isReturn
    ? definition.fields.filter((f) => f.arg === 'result')
    : definition.fields;
  const bare = { ...definition, fields };
  return {
    text: render(bare, 'fprobe', ANY_KERNEL).text,
    definition: bare,
    gate: gateOf(definition),
    omitted: [],
  };
}

/** Prototypes differ by version, and a driver that populates for good in old kernels does not in new ones. */
function gateOf(definition: Definition): Kernels | null {
  return definition.prototyped || definition.map.neverZaps === true ? definition.kernels : null;
}

/** Raw form whose unknown offsets are left to the script, which knows the kernel. */
function deferred(definition: Definition): Line {
  const args = definition.fields.flatMap((field) => {
    const value = deferredValue(definition, field.value);
    return value === null ? [] : [`${field.name}=${value}:${field.type}`];
  });
  const { event, symbol, isReturn } = definition;
  return {
    text: [head('raw', event, symbol, isReturn), ...args].join(' '),
    definition,
    gate: gateOf(definition),
    omitted: [],
  };
}

function deferredValue({ params, isReturn }: Definition, value: string): string | null {
  if (value === '$retval') return value;
  const expression = parseExpression(value);
  const n = expression === null ? 0 : position(params, expression.root);
  if (expression === null || n === 0 || isReturn) return null;
  let struct = structOf(expression.root);
  let text = `$arg${n}`;
  for (const member of expression.members) {
    const found: { to?: string } | undefined = struct === null ? undefined : STRUCTS[struct]?.members[member];
    if (struct === null || found === undefined) return null;
    text = `+${placeholder(struct, member)}(${text})`;
    struct = found.to ?? null;
  }
  return text;
}

/** The offset itself where it is the same in every kernel. */
function placeholder(struct: string, member: string): string {
  const { at } = STRUCTS[struct].members[member];
  return at.length === 1 ? String(at[0][1]) : `@${struct}.${member}@`;
}

/** `struct.member from to offset`: what the script fills in for placeholders, by kernel. */
export function offsetTable(lines: readonly Line[]): string[] {
  const used = new Set(lines.flatMap((line) => line.text.match(/@[\w.]+@/g) ?? []));
  return [...used].flatMap((name) => {
    const [struct, ...rest] = name.slice(1, -1).split('.');
    const member = rest.join('.');
    return stretches(struct, member).map(
      ([from, to, offset]) => `${struct}.${member} ${from} ${to} ${offset}`,
    );
  });
}

function stretches(struct: string, member: string): [number, number, number][] {
  const { at } = STRUCTS[struct].members[member];
  return at.flatMap(([from, offset], i): [number, number, number][] => {
    const to = i + 1 < at.length ? at[i + 1][0] - 1 : 999_999;
    return offset === null ? [] : [[from, to, offset]];
  });
}

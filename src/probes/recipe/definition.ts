import { fieldNames, requestFields, SLOT } from '../fields.js';
import type { ArgName, FetchType, FunctionProbe, ProbeMap } from '../map.js';
import { pairingOf, ROLE_KINDS } from '../roles.js';
import type { Kernels } from './kernel.js';
import { parseKernels } from './kernel.js';

export type Level = 'state' | 'verdict' | 'full';
export const LEVELS: readonly Level[] = ['state', 'verdict', 'full'];

/** Group (ftrace system) of all events of a recipe. */
export const GROUP = 'zaptrace';

/** One field of an event, in words that hold for every form: what it is called and what it holds. */
export interface Field {
  readonly name: string;
  /** Expression over the parameters, or `$retval`. */
  readonly value: string;
  readonly type: FetchType;
  readonly arg: ArgName | 'result';
}

/** An event to define, before it takes the form that a kernel understands. */
export interface Definition {
  /** The function's name, with `_ret` for its return: what the reader knows it by if nothing else tells. */
  readonly event: string;
  readonly symbol: string;
  readonly isReturn: boolean;
  readonly fields: readonly Field[];
  /** The prototype that the fields' expressions are over. */
  readonly params: string;
  /** Kernels in which it is so, as far as known. */
  readonly kernels: Kernels;
  /** The same function has other prototypes in other kernels: the kernel must be asked, not only the symbol. */
  readonly prototyped: boolean;
  readonly probe: FunctionProbe;
  readonly map: ProbeMap;
}

const RESULT_TYPES: Record<NonNullable<FunctionProbe['result']>, FetchType | null> = {
  fault: 'x32',
  errno: 's32',
  bool: 'u8',
  address: 's64',
  none: null,
};

/** Fetch type of an argument that the map does not type: the upper half of a register with a C `int` is undefined. */
function defaultType(arg: ArgName): FetchType {
  if (arg === 'x0' || arg === 'x1') return 'x32';
  if (arg === 'order') return 'u32';
  return 'x64';
}

/** Both events of a function for one of its symbols, in each prototype it has; tracepoints have none. */
export function definitionsOf(map: ProbeMap, probe: FunctionProbe, symbol: string): Definition[] {
  if (probe.tracepoint !== undefined) return [];
  const whole = kernelsOf(probe, symbol);
  const variants = (probe.variants ?? []).map((v) => ({ ...v, kernels: parseKernels(v.kernels) ?? whole }));
  const prototypes = [
    { kernels: outside(whole, variants), params: probe.params, args: probe.args ?? {} },
    ...variants,
  ].filter(
    ({ kernels }) => kernels.from <= kernels.to && kernels.from <= whole.to && kernels.to >= whole.from,
  );
  return prototypes.flatMap((prototype) => {
    const common = {
      symbol,
      params: prototype.params,
      kernels: prototype.kernels,
      prototyped: variants.length > 0,
      probe,
      map,
    };
    const pairing = pairingOf(ROLE_KINDS[probe.role]);
    const entry: Definition = {
      ...common,
      event: symbol,
      isReturn: false,
      fields: argumentFields(probe, prototype.args),
    };
    const leave: Definition = {
      ...common,
      event: `${symbol}_ret`,
      isReturn: true,
      fields: [...(pairing === 'return' ? entry.fields : []), ...resultFields(probe)],
    };
    if (pairing === 'entry') return [entry];
    return pairing === 'return' ? [leave] : [entry, leave];
  });
}

/** Kernels that have the symbol. */
export function kernelsOf(probe: FunctionProbe, symbol: string): Kernels {
  const text = probe.kernels?.[symbol];
  return (text === undefined ? null : parseKernels(text)) ?? { from: 0, to: Number.POSITIVE_INFINITY };
}

/** What of the range the variants leave to the base prototype: the end that they do not take. */
function outside(whole: Kernels, variants: readonly { kernels: Kernels }[]): Kernels {
  let { from, to } = whole;
  for (const { kernels } of variants) {
    if (kernels.from <= from) from = Math.max(from, kernels.to + 1);
    else to = Math.min(to, kernels.from - 1);
  }
  return { from, to };
}

/** A return probe fetches the value where the reader needs it; a void function's would be refused. */
function resultFields(probe: FunctionProbe): Field[] {
  const conditional = probe.effects?.some((effect) => effect.ifReturned !== undefined) === true;
  const type = RESULT_TYPES[probe.result ?? 'none'] ?? (conditional ? 's32' : null);
  return type === null ? [] : [{ name: 'ret', value: '$retval', type, arg: 'result' }];
}

/**
 * The fields of an entry event, named as the reader looks for them. Names come from the map's own expressions, so that
 * all prototypes of a function carry the same ones.
 */
function argumentFields(probe: FunctionProbe, values: Partial<Record<ArgName, string>>): Field[] {
  const taken = new Set<string>();
  return (Object.keys(probe.args ?? {}) as ArgName[]).flatMap((arg) => {
    const name = fieldNames(probe, arg).find((n) => !taken.has(n) && !/^arg\d+$/.test(n));
    const value = values[arg];
    if (name === undefined || value === undefined) return [];
    taken.add(name);
    return [{ name, value, type: probe.types?.[arg] ?? defaultType(arg), arg }];
  });
}

/** Arguments of the map that a recording by its own recipe would not give back: two want the same field name. */
export function unreadable(probe: FunctionProbe): ArgName[] {
  const fields = argumentFields(probe, probe.args ?? {});
  const requests = requestFields(
    probe,
    fields.map((f) => f.name),
    false,
  );
  return (Object.keys(probe.args ?? {}) as ArgName[]).filter((arg) => {
    const field = fields.findIndex((f) => f.arg === arg);
    return field < 0 || !requests.some((r) => r.field === field && r.slot === SLOT[arg].slot);
  });
}

import { SLOT } from './fields.js';
import type { ArgName, FetchType, FunctionProbe } from './map.js';
import { NEEDED_ARGS, NEEDED_RESULT } from './needs.js';
import { unreadable } from './recipe/definition.js';
import { parameterNames, parseExpression } from './recipe/expression.js';
import { parseKernels } from './recipe/kernel.js';
import { ROLE_KINDS, type Role } from './roles.js';
import { checkEffects } from './validate-effect.js';
import { type Problems, show } from './validate-value.js';

const KEYS = [
  'symbols',
  'role',
  'params',
  'args',
  'result',
  'covers',
  'order',
  'effects',
  'lock',
  'cause',
  'level',
  'note',
  'types',
  'kernels',
  'variants',
  'tracepoint',
];
const ARGS = Object.keys(SLOT).filter((name) => name !== 'result') as ArgName[];
const TYPES: FetchType[] = ['u8', 's8', 'x8', 'u16', 's16', 'x16', 'u32', 's32', 'x32', 'u64', 's64', 'x64'];
const C_NAME = /^[A-Za-z_][\w.]*$/;

export function checkFunctions(problems: Problems, value: unknown): void {
  const seen = new Map<string, string>();
  problems.list('functions', value, (path, f) => checkFunction(problems, path, f, seen), 1);
}

function checkFunction(problems: Problems, path: string, value: unknown, seen: Map<string, string>): void {
  const f = problems.object(path, value, KEYS);
  if (f === null) return;
  const before = problems.found.length;
  problems.list(
    `${path}.symbols`,
    f.symbols,
    (at, symbol) => {
      if (problems.text(at, symbol, C_NAME, 'the name of a kernel function') === null) return;
      const first = seen.get(symbol as string);
      if (first !== undefined) problems.add(at, `${show(symbol)} is also in ${first}`);
      else seen.set(symbol as string, at);
    },
    1,
  );
  const roles = Object.keys(ROLE_KINDS);
  const role =
    f.role === undefined
      ? problems.text(`${path}.role`, f.role, undefined, `a role (${roles.join(', ')})`)
      : problems.choice(`${path}.role`, f.role, roles);
  const params = problems.text(
    `${path}.params`,
    f.params,
    /^\s*([A-Za-z_]\w*(\s+|$))*$/,
    'parameter names with blanks between them ("vmf order")',
  );
  if (params !== null) {
    checkArguments(problems, `${path}.args`, f.args, params);
    problems.list(`${path}.variants`, f.variants, (at, variant) => checkVariant(problems, at, variant));
  }
  problems.choice(`${path}.result`, f.result, ['fault', 'errno', 'bool', 'address', 'none']);
  problems.choice(`${path}.covers`, f.covers, ['address-order', 'range', 'vma']);
  if (f.order !== undefined) problems.whole(`${path}.order`, f.order, 40);
  problems.choice(`${path}.lock`, f.lock, ['during', 'after']);
  problems.choice(`${path}.level`, f.level, ['state', 'verdict', 'full']);
  for (const key of ['cause', 'note', 'tracepoint'])
    if (f[key] !== undefined) problems.text(`${path}.${key}`, f[key]);
  problems.record(`${path}.types`, f.types, ARGS, (at, _, type) => problems.choice(at, type, TYPES));
  const symbols = Array.isArray(f.symbols) ? f.symbols.map(String) : [];
  problems.record(`${path}.kernels`, f.kernels, symbols, (at, _, range) => checkKernels(problems, at, range));
  checkEffects(problems, path, f);
  if (problems.found.length === before)
    checkSense(problems, path, f as unknown as FunctionProbe, role as Role);
}

function checkVariant(problems: Problems, path: string, value: unknown): void {
  const variant = problems.object(path, value, ['kernels', 'params', 'args']);
  if (variant === null) return;
  checkKernels(problems, `${path}.kernels`, variant.kernels);
  const params = problems.text(`${path}.params`, variant.params);
  if (params !== null) checkArguments(problems, `${path}.args`, variant.args, params);
}

function checkKernels(problems: Problems, path: string, value: unknown): void {
  if (typeof value !== 'string' || parseKernels(value) === null) {
    problems.add(path, `expected a range of kernels (6.12, 6.16..7.0, ..7.0, 7.1..), found ${show(value)}`);
  }
}

function checkArguments(problems: Problems, path: string, value: unknown, params: string): void {
  const names = parameterNames(params);
  problems.record(path, value, ARGS, (at, _, text) => {
    const expression = typeof text === 'string' ? parseExpression(text) : null;
    if (expression === null) {
      problems.add(at, `expected a parameter or members of one (vma, vma->vm_start), found ${show(text)}`);
    } else if (!names.includes(expression.root)) {
      const known =
        names.length > 0 ? `none of the parameters (${names.join(', ')})` : 'no parameter: there are none';
      problems.add(at, `${show(text)} starts with '${expression.root}', which is ${known}`);
    }
  });
}

/** Well-formed, but could not work. */
function checkSense(problems: Problems, path: string, probe: FunctionProbe, role: Role): void {
  for (const arg of probe.tracepoint === undefined ? (NEEDED_ARGS[role] ?? []) : []) {
    if (probe.args?.[arg] === undefined) problems.add(`${path}.args`, `the role ${role} needs '${arg}'`);
  }
  if (NEEDED_RESULT.includes(role) && (probe.result ?? 'none') === 'none') {
    problems.add(
      `${path}.result`,
      `the role ${role} needs to know what the return value says (fault, errno, bool)`,
    );
  }
  const covers = probe.covers;
  if (role === 'install' && covers === undefined) {
    problems.add(
      `${path}.covers`,
      'an install needs to say which pages it writes (address-order, range, vma)',
    );
  }
  if (
    role === 'install' &&
    covers === 'range' &&
    probe.args?.size === undefined &&
    probe.args?.addressEnd === undefined
  ) {
    problems.add(`${path}.args`, "covers 'range' needs 'size' or 'addressEnd'");
  }
  if (
    role === 'install' &&
    covers === 'address-order' &&
    probe.order === undefined &&
    probe.args?.order === undefined
  ) {
    problems.add(path, "covers 'address-order' needs 'order', or args.order");
  }
  for (const arg of unreadable(probe)) {
    problems.add(
      `${path}.args.${arg}`,
      `no field name is left for '${probe.args?.[arg]}' that tells it from the other arguments`,
    );
  }
}

import { parseDefinition } from '../../src/probes/recipe/parse.js';

/**
 * What the kernel prints for an event of a definition: the line of tracefs `trace`, `trace-cmd report` or `perf script`,
 * with a value for every argument that its type allows.
 */
export interface Printed {
  readonly definition: string;
  readonly line: string;
  /** Values by field name, as numbers that the types can hold. */
  readonly values: Record<string, bigint>;
}

export type Style = 'tracefs' | 'trace-cmd' | 'perf';

const BITS: Record<string, bigint> = { '8': 8n, '16': 16n, '32': 32n, '64': 64n };

/** A value of its own for each argument, below 2^53 so that a double holds it; as an address it begins a page. */
function valueFor(type: string, n: number): bigint {
  if (BITS[type.slice(1)] === 8n) return 1n;
  if (BITS[type.slice(1)] < 64n) return BigInt(n + 1);
  return 0x7f00_0000_0000n + BigInt(n) * 0x1000n;
}

const printed = (type: string, value: bigint): string =>
  type[0] === 'x' ? `0x${value.toString(16)}` : String(value);

/** Arguments as `dynamic_events` lists them: `vma=$arg1:x64`. */
function argumentsOf(definition: string): { name: string; type: string }[] {
  const [, , ...words] = definition.split(' ');
  return words.map((word) => {
    const match = /^(\w+)=\S+?:([usx]\d+)$/.exec(word);
    if (match === null) throw new Error(`no argument: ${word} in ${definition}`);
    return { name: match[1], type: match[2] };
  });
}

/** `n` numbers the record: it becomes its time. */
export function print(definition: string, style: Style, n: number): Printed {
  const event = parseDefinition(definition);
  if (event === null) throw new Error(`no definition: ${definition}`);
  const { name, symbol, isReturn, system } = event.decl;
  const values: Record<string, bigint> = {};
  const args = argumentsOf(definition).map(({ name: field, type }, i) => {
    const value = field === 'ret' ? 1n : valueFor(type, i + n);
    values[field] = value;
    return ` ${field}=${printed(type, value)}`;
  });
  const time = `${100 + Math.floor(n / 1000)}.${String(n % 1000).padStart(3, '0')}001`;
  const body = args.join('');
  // a return names the caller first in tracefs, last in trace-cmd and perf; these know addresses only
  const where = {
    tracefs: isReturn ? `(caller_of_it+0x2c/0x1f0 <- ${symbol})` : `(${symbol}+0x4/0x1f0)`,
    'trace-cmd': isReturn ? '(ffffffff81a2b3c4 <- ffffffff81b2b3c4)' : '(ffffffff81a2b3c4)',
    perf: isReturn ? '(ffffffff81a2b3c4 <- ffffffff81b2b3c4)' : '(ffffffff81a2b3c4)',
  }[style];
  const line = {
    tracefs: `            task-101     [001] .....   ${time}: ${name}: ${where}${body}`,
    'trace-cmd': `            task-101   [001]   ${time}: ${`${name}:`.padEnd(20)} ${where}${body}`,
    perf: `            task   101 [001]   ${time}000: ${system}:${name}: ${where}${body}`,
  }[style];
  return { definition, line, values };
}

/** Lines under the head that the tool puts above them. */
export function trace(lines: readonly string[], style: Style): string {
  const head = { tracefs: '# tracer: nop\n#\n', 'trace-cmd': 'cpus=2\n', perf: '' }[style];
  return `${head}${lines.join('\n')}\n`;
}

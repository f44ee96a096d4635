import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { command } from '../cli/in-process.js';
import { root } from '../helpers.js';

/** A command of a document and what the document says it prints. */
export interface Example {
  readonly document: string;
  readonly line: number;
  readonly command: string;
  readonly output: string;
}

/** The ```console blocks of a document: `$ command`, then its output. */
export function examplesOf(document: string): Example[] {
  const text = readFileSync(join(root, document), 'utf8');
  const examples: Example[] = [];
  for (const match of text.matchAll(/```console\n([\s\S]*?)```/g)) {
    const line = text.slice(0, match.index).split('\n').length + 1;
    for (const part of match[1].split(/^\$ /m).slice(1)) {
      const [first, ...rest] = part.split('\n');
      examples.push({ document, line, command: first, output: rest.join('\n') });
    }
  }
  return examples;
}

/** Splits a command of a document into words; quotes keep words together. */
function words(text: string): string[] {
  return (text.match(/'[^']*'|\S+/g) ?? []).map((word) => word.replace(/^'(.*)'$/, '$1'));
}

/** Runs a document's command in this process: `zaptrace …`, or with a filter of ours behind a pipe. */
export async function outputOf(text: string): Promise<string> {
  const [program, ...filters] = text.split(' | ');
  const [name, ...args] = words(program);
  if (name !== 'zaptrace') throw new Error(`not a command of zaptrace: ${text}`);
  const before = process.cwd();
  process.chdir(root);
  try {
    const result = await command(args);
    if (result.stderr !== '') throw new Error(`${text}: ${result.stderr}`);
    return filters.reduce(apply, result.stdout);
  } finally {
    process.chdir(before);
  }
}

/** What documents pipe into, without needing the tool: jq with a path and `[]`, head. */
function apply(input: string, filter: string): string {
  const [name, ...args] = words(filter);
  if (name === 'head')
    return `${input
      .split('\n')
      .slice(0, Number(args[0].slice(1)))
      .join('\n')}\n`;
  if (name !== 'jq') throw new Error(`no filter ${name}`);
  let values: unknown[] = [JSON.parse(input)];
  for (const [, key, index] of args.at(-1)!.matchAll(/\.(\w+)|\[(\d*)\]/g)) {
    values = values.flatMap((value) => {
      if (key !== undefined) return [(value as Record<string, unknown>)[key]];
      return index === '' ? (value as unknown[]) : [(value as unknown[])[Number(index)]];
    });
  }
  return values.map((value) => `${JSON.stringify(value)}\n`).join('');
}

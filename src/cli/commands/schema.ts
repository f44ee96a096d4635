import { readdirSync, readFileSync } from 'node:fs';
import type { Command } from 'commander';
import type { Cli } from '../cli.js';
import { UsageError } from '../errors.js';
import { examples } from '../help.js';
import { didYouMean } from '../suggest.js';

const SUFFIX = '.schema.json';
/** In the package, two levels above the compiled file's room. */
const DIRECTORY = new URL('../../../schema/', import.meta.url);

/** `zaptrace schema [name]`: prints a JSON Schema (draft 2020-12); without a name that of one NDJSON line. */
export function registerSchema(command: Command, cli: Cli): void {
  command.argument(
    '[name]',
    'header, event, vma, zap, finding, diagnostic, summary, total, record (any of them), report',
  );
  command.option('--list', 'the names and nothing else');
  examples(command, [
    ['zaptrace schema', 'any record: what a line of -f ndjson is'],
    ['zaptrace schema finding', 'one record'],
    ['zaptrace schema report', 'what -f json prints'],
  ]);
  command.action((name: string | undefined, options: { list?: boolean }) => {
    const names = schemaNames();
    if (options.list) {
      cli.stdout.write(`${names.join('\n')}\n`);
      return;
    }
    const wanted = name ?? 'record';
    if (!names.includes(wanted)) {
      throw new UsageError(`no schema '${wanted}'${didYouMean(wanted, names)}; known: ${names.join(', ')}`);
    }
    cli.stdout.write(readFileSync(new URL(`${wanted}${SUFFIX}`, DIRECTORY), 'utf8'));
  });
}

function schemaNames(): string[] {
  return readdirSync(DIRECTORY)
    .filter((file) => file.endsWith(SUFFIX))
    .map((file) => file.slice(0, -SUFFIX.length))
    .sort();
}

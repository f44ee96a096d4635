import { readdirSync, readFileSync } from 'node:fs';
import { Argument, type Command } from 'commander';
import type { Cli } from '../cli.js';
import { examples } from '../help.js';
import { packageRoot } from '../package-root.js';
import { choice } from '../values.js';

const SUFFIX = '.schema.json';
/** Beside the program in the package. */
const DIRECTORY = new URL('schema/', packageRoot());

/** `zaptrace schema [name]`: prints a JSON Schema (draft 2020-12); without a name that of one NDJSON line. */
export function registerSchema(command: Command, cli: Cli): void {
  const names = schemaNames();
  command.addArgument(
    new Argument('[name]', 'which one (default: record, any of the records)')
      .choices(names)
      .argParser((value) => choice(value, names, 'schema')),
  );
  command.option('--list', 'the names and nothing else');
  examples(command, [
    ['zaptrace schema', 'any record: what a line of -f ndjson is'],
    ['zaptrace schema finding', 'one record'],
    ['zaptrace schema report', 'what -f json prints'],
  ]);
  command.action((name: string | undefined, options: { list?: boolean }) => {
    if (options.list) {
      cli.stdout.write(`${names.join('\n')}\n`);
      return;
    }
    cli.stdout.write(`${JSON.stringify(bundled(name ?? 'record', names), null, 2)}\n`);
  });
}

type Schema = Record<string, unknown> & { $id: string };

/**
 * A schema with those that it refers to embedded in `$defs`, each under its own `$id`: a compound schema document
 * that stands alone.
 */
function bundled(name: string, names: readonly string[]): Schema {
  const schema = read(name);
  const text = JSON.stringify(schema);
  const used = names.map(read).filter((other) => text.includes(`"$ref":"${other.$id}"`));
  if (used.length === 0) return schema;
  const own = (schema.$defs ?? {}) as Record<string, unknown>;
  return { ...schema, $defs: { ...own, ...Object.fromEntries(used.map((other) => [other.$id, other])) } };
}

function read(name: string): Schema {
  return JSON.parse(readFileSync(new URL(`${name}${SUFFIX}`, DIRECTORY), 'utf8'));
}

function schemaNames(): string[] {
  return readdirSync(DIRECTORY)
    .filter((file) => file.endsWith(SUFFIX))
    .map((file) => file.slice(0, -SUFFIX.length))
    .sort();
}

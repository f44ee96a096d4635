import type { Command } from 'commander';

export type Example = readonly [command: string, what: string];

const EXAMPLES = new WeakMap<Command, readonly Example[]>();

/** Adds examples before the rest of a command's help: what people look for first. */
export function examples(command: Command, list: readonly Example[]): void {
  EXAMPLES.set(command, list);
  const width = Math.max(...list.map(([line]) => line.length));
  const lines = list.map(([line, what]) => `  ${line.padEnd(width)}  # ${what}`);
  command.addHelpText('before', `Examples:\n${lines.join('\n')}\n`);
}

export function examplesOf(command: Command): readonly Example[] {
  return EXAMPLES.get(command) ?? [];
}

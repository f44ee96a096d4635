import type { Command } from 'commander';

/** Adds examples before the rest of a command's help: what people look for first. */
export function examples(
  command: Command,
  list: readonly (readonly [command: string, what: string])[],
): void {
  const width = Math.max(...list.map(([line]) => line.length));
  const lines = list.map(([line, what]) => `  ${line.padEnd(width)}  # ${what}`);
  command.addHelpText('before', `Examples:\n${lines.join('\n')}\n`);
}

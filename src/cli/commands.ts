import type { Command } from 'commander';
import type { Cli } from './cli.js';

/** A command: listed in help by name and summary, its file loaded only when it runs. */
export interface CommandEntry {
  readonly name: string;
  readonly summary: string;
  /** Taken when no command is named. */
  readonly isDefault?: boolean;
  readonly load: () => Promise<(command: Command, cli: Cli) => void>;
}

/** One entry per command, in the order of the help. */
export const COMMANDS: readonly CommandEntry[] = [
  {
    name: 'check',
    summary: 'the verdict: does any PTE survive a zap?',
    isDefault: true,
    load: async () => (await import('./commands/check.js')).registerCheck,
  },
];

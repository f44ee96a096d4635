import type { Command } from 'commander';
import type { Cli } from './cli.js';

/** A command: listed in help by name and summary, its file loaded only when it runs. */
export interface CommandEntry {
  readonly name: string;
  readonly summary: string;
  /** Taken when no command is named. */
  readonly isDefault?: boolean;
  /** Looks at the options of all others, so these are loaded too. */
  readonly needsAll?: boolean;
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
  {
    name: 'explain',
    summary: 'the proof of a finding, CPU by CPU, ready for a mail',
    load: async () => (await import('./commands/explain.js')).registerExplain,
  },
  {
    name: 'timeline',
    summary: 'the life of every VMA and every zap',
    load: async () => (await import('./commands/timeline.js')).registerTimeline,
  },
  {
    name: 'events',
    summary: 'the mapping events of a trace, whatever tool recorded them',
    load: async () => (await import('./commands/events.js')).registerEvents,
  },
  {
    name: 'faults',
    summary: 'how BARs are mapped: orders, faults taken against the fewest possible, times, zap costs',
    load: async () => (await import('./commands/faults.js')).registerFaults,
  },
  {
    name: 'diff',
    summary: 'what changed between two traces: findings, faults, orders, times',
    load: async () => (await import('./commands/diff.js')).registerDiff,
  },
  {
    name: 'probes',
    summary: 'a recording script for a kernel; --check: what a recording can decide',
    load: async () => (await import('./commands/probes.js')).registerProbes,
  },
  {
    name: 'schema',
    summary: 'the JSON Schemas of the records',
    load: async () => (await import('./commands/schema.js')).registerSchema,
  },
  {
    name: 'completion',
    summary: 'a completion script for a shell',
    needsAll: true,
    load: async () => (await import('./commands/completion.js')).registerCompletion,
  },
];

import { RULES } from '../rules/index.js';

/** Names of trace_clock as the kernel lists them (kernel/trace/trace.c, `trace_clocks`). */
export const CLOCKS = [
  'local',
  'global',
  'counter',
  'uptime',
  'perf',
  'mono',
  'mono_raw',
  'boot',
  'tai',
  'x86-tsc',
] as const;

/** Ids of all rules, in the order in which outputs list them. */
export const RULE_IDS: readonly string[] = RULES.map((rule) => rule.id);

/** Rules that count for the verdict only when the user names them. */
export const OPTIONAL_RULES: ReadonlySet<string> = new Set(
  RULES.filter((rule) => rule.optional).map((rule) => rule.id),
);

import type { RuleInfo } from '../report/report.js';

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

/** The rules, as the outputs describe them. */
export const RULES: readonly RuleInfo[] = [
  {
    id: 'install-after-zap',
    severity: 'error',
    proves: 'PTEs were installed while the device was blocked, after the zap had cleared the range.',
  },
  {
    id: 'zap-missed-unlinked-vma',
    severity: 'error',
    proves:
      'PTEs were installed before the VMA was in the rmap; the zap ran in between, could not see them, and they survived it.',
  },
  {
    id: 'zap-skipped-vma',
    severity: 'error',
    proves: 'A VMA in the rmap with PTEs in the zapped range was never visited by the zap.',
  },
  {
    id: 'partial-zap',
    severity: 'error',
    proves: 'The zap visited the VMA but did not cover all of its known PTEs.',
  },
  {
    id: 'access-after-zap',
    severity: 'error',
    proves: 'An access succeeded while the device was blocked, with no install in between.',
  },
  {
    id: 'install-zap-overlap',
    severity: 'error',
    proves: 'An insert and a zap of one device ran at the same time: the lock did not exclude them.',
  },
  {
    id: 'populate-before-rmap',
    severity: 'warning',
    proves:
      'PTEs were installed before the VMA was in the rmap: a zap in that window would leave them behind.',
  },
];

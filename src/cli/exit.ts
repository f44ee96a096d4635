import type { Outcome } from './run.js';

/** Exit codes. Documented in README and in `zaptrace --help`. */
export const EXIT = {
  clean: 0,
  violation: 1,
  /** Usage or input error. */
  usage: 2,
  inconclusive: 3,
  /** A bug in zaptrace (EX_SOFTWARE of sysexits.h). */
  internal: 70,
  /** Second Ctrl-C: 128 + SIGINT. */
  interrupted: 130,
  /** Nobody reads the output any more and no verdict is known yet: 128 + SIGPIPE. */
  pipe: 141,
} as const;

/** How the verdict becomes an exit code when the user asks for less than the default strictness. */
export interface ExitPolicy {
  readonly allowInconclusive?: boolean;
  readonly exitZero?: boolean;
  /** Findings reached `--fail-on`, or are not the expected ones. */
  readonly failed?: boolean;
}

/**
 * One code for all traces of a run. A violation wins over everything: it is proven whatever else could not be read.
 * A bug wins over an unreadable input, and that over inconclusive and clean.
 */
export function exitCode({ verdict, failures }: Outcome, policy: ExitPolicy): number {
  const bad = policy.failed ?? verdict === 'violation';
  if (bad && !policy.exitZero) return EXIT.violation;
  if (failures.some((failure) => failure.kind === 'internal')) return EXIT.internal;
  if (failures.length > 0 || verdict === null) return EXIT.usage;
  if (policy.exitZero || (verdict === 'inconclusive' && policy.allowInconclusive)) return EXIT.clean;
  return verdict === 'inconclusive' ? EXIT.inconclusive : EXIT.clean;
}

/** For commands that show and do not judge: 0 unless something could not be read. */
export function readExitCode({ failures }: Outcome): number {
  if (failures.some((failure) => failure.kind === 'internal')) return EXIT.internal;
  return failures.length > 0 ? EXIT.usage : EXIT.clean;
}

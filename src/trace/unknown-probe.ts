import type { EventDecl } from './record.js';

/** Groups that perf probe and tracefs give by default to probes of user programs, and of other events. */
const USER_GROUP = /^(?:probe_|uprobes$|eprobes$)/;

/** Code of the diagnostic. */
export const UNKNOWN_PROBE = 'unknown-probe';

/**
 * What to tell of an event that the sink does not want: null, unless it is a probe on a function of the kernel that
 * the trace does not name (perf.data and the text of perf script have only its address), so that only the event's own
 * name could have told it. Returns are left out: those of known functions may not be wanted either.
 */
export function unknownProbe(decl: EventDecl): string | null {
  if (decl.shape !== 'probe' || decl.symbol !== null || decl.isReturn !== false) return null;
  if (decl.system !== null && USER_GROUP.test(decl.system)) return null;
  const name = decl.system === null ? decl.name : `${decl.system}:${decl.name}`;
  return (
    `${name}: no function of this name is known, and the trace has only the address of what it probes; if it is one ` +
    'to look at, name the event after the function (perf probe --add FUNCTION), or list the name in a map for --probe-map'
  );
}

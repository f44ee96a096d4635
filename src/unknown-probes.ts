import type { Diagnostic, EventDecl } from './trace/record.js';

/** Groups that perf probe and tracefs give by default to probes of user programs, and of other events. */
const NO_FUNCTION = /^(?:probe_|uprobes$|eprobes$)/;
const MAX_NAMES = 5;
const MAX_NAME = 64;

/**
 * Probes on functions of the kernel that nothing tells: perf.data and the text of perf script have only the address of
 * the probed function, so an event with a name of its own (`perf probe --add myname=vmf_insert_pfn`) stays unknown.
 */
export class UnknownProbes {
  readonly #names = new Set<string>();

  /** An event that no map knows. Returns are left out: those of known functions may not be wanted either. */
  declined(decl: EventDecl): void {
    if (decl.shape !== 'probe' || decl.symbol !== null || decl.isReturn !== false) return;
    if (decl.system !== null && NO_FUNCTION.test(decl.system)) return;
    this.#names.add(decl.system === null ? decl.name : `${decl.system}:${decl.name}`);
  }

  /** Says what to do about them: to be called where the recording lacks something that they may stand for. */
  tell(diagnostics: Diagnostic[]): void {
    const count = this.#names.size;
    if (count === 0) return;
    const names = [...this.#names].slice(0, MAX_NAMES).map((name) => name.slice(0, MAX_NAME));
    const list = names.join(', ') + (count > names.length ? ', …' : '');
    const message =
      `of these probes the trace has only an address, and their names are not those of functions that matter: ${list}; ` +
      'if one does, name the event after its function (perf probe --add FUNCTION), or list its name in a --probe-map';
    diagnostics.push({ code: 'unknown-probes', severity: 'note', message, count, origin: -1 });
  }
}

import type { Diagnostic, Severity } from '../record.js';

type Counted = { -readonly [K in keyof Diagnostic]: Diagnostic[K] };

/**
 * Counts what went wrong in an input: one entry per code with the message and place of the first one, so that a
 * file with a million bad records gives one line and not a million.
 */
export class DiagnosticLog {
  readonly #byCode = new Map<string, Counted>();

  /** `list` is the array of the trace's info; entries are appended to it and counted in place. */
  constructor(readonly list: Diagnostic[]) {}

  /** `origin` is a byte offset (-1: no place). */
  add(code: string, severity: Severity, message: string, origin: number, count = 1): void {
    const known = this.#byCode.get(code);
    if (known !== undefined) {
      known.count += count;
      return;
    }
    const entry: Counted = { code, severity, message, count, origin };
    this.#byCode.set(code, entry);
    this.list.push(entry);
  }
}

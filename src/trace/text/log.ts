import type { Diagnostic, Severity } from '../record.js';

type Counted = { -readonly [K in keyof Diagnostic]: Diagnostic[K] };

/** Longest sample of a line in a message. */
const SAMPLE = 120;

/**
 * Counts what could not be read: one diagnostic per code, with the message and place of its first case and a count,
 * so that a million bad lines are one report.
 */
export class LineLog {
  readonly #byCode = new Map<string, Counted>();

  /** `list` belongs to the trace's info: entries are appended and go on counting. */
  constructor(private readonly list: Diagnostic[]) {}

  add(code: string, severity: Severity, message: string, line: number): void {
    const known = this.#byCode.get(code);
    if (known !== undefined) {
      known.count++;
      return;
    }
    const entry: Counted = { code, severity, message, count: 1, origin: line };
    this.#byCode.set(code, entry);
    this.list.push(entry);
  }

  /** As `add`, with the line as a sample behind the message. */
  sample(
    code: string,
    severity: Severity,
    message: string,
    line: number,
    buf: Uint8Array,
    from: number,
    end: number,
  ): void {
    const known = this.#byCode.get(code);
    if (known !== undefined) known.count++;
    else this.add(code, severity, `${message}: ${quoted(buf, from, end)}`, line);
  }
}

/** The beginning of a line as text that is safe on a terminal. */
export function quoted(buf: Uint8Array, from: number, end: number): string {
  const cut = end - from > SAMPLE;
  const text = Buffer.from(buf.subarray(from, cut ? from + SAMPLE : end)).toString('utf8');
  return JSON.stringify(text.replace(/[\u007f-\u009f\u2028\u2029\ufffd]/g, '.')) + (cut ? ' …' : '');
}

import type { TraceProgress } from './worker.js';

const EVERY_MS = 250;

/** Where the line goes: standard error, and whether it is a terminal whose line can be rewritten. */
export interface ProgressTarget {
  write(text: string): unknown;
  readonly isTTY?: boolean;
}

/** One line on standard error: bytes, MB/s, events, losses, findings of all traces together; 4 times a second at most. */
export class Progress {
  readonly #traces = new Map<number, TraceProgress>();
  readonly #start: number;
  #last: number;
  #shown = false;

  constructor(
    private readonly target: ProgressTarget,
    private readonly count: number,
    private readonly now: () => number = () => performance.now(),
  ) {
    this.#start = now();
    this.#last = this.#start;
  }

  /** Takes a trace's newest numbers; shows the line when the last one is old enough. */
  update(trace: number, progress: TraceProgress): void {
    this.#traces.set(trace, progress);
    const now = this.now();
    if (now - this.#last < EVERY_MS) return;
    this.#last = now;
    this.#shown = true;
    this.target.write(this.target.isTTY ? `\r${this.line(now)}\x1b[K` : `${this.line(now)}\n`);
  }

  /** Removes the line, before anything else is written. */
  clear(): void {
    if (this.#shown && this.target.isTTY) this.target.write('\r\x1b[K');
    this.#shown = false;
  }

  private line(now: number): string {
    let bytes = 0;
    let size: number | null = 0;
    let events = 0;
    let lost = 0;
    let findings = 0;
    for (const p of this.#traces.values()) {
      bytes += p.bytes;
      size = size === null || p.size === null ? null : size + p.size;
      events += p.events;
      lost += p.lost;
      findings += p.findings;
    }
    const whole = size !== null && this.#traces.size === this.count ? ` of ${megabytes(size)}` : '';
    const rate = bytes / 1e6 / Math.max(1e-3, (now - this.#start) / 1e3);
    const trace = this.count > 1 ? `trace ${Math.max(...this.#traces.keys()) + 1} of ${this.count}, ` : '';
    return `${trace}${megabytes(bytes)}${whole} MB, ${rate.toFixed(0)} MB/s, ${events} events, ${lost} lost, ${findings} findings`;
  }
}

function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(1);
}

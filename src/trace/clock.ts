/**
 * The clock of one trace: unit, rounding and the absolute base. Times inside zaptrace are plain numbers relative to
 * the first record; the base is kept as a bigint once, because absolute nanoseconds of `tai` or `--date` exceed 2^53.
 */
export class Clock {
  /** trace_clock name (`local`, `mono`, `x86-tsc`, `counter`, …); null when the trace does not say. */
  name: string | null = null;
  /** `ns`: record times are nanoseconds; `count`: raw ticks of a counter or unscaled tsc clock. */
  unit: 'ns' | 'count' = 'ns';
  /** Digits after the point that the source has: 9, 6, or 0 for raw counts. */
  digits: 0 | 6 | 9 = 9;
  /** How the source made fewer digits of nanoseconds: `round` (ftrace, trace-cmd), `truncate` (perf), `exact`. */
  rounding: 'exact' | 'round' | 'truncate' = 'exact';
  /** Absolute time of the first record in ns (or ticks); null before it. */
  base: bigint | null = null;

  /** Largest error of a time through rounding, in ns: 0 or 1000. Two equal rounded times are unordered. */
  get resolution(): number {
    return this.digits === 6 ? 1000 : 0;
  }

  /** The base that is split into whole seconds and the nanoseconds beyond: sums of these stay exact as numbers. */
  #split: bigint | null = null;
  #seconds = 0;
  #beyond = 0;

  /** Absolute time as the source prints it: `17.647643`, `17.647643123` or a raw count. */
  text(t: number): string {
    const base = this.base ?? 0n;
    if (this.unit === 'ns' && this.digits > 0 && t >= 0 && t < EXACT) {
      if (this.#split !== base) this.#splitBase(base);
      const sum = this.#beyond + Math.round(t);
      // (No quotient of so little is rounded up to a whole number.)
      const whole = Math.floor(sum / SECOND);
      if (this.#seconds >= 0) {
        const fraction = String(sum - whole * SECOND).padStart(9, '0');
        return `${this.#seconds + whole}.${this.digits === 9 ? fraction : fraction.slice(0, this.digits)}`;
      }
    }
    const absolute = base + BigInt(Math.round(t));
    if (this.unit === 'count') return absolute.toString();
    return seconds(absolute, this.digits);
  }

  #splitBase(base: bigint): void {
    const whole = base / BigInt(SECOND);
    this.#split = base;
    this.#seconds = base < 0n || whole > BigInt(EXACT) ? -1 : Number(whole);
    this.#beyond = Number(base % BigInt(SECOND));
  }
}

const SECOND = 1e9;
/** Half of what numbers hold exactly: with the nanoseconds of a base, a sum of less is exact, too. */
const EXACT = 2 ** 52;

/** Nanoseconds as seconds with this many digits. */
export function seconds(ns: bigint, digits: number): string {
  const sign = ns < 0n ? '-' : '';
  const abs = ns < 0n ? -ns : ns;
  const whole = abs / 1_000_000_000n;
  const fraction = (abs % 1_000_000_000n).toString().padStart(9, '0').slice(0, digits);
  return digits === 0 ? `${sign}${whole}` : `${sign}${whole}.${fraction}`;
}

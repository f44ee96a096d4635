import type { TimeShift, TscScale } from './layout.js';

/** From ring-buffer time, relative to a raw base, to the time of a record, relative to a base of its own. */
export interface Timebase {
  /** Absolute time that 0 stands for, as trace-cmd computes it, without DATE and OFFSET. */
  readonly base: bigint;
  toTime(raw: number, cpu: number): number;
}

/**
 * TSC2NSEC: `(ticks * mult) >> shift` of the absolute ticks, exact, without bigints. With base*mult = q·2^shift + r
 * the time since q is (r + raw*mult) >> shift; the product is added up in limbs that a double holds exactly.
 */
export class TscTimebase implements Timebase {
  readonly base: bigint;
  readonly #mult: number;
  readonly #m0: number;
  readonly #m1: number;
  readonly #rest: number;
  readonly #scale: number;

  constructor(rawBase: bigint, scale: TscScale) {
    const product = rawBase * BigInt(scale.mult);
    const shift = BigInt(scale.shift);
    this.base = product >> shift;
    this.#rest = Number(product - (this.base << shift));
    this.#mult = scale.mult;
    this.#m0 = scale.mult % 65536;
    this.#m1 = Math.floor(scale.mult / 65536);
    this.#scale = 2 ** scale.shift;
  }

  toTime(raw: number): number {
    const small = raw * this.#mult + this.#rest;
    if (small < Number.MAX_SAFE_INTEGER && small >= 0) return Math.floor(small / this.#scale);
    // raw = d1·2^26 + d0 (d0 ≥ 0 also for times before the base), mult = m1·2^16 + m0: products below 2^44.
    const d1 = Math.floor(raw / 67108864);
    const d0 = raw - d1 * 67108864;
    const { high, low } = carry(d0 * this.#m0 + this.#rest, d0 * this.#m1, d1 * this.#m0, d1 * this.#m1);
    // high·2^32 + low, low below 2^32, shift at most 32.
    return high * (4294967296 / this.#scale) + Math.floor(low / this.#scale);
  }
}

/** a + b·2^16 + c·2^26 + d·2^42 as high·2^32 + low. */
function carry(a: number, b: number, c: number, d: number): { high: number; low: number } {
  const b1 = Math.floor(b / 65536);
  const c1 = Math.floor(c / 64);
  const low = a + (b - b1 * 65536) * 65536 + (c - c1 * 64) * 67108864;
  const over = Math.floor(low / 4294967296);
  return { high: b1 + c1 + d * 1024 + over, low: low - over * 4294967296 };
}

/**
 * A guest's trace, shifted to its host's clock (TIME_SHIFT), then scaled. Rare, so in bigints; the formulas are those
 * of trace-cmd's timestamp_host_sync().
 */
export class GuestTimebase implements Timebase {
  readonly base: bigint;

  constructor(
    readonly rawBase: bigint,
    readonly shift: TimeShift,
    readonly scale: TscScale | null,
  ) {
    this.base = this.#absolute(rawBase, 0);
  }

  toTime(raw: number, cpu: number): number {
    return Number(this.#absolute(this.rawBase + BigInt(Math.trunc(raw)), cpu) - this.base);
  }

  #absolute(ts: bigint, cpu: number): bigint {
    const shifted = this.#toHost(ts, cpu);
    return this.scale === null ? shifted : (shifted * BigInt(this.scale.mult)) >> BigInt(this.scale.shift);
  }

  #toHost(ts: bigint, cpu: number): bigint {
    const samples = this.shift.cpus[cpu];
    if (samples === undefined || samples.length === 0) return ts;
    if (samples.length === 1) return ts + samples[0].offset;
    // The last sample but one that is not later than this time; a long run of a guest has thousands.
    let [low, high] = [0, samples.length - 2];
    while (low < high) {
      const mid = (low + high + 1) >> 1;
      if (samples[mid].time <= ts) low = mid;
      else high = mid - 1;
    }
    const [min, max] = [samples[low], samples[low + 1]];
    let offset = min.offset;
    const delta = max.time - min.time;
    if (this.shift.interpolate && delta !== 0n)
      offset += ((ts - min.time) * (max.offset - min.offset) + delta / 2n) / delta;
    return BigInt.asUintN(64, (BigInt.asUintN(64, ts * min.scaling) >> min.fraction) + offset);
  }
}

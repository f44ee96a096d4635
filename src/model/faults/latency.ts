/** Up to this many durations are kept as they are; quantiles are exact then. */
const EXACT = 512;
/** Buckets per octave beyond that: quantiles are off by at most 1/64 of their value. */
const SUB_BITS = 5;
const SUB = 1 << SUB_BITS;
/** Durations up to 2^46 ns (19 hours) have buckets of their own. */
const OCTAVES = 46;
const BUCKETS = (OCTAVES - SUB_BITS + 1) * SUB;

/** Values [from, to) of one power of two. */
export interface Octave {
  from: number;
  to: number;
  count: number;
}

const octaveOf = (ns: number): number => (ns < 1 ? 0 : Math.min(OCTAVES - 1, Math.floor(Math.log2(ns))));

function bucketOf(ns: number): number {
  if (ns < SUB) return Math.floor(ns);
  if (ns < 2 ** 31) {
    const shift = 31 - SUB_BITS - Math.clz32(ns);
    return shift * SUB + (ns >>> shift);
  }
  const octave = octaveOf(ns);
  const step = 2 ** (octave - SUB_BITS);
  return (octave - SUB_BITS) * SUB + Math.min(2 * SUB - 1, Math.floor(ns / step));
}

function middleOf(bucket: number): number {
  if (bucket < SUB) return bucket;
  const octave = Math.floor(bucket / SUB) - 1;
  return Math.round((bucket - octave * SUB + 0.5) * 2 ** octave);
}

/** A distribution of durations in ns, in bounded memory. */
export class Latency {
  n = 0;
  sum = 0;
  min = Number.POSITIVE_INFINITY;
  max = 0;
  #values: number[] | null = [];
  #buckets: Uint32Array | null = null;

  add(ns: number): void {
    const value = Math.max(ns, 0);
    this.n++;
    this.sum += value;
    if (value < this.min) this.min = value;
    if (value > this.max) this.max = value;
    if (this.#values === null) {
      (this.#buckets as Uint32Array)[bucketOf(value)]++;
      return;
    }
    this.#values.push(value);
    if (this.#values.length > EXACT) this.#spill();
  }

  /** Adds all values of another one. */
  merge(other: Latency): void {
    if (other.n === 0) return;
    this.n += other.n;
    this.sum += other.sum;
    this.min = Math.min(this.min, other.min);
    this.max = Math.max(this.max, other.max);
    if (other.#values !== null && this.#values !== null) {
      for (const value of other.#values) this.#values.push(value);
      if (this.#values.length > EXACT) this.#spill();
      return;
    }
    if (this.#values !== null) this.#spill();
    const mine = this.#buckets as Uint32Array;
    if (other.#values !== null) for (const value of other.#values) mine[bucketOf(value)]++;
    else for (const [bucket, count] of (other.#buckets as Uint32Array).entries()) mine[bucket] += count;
  }

  /** The value that a share `q` of all values does not exceed (nearest rank). NaN when there is none. */
  quantile(q: number): number {
    if (this.n === 0) return Number.NaN;
    const rank = Math.max(1, Math.ceil(q * this.n));
    if (this.#values !== null) return this.#values.sort((a, b) => a - b)[rank - 1];
    if (rank === this.n) return this.max;
    let seen = 0;
    const buckets = this.#buckets as Uint32Array;
    for (let bucket = 0; bucket < BUCKETS; bucket++) {
      seen += buckets[bucket];
      if (seen >= rank) return Math.min(this.max, Math.max(this.min, middleOf(bucket)));
    }
    return this.max;
  }

  /** Counts by power of two, from the first to the last that has values, those between with 0. */
  octaves(): Octave[] {
    const counts = new Array<number>(OCTAVES).fill(0);
    if (this.#values !== null) for (const value of this.#values) counts[octaveOf(value)]++;
    else
      (this.#buckets as Uint32Array).forEach((count, bucket) => {
        counts[octaveOf(middleOf(bucket))] += count;
      });
    const first = counts.findIndex((count) => count > 0);
    const last = counts.findLastIndex((count) => count > 0);
    return counts
      .map((count, octave) => ({ from: octave === 0 ? 0 : 2 ** octave, to: 2 ** (octave + 1), count }))
      .slice(first < 0 ? counts.length : first, last + 1);
  }

  #spill(): void {
    const buckets = new Uint32Array(BUCKETS);
    for (const value of this.#values ?? []) buckets[bucketOf(value)]++;
    this.#values = null;
    this.#buckets = buckets;
  }
}

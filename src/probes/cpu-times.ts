/** CPUs that have a place in the array: more than any kernel allows (NR_CPUS is 8192), less than hurts. */
const MANY = 65_536;
/** Nothing was seen of the CPU yet. */
const NEVER = Number.NEGATIVE_INFINITY;

/** What each CPU has shown so far: where a gap in its records may reach back to. */
export class CpuTimes {
  /** Time of the latest record by CPU; no CPU of a real machine is missing here. */
  #last = new Float64Array(64).fill(NEVER);
  /** Numbers that only damage brings. */
  readonly #odd = new Map<number, number>();
  /** CPUs whose beginning was overwritten (-1: any). */
  #cut: Set<number> | null = null;

  /** The trace's start was overwritten: until this CPU shows up, nothing is known of it. */
  cut(cpu: number): void {
    (this.#cut ??= new Set()).add(cpu);
  }

  /** Time of the CPU's latest record; -Infinity before its first. */
  lastOf(cpu: number): number {
    const last = this.#last;
    return cpu >= 0 && cpu < last.length ? last[cpu] : (this.#odd.get(cpu) ?? NEVER);
  }

  /** A record of this CPU came. */
  seen(cpu: number, t: number): void {
    if (cpu >= 0 && cpu < this.#last.length) this.#last[cpu] = t;
    else this.#seenFar(cpu, t);
  }

  #seenFar(cpu: number, t: number): void {
    if (!(cpu >= 0 && cpu < MANY)) {
      this.#odd.set(cpu, t);
      return;
    }
    let size = this.#last.length;
    while (size <= cpu) size *= 2;
    const more = new Float64Array(size).fill(NEVER);
    more.set(this.#last);
    more[cpu] = t;
    this.#last = more;
  }

  /** A CPU that was seen before shows at `t` that it goes on. */
  goneOn(cpu: number, t: number): void {
    const last = this.lastOf(cpu);
    if (last !== NEVER && t > last) this.seen(cpu, t);
  }

  /** Whether the CPU was seen before, no later than at the time `values[at]`. */
  goesOn(cpu: number, values: Float64Array, at: number): boolean {
    return cpu >= 0 && cpu < this.#last.length && this.#last[cpu] !== NEVER && this.#last[cpu] <= values[at];
  }

  /** A record of this CPU is about to be noted, the trace's first or not: does it end a beginning of which nothing is known? */
  appears(cpu: number, first: boolean): boolean {
    if (this.#cut === null || first || this.lastOf(cpu) !== NEVER) return false;
    return this.#cut.has(-1) || this.#cut.has(cpu);
  }

  /** A gap reaches from the CPU's latest record to its next; of an unknown CPU (-1), from the one that was silent longest. */
  gapSince(cpu: number, now: number): number {
    if (cpu >= 0) return this.lastOf(cpu);
    const seen = [...this.#last, ...this.#odd.values()].filter((t) => t !== NEVER);
    return seen.reduce((since, t) => Math.min(since, t), now);
  }
}

/** What each CPU has shown so far: where a gap in its records may reach back to. */
export class CpuTimes {
  /** Time of the latest record by CPU. */
  readonly last: number[] = [];
  /** CPUs whose beginning was overwritten (-1: any). */
  #cut: Set<number> | null = null;

  /** The trace's start was overwritten: until this CPU shows up, nothing is known of it. */
  cut(cpu: number): void {
    (this.#cut ??= new Set()).add(cpu);
  }

  /** A record of this CPU came, the trace's first or not: does it end a beginning of which nothing is known? */
  appears(cpu: number, first: boolean): boolean {
    if (this.#cut === null || first || this.last[cpu] !== undefined) return false;
    return this.#cut.has(-1) || this.#cut.has(cpu);
  }

  /** A gap reaches from the CPU's latest record to its next; of an unknown CPU (-1), from the one that was silent longest. */
  gapSince(cpu: number, now: number): number {
    if (cpu >= 0) return this.last[cpu] ?? Number.NEGATIVE_INFINITY;
    return this.last.reduce((since, t) => Math.min(since, t), now);
  }
}

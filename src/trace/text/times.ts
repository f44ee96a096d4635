/** Without a CPU's number, CPU -1; and before it the time of the last record of all. */
const FIRST_CPU = 2;

/** The time of the last record, and of each CPU's. */
export class Times {
  #times: Float64Array = new Float64Array(64).fill(-Infinity);

  get last(): number {
    return this.#times[0];
  }

  /** -Infinity: it has none. */
  of(cpu: number): number {
    return this.#times[cpu + FIRST_CPU] ?? -Infinity;
  }

  set(cpu: number, t: number): void {
    const slot = cpu + FIRST_CPU;
    if (slot >= this.#times.length) this.moveTo(new Float64Array(Math.max(slot + 1, this.#times.length * 2)));
    this.#times[0] = t;
    this.#times[slot] = t;
  }

  /** From now on they are kept there, as the decoder of lines (decoder/assembly/text/lines.ts) keeps them. */
  moveTo(times: Float64Array): void {
    times.fill(-Infinity);
    times.set(this.#times.subarray(0, times.length));
    this.#times = times;
  }

  /** Whether they are still there: more CPUs than it has room for move them away. */
  isAt(times: Float64Array): boolean {
    return this.#times === times;
  }
}

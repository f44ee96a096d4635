/** A moment as evidence: when, on which CPU, and its place in the record sequence. */
export interface Moment {
  t: number;
  cpu: number;
  seq: number;
}

/**
 * What "before" means (kernel facts §4). Records of one CPU are in certain order, and so are those of one task; between
 * CPUs only what differs by more than the clock's uncertainty and the rounding of the text is certain. Equal rounded
 * times on two CPUs prove nothing.
 */
export class Order {
  constructor(
    /** Skew between CPUs, ns. */
    public skew: number,
    /** Rounding of the source, ns. */
    public resolution: number,
  ) {}

  /** a certainly before b. A task that migrates keeps its program order: for `sameTask` the record order counts. */
  certainly(
    aT: number,
    aCpu: number,
    aSeq: number,
    bT: number,
    bCpu: number,
    bSeq: number,
    sameTask = false,
  ): boolean {
    if (aCpu === bCpu || sameTask) return aSeq < bSeq;
    return aT + this.skew + this.resolution < bT;
  }

  /** a before b as far as the times tell; equal times on two CPUs do not. */
  apparently(aT: number, aCpu: number, aSeq: number, bT: number, bCpu: number, bSeq: number): boolean {
    if (aCpu === bCpu) return aSeq < bSeq;
    return aT < bT;
  }

  /**
   * Nothing speaks against a before b: at equal times on two CPUs, too. What one does under a lock and the other after
   * it took the lock over comes within the same µs easily.
   */
  notLater(aT: number, aCpu: number, aSeq: number, bT: number, bCpu: number, bSeq: number): boolean {
    if (aCpu === bCpu) return aSeq < bSeq;
    return aT <= bT;
  }
}

/** Skew between CPUs that a trace_clock can have, ns (kernel facts §4). `local` and unknown clocks: suggested 10 µs. */
export function defaultSkew(clock: string | null): number {
  switch (clock) {
    case 'counter':
      return 0;
    case 'global':
      return 1;
    case 'mono':
    case 'mono_raw':
    case 'boot':
    case 'tai':
    case 'x86-tsc':
    case 'perf':
      return 1_000;
    default:
      return 10_000;
  }
}

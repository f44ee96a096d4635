/**
 * What a page or a picture is drawn from: the records of one trace as columns of numbers, small enough to be part of
 * the page. Times are ns (or ticks) since the trace's first record; a column `t` holds differences to the value before.
 */
export interface PageData {
  readonly version: string;
  readonly input: string;
  readonly format: string;
  readonly clock: string | null;
  /** Absolute time of t = 0 in ns or ticks, as a decimal number. */
  readonly base: string;
  readonly unit: 'ns' | 'count';
  /** Digits of the source behind the point. */
  readonly digits: number;
  readonly start: number;
  readonly end: number;
  readonly verdict: string | null;
  readonly reasons: readonly string[];
  /** Rule and how far it could be checked. */
  readonly coverage: readonly (readonly [string, string])[];
  readonly counts: Readonly<Record<string, number>>;
  /** Texts that columns refer to by index. */
  readonly texts: readonly string[];
  readonly devices: readonly DeviceData[];
  readonly vmas: readonly VmaData[];
  readonly zaps: ZapColumns;
  readonly findings: readonly FindingData[];
  readonly marks: MarkColumns;
  readonly cpus: MarkColumns;
  /** Width of the bins in which events were counted together, ns; 0: every event by itself. */
  readonly binOfMarks: number;
  readonly binOfCpus: number;
  /** Epochs that were too many to be drawn one by one. */
  readonly mergedSpans: number;
  readonly rules: Readonly<Record<string, { title: string; proves: string; remedy: string }>>;
}

export interface DeviceData {
  readonly name: string | null;
  /** Indices into `vmas`. */
  readonly vmas: readonly number[];
  /** Blocked windows: `t` begins, `d` lengths. */
  readonly windows: { readonly t: readonly number[]; readonly d: readonly number[] };
}

export interface VmaData {
  readonly id: string;
  readonly pointer: string;
  readonly start: string | null;
  readonly end: string | null;
  readonly pgoff: string | null;
  readonly task: string;
  readonly created: number | null;
  readonly linked: number | null;
  readonly removed: number | null;
  readonly installs: number;
  readonly refused: number;
  readonly visits: number;
  readonly spans: SpanColumns;
}

/** Spans without gaps: each ends where the next one begins, the last one at `end`. */
export interface SpanColumns {
  /** A letter per span, see STATE_LETTERS; `n` is a gap. */
  readonly s: string;
  readonly t: readonly number[];
  readonly p: readonly number[];
  readonly end: number;
}

export interface ZapColumns {
  /** Number in the id, `zap12`. */
  readonly id: readonly number[];
  readonly device: readonly number[];
  readonly t: readonly number[];
  /** Length; -1 when its end was not seen. */
  readonly d: readonly number[];
  /** From its begin to the unblock; -1 when not unblocked. */
  readonly u: readonly number[];
  readonly cause: readonly number[];
  readonly task: readonly number[];
  readonly cpu: readonly number[];
  readonly vmas: readonly number[];
  readonly pages: readonly number[];
}

export interface MarkColumns {
  /** Index into `vmas`, or the number of the CPU. */
  readonly lane: readonly number[];
  /** A letter per mark, see MARK_LETTERS. */
  readonly k: string;
  readonly t: readonly number[];
  readonly d: readonly number[];
  /** Events in it; empty when each has one. */
  readonly n: readonly number[];
  readonly cpu: readonly number[];
  readonly task: readonly number[];
  /** Function, and result (0: none), of the first event. */
  readonly fn: readonly number[];
  readonly res: readonly number[];
  /** Page of its address; -1 when it has none. */
  readonly page: readonly number[];
  /** Its line or offset. */
  readonly at: readonly number[];
}

export interface FindingData {
  readonly id: string;
  readonly rule: string;
  readonly severity: string;
  readonly confidence: string;
  readonly message: string;
  /** Index into `vmas`; -1. */
  readonly vma: number;
  readonly zap: string | null;
  readonly pages: number;
  readonly t: number;
  readonly exposed: number | null;
  readonly ended: string | null;
  readonly fingerprint: string;
  readonly missing: readonly string[];
  readonly evidence: readonly EvidenceData[];
}

export interface EvidenceData {
  readonly role: string;
  readonly t: number;
  readonly cpu: number;
  readonly task: string;
  readonly text: string;
  /** `line 812`, `offset 0x1f40`. */
  readonly at: string;
}

/** Letters of states and marks; the client has the same in `stateOf` and `markOf`. */
export const STATE_LETTERS = {
  empty: 'e',
  populated: 'p',
  zapped: 'z',
  blocked: 'b',
  're-enabled': 'r',
  stray: 's',
  maybe: 'm',
  mixed: 'x',
  none: 'n',
} as const;

export const MARK_LETTERS = {
  install: 'i',
  refused: 'f',
  visit: 'v',
  zap: 'z',
  map: 'm',
  access: 'a',
} as const;

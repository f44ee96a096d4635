import type { Confidence, Severity, Verdict } from '../records.js';

/** A number before and after; null: that trace cannot tell. */
export interface Pair<T = number | null> {
  before: T;
  after: T;
}

export interface TraceSide {
  input: string;
  format: string;
  clock: string | null;
  verdict: Verdict;
  records: number;
  lost: number;
  vmas: number;
  zaps: number;
  /** Codes of what was not recorded, as in the trace's `faults` record. */
  missing: string[];
}

/** One kind of finding, by fingerprint: it survives other addresses, pids and times. */
export interface FindingChange {
  change: 'new' | 'gone' | 'unchanged';
  fingerprint: string;
  rule: string;
  severity: Severity;
  confidence: Confidence;
  /** Of the first one, of the after trace where it has any. */
  message: string;
  before: number;
  after: number;
}

export interface Distribution {
  n: number;
  median_ns: number;
  p99_ns: number;
  max_ns: number;
}

/** VMAs that map the same pages of a device's file: the same BAR range, wherever it was mapped. */
export interface MappingSide {
  vmas: number;
  faults: number | null;
  blocked: number | null;
  /** Installs by order. */
  orders: Record<string, number> | null;
  /** Fewest faults for one of them where it was, the largest of them. */
  fewest: number | null;
}

/** What differs between two traces. Numbers are those of the traces' `faults` records. */
export interface DiffRecord {
  type: 'diff';
  schema: string;
  version: string;
  before: TraceSide;
  after: TraceSide;
  /** The after trace has findings that the before trace has not, or a worse verdict. */
  worse: boolean;
  /** Why it is worse; why numbers cannot be compared. */
  reasons: string[];
  findings: FindingChange[];
  counts: Record<
    'faults' | 'calls' | 'installing' | 'refaults' | 'wasted' | 'blocked' | 'zaps' | 'pages_cleared',
    Pair
  >;
  page_size: Pair<number>;
  /** Installs and pages by order. */
  orders: Record<string, Pair<{ installs: number; pages: number } | null>>;
  fallbacks: (Pair & { order: number | null; reason: string })[];
  /** Faults per VMA that had any. */
  faults_per_vma: Pair<{ vmas: number; median: number; max: number; mean: number } | null>;
  /** By file offset and size, most faults first. */
  mappings: (Pair<MappingSide | null> & { pgoff: string; pages: number })[];
  /** ns, or ticks where a clock has no unit; then `comparable` is false. */
  latency: Record<LatencyName, Pair<Distribution | null>>;
  comparable: boolean;
}

export const LATENCIES = [
  'handler',
  'lock_wait',
  'insert',
  'zap',
  'zap_visit',
  'zap_lock_wait',
  'window',
  'time_back',
] as const;
export type LatencyName = (typeof LATENCIES)[number];

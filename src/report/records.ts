/**
 * The records of schema `zaptrace/1`: what every output is made of. All outputs take a stream of these and nothing
 * else. Addresses and pointers are `0x…` strings, `t_ns` and `*_ns` numbers relative to the trace's first record.
 * Additive changes only.
 */
import type { DiffRecord } from './diff/records.js';
import type { ExplanationRecord } from './explain/record.js';
import type { FaultsRecord, ZapCostRecord } from './faults/records.js';

export const SCHEMA = 'zaptrace/1';

export type Verdict = 'clean' | 'inconclusive' | 'violation';
export type Severity = 'error' | 'warning' | 'note';
export type Confidence = 'confirmed' | 'possible';
export type Coverage = 'checked' | 'partial' | 'unavailable';

/** Where a record stands in its input: `line` for text, byte `offset` for binary formats. */
export interface Origin {
  input: string;
  line?: number;
  offset?: number;
}

export interface HeaderRecord {
  type: 'header';
  schema: typeof SCHEMA;
  version: string;
  input: string;
  format: string;
  /** trace_clock name; null when the trace does not say. */
  clock: string | null;
  /** Absolute time of the first event: seconds, or a raw count, as a string; null for an empty trace. */
  base: string | null;
}

export interface EventRecord {
  type: 'event';
  /** Role of the function in the mapping's life (`install`, `zap`, `visit`, …); `other` with `--all`. */
  kind: string;
  /** Event name as recorded. */
  name: string;
  /** Absolute time exactly as the source has it. */
  ts: string;
  t_ns: number;
  /** Return time of a paired entry; null for a point event or one whose return was not seen. */
  end_ns: number | null;
  cpu: number;
  pid: number;
  comm: string;
  symbol: string | null;
  device: string | null;
  vma: string | null;
  address: string | null;
  pages: number | null;
  order: number | null;
  pfn: string | null;
  /** Return value or decision, as text (`0x100 NOPAGE`, `0`, `-16`). */
  result: string | null;
  origin: Origin;
  /** `--all`: all fields as recorded; of an event with a return record, those of both. */
  fields?: Record<string, unknown>;
}

/** What a VMA went through; consecutive, the last one may be open (`end_ns` null). */
export interface Epoch {
  state: 'populated' | 'zapped' | 'blocked' | 're-enabled' | 'stray' | 'empty';
  start_ns: number;
  end_ns: number | null;
  /** Pages known present at the end of the epoch. */
  pages: number;
}

export interface VmaRecord {
  type: 'vma';
  /** `vma1`, `vma2`, … in order of appearance; (pointer, generation) inside. */
  id: string;
  pointer: string;
  mm: string | null;
  pid: number;
  comm: string;
  start: string | null;
  end: string | null;
  pgoff: string | null;
  device: string | null;
  mapping: string | null;
  created_ns: number | null;
  linked_ns: number | null;
  removed_ns: number | null;
  installs: number;
  pages_installed: number;
  pages_present: number;
  blocked_faults: number;
  zap_visits: number;
  /** Installs by order: 0 (PTE), 9 (PMD), 18 (PUD). */
  orders: Record<string, number>;
  epochs: Epoch[];
}

export interface ZapRecord {
  type: 'zap';
  id: string;
  cause: string;
  device: string | null;
  mapping: string | null;
  start_ns: number;
  end_ns: number | null;
  /** Earliest time at which the device allowed mappings again; null while blocked or unknown. */
  unblocked_ns: number | null;
  pid: number;
  comm: string;
  cpu: number;
  /** Ids of the VMAs it visited. */
  vmas: string[];
  pages_cleared: number;
}

export interface Evidence {
  /** What this record shows: `install`, `zap-begin`, `range-walked`, `zap-end`, `rmap-insert`, `mmap-return`, … */
  role: string;
  ts: string;
  t_ns: number;
  cpu: number;
  pid: number;
  comm: string;
  /** The event in kernel words with its argument values. */
  text: string;
  origin: Origin;
}

export interface FindingRecord {
  type: 'finding';
  /** `F1`, `F2`, … in order of proof. */
  id: string;
  rule: string;
  severity: Severity;
  confidence: Confidence;
  message: string;
  device: string | null;
  /** Id of the vma record. */
  vma: string | null;
  /** Id of the zap record; null for latent findings. */
  zap: string | null;
  /** First stray page. */
  address: string | null;
  pages: number;
  ts: string;
  t_ns: number;
  /** How long the stray PTEs were reachable; null when open or not applicable. */
  exposed_ns: number | null;
  /** `unmap`, `exit`, `zap`, `re-enabled`, `trace-end`; null when not applicable. */
  ended_by: string | null;
  /** Survives other addresses, pids and times. */
  fingerprint: string;
  evidence: Evidence[];
  /** For `possible`: what is missing, and what would settle it. */
  missing?: string[];
  /** Only with a baseline: whether the baseline has it. Known findings do not count for the verdict. */
  known?: boolean;
}

export interface DiagnosticRecord {
  type: 'diagnostic';
  code: string;
  severity: Severity;
  message: string;
  count: number;
  origin: Origin | null;
}

export interface SummaryRecord {
  type: 'summary';
  input: string;
  verdict: Verdict;
  reasons: string[];
  coverage: Record<string, Coverage>;
  /** For each rule that is not fully checked: what to add. */
  advice: Record<string, string>;
  counts: {
    records: number;
    events: number;
    lost: number;
    unparsed: number;
    vmas: number;
    zaps: number;
    installs: number;
    findings: { error: number; warning: number; note: number };
    /** Only with a baseline: findings that it has; they are not in `findings`. */
    known?: number;
  };
}

export interface TotalRecord {
  type: 'total';
  verdict: Verdict;
  traces: number;
  verdicts: Record<Verdict, number>;
  /** Inputs that could not be read, with the reason. */
  failed: { input: string; message: string }[];
}

export type AnyRecord =
  | HeaderRecord
  | EventRecord
  | VmaRecord
  | ZapRecord
  | FindingRecord
  | ExplanationRecord
  | FaultsRecord
  | ZapCostRecord
  | DiffRecord
  | DiagnosticRecord
  | SummaryRecord
  | TotalRecord;

import type { FindingRecord, Origin, VmaRecord, ZapRecord } from '../records.js';

/**
 * The proof of one finding as a story: what every output of `zaptrace explain` is made of, and what `-f json` prints.
 * Members are only ever added.
 */
export interface ExplanationRecord {
  type: 'explanation';
  finding: FindingRecord;
  /** The VMA and the zap that the finding names; null when the trace does not have them. */
  vma: VmaRecord | null;
  zap: ZapRecord | null;
  /** Ids of the findings of the same shape that are not shown. */
  alike: string[];
  rule: { id: string; title: string; proves: string; remedy: string };
  /** The moment that `since_ns` of the steps counts from. */
  zero: { t_ns: number; ts: string };
  steps: Step[];
  /** Why the order of what matters is certain, or is not. */
  order: OrderFact[];
  /** What else the trace shows in favour of the finding. */
  facts: string[];
  /** The stray pages, when the trace tells exactly which. */
  stray: PageRange[] | null;
  /** The trace's own words for the evidence, in order. */
  raw: RawRecord[];
}

/** One line of the interleaving. */
export interface Step {
  t_ns: number;
  since_ns: number;
  /** -1: the record does not tell. */
  cpu: number;
  pid: number;
  comm: string;
  /** Role of the evidence (`install`, `zap-begin`, …); of context, the event's kind. */
  role: string;
  /** `call`: begin and end with nothing in between; `point`: an action without duration. */
  phase: 'call' | 'begin' | 'end' | 'point';
  /** The same number at the begin and the end of one interval. */
  frame: number;
  /** How many calls of the same task it runs inside. */
  depth: number;
  /** When the call returned, where that is known. */
  end_ns: number | null;
  /** The event in kernel words with its argument values. */
  text: string;
  /** What is decisive about this moment. */
  marks: string[];
  /** false: it only helps to understand; the proof does not rest on it. */
  evidence: boolean;
  origin: Origin | null;
}

export interface OrderFact {
  /** `the zap ended before the VMA entered the rmap` */
  text: string;
  gap_ns: number;
  certain: boolean;
  /** Why it is certain, or why it is not. */
  because: string;
}

/** Pages [start, end) by user address. */
export interface PageRange {
  start: string;
  end: string;
}

export interface RawRecord {
  role: string;
  origin: Origin;
  ts: string;
  cpu: number;
  pid: number;
  comm: string;
  /** The line as it stands in a text trace; null: a binary record, or an input that cannot be read again. */
  line: string | null;
  /** The event in kernel words. */
  text: string;
}

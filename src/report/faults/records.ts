import type { Origin } from '../records.js';

/**
 * Records of `zaptrace faults`, schema `zaptrace/1`. Pages count 4 KiB, orders count base pages (`page_size`). A number
 * that the trace cannot tell is null, never 0; `missing` of the trace's record says what was not recorded.
 */

/** Counts of VM_FAULT_FALLBACK by order and reason, or of faults for which the core did not ask for a huge entry. */
export interface FallbackRecord {
  /** null: not recorded. */
  order: number | null;
  reason: string;
  count: number;
}

/** The orders that faults went through, and how they ended: `installed`, `present`, `sigbus`, `oom`, `other`, `unfinished`. */
export interface ChainRecord {
  orders: number[];
  end: string;
  count: number;
}

/** Durations in ns (ticks of a clock without unit). The histogram's buckets are [from, to), powers of two. */
export interface LatencyRecord {
  n: number;
  total_ns: number;
  min_ns: number;
  median_ns: number;
  p99_ns: number;
  max_ns: number;
  histogram: { from_ns: number; to_ns: number; count: number }[];
}

export interface FaultCounts {
  /** VMAs that are counted here. */
  vmas: number;
  /** Calls of the fault handler; a fault takes several when orders are refused. */
  calls: number | null;
  /** Faults that the handler brought to an end. */
  faults: number | null;
  /** They made an entry present. */
  installing: number | null;
  /** Of these: after a zap of the VMA. */
  refaults: number | null;
  /** NOPAGE although the entry was present: a concurrent fault was faster. */
  wasted: number | null;
  /** SIGBUS. */
  blocked: number | null;
  out_of_memory: number | null;
  /** Calls that returned RETRY. */
  retried: number | null;
  /** Chains of refused orders without an end in the trace. */
  unfinished: number | null;
  /** Calls whose result was not recorded. */
  unknown: number | null;
  /** Faults per second between the first and the last one. */
  rate_per_s: number | null;
  /** Entries written and pages that they made present, by order. */
  orders: Record<string, { installs: number; pages: number }> | null;
  fallbacks: FallbackRecord[] | null;
  chains: ChainRecord[] | null;
  latency: {
    handler: LatencyRecord | null;
    /** Handler's entry to the first sign that it has the driver's lock. */
    lock_wait: LatencyRecord | null;
    insert: LatencyRecord | null;
    /** A zap's work on one VMA. */
    zap_visit: LatencyRecord | null;
  };
}

/** The fewest faults that a VMA could take, where it is and at the best address. */
export interface FewestRecord {
  own: number;
  best: number;
  /** Entries by order. */
  own_entries: Record<string, number>;
  best_entries: Record<string, number>;
  /** Handler time that they would take, at the mean of this VMA's installing faults. An estimate; null without one. */
  own_ns: number | null;
  best_ns: number | null;
}

export interface AlignmentRecord {
  /** What the address was compared with. */
  against: 'pfn' | 'pgoff';
  /** Largest order of which the VMA has a whole block at the right address. */
  best_order: number;
  /** Bytes of an entry of that order. */
  size: string;
  /** What the start of the mapping must be modulo `size`. */
  offset: string;
  /** How far up the start would have to move; `0x0`: it is right. */
  shift: string;
}

export interface VmaFaultsRecord extends FaultCounts {
  type: 'faults';
  scope: 'vma';
  id: string;
  pointer: string;
  device: string | null;
  pid: number;
  comm: string;
  /** The largest range that it had. */
  start: string | null;
  end: string | null;
  pages: number | null;
  pgoff: string | null;
  /** pfn of its start. */
  pfn: string | null;
  page_size: number;
  /** `entry`: one entry per fault; `vma`: all of it at the first fault; `mmap`: all of it in mmap. */
  populates: 'entry' | 'vma' | 'mmap' | 'unknown';
  fewest: FewestRecord | null;
  alignment: AlignmentRecord | null;
  /** What would let it use larger entries. */
  advice: string[];
}

/** Zaps of a device or a trace. */
export interface ZapSums {
  zaps: number | null;
  pages_cleared: number | null;
  /** Straight line through zap time over entries cleared; null for fewer than three different zaps. */
  cost: { fixed_ns: number; per_entry_ns: number; r2: number; n: number } | null;
  /** Zaps whose pages were faulted in again: of how many all came back, the faults that it took, and how long until then. */
  refault_sums: {
    zaps: number;
    back: number;
    faults: number | null;
    pages: number;
    pages_back: number;
    time_back: LatencyRecord | null;
  };
  latency: FaultCounts['latency'] & {
    /** The zap function. */
    zap: LatencyRecord | null;
    /** Entry of the function that blocks the device to the zap: waiting for the lock. */
    zap_lock_wait: LatencyRecord | null;
    /** Zap's begin to re-enable. */
    window: LatencyRecord | null;
  };
}

export interface DeviceFaultsRecord extends Omit<FaultCounts, 'latency'>, ZapSums {
  type: 'faults';
  scope: 'device';
  device: string | null;
}

export interface SlowRecord {
  what: 'handler' | 'insert' | 'zap' | 'visit';
  ns: number;
  vma: string | null;
  zap: string | null;
  address: string | null;
  order: number | null;
  ts: string;
  t_ns: number;
  cpu: number;
  pid: number;
  comm: string;
  origin: Origin | null;
}

export interface TraceFaultsRecord extends Omit<FaultCounts, 'latency'>, ZapSums {
  type: 'faults';
  scope: 'trace';
  input: string;
  page_size: number;
  /** `trace`: from the kernel release or the orders in the trace; `assumed`: nothing tells, 4 KiB it is. */
  page_size_from: 'trace' | 'assumed';
  /** `ticks`: the clock has no unit, all `_ns` are its ticks. */
  unit: 'ns' | 'ticks';
  /** Rounding of the times, ns: durations are off by up to that. */
  resolution_ns: number;
  lost: number;
  /** A handler was asked for an order above 0 at least once; null: orders are not recorded. */
  huge_orders_asked: boolean | null;
  /** Codes of what was not recorded, with what that leaves open. */
  missing: { code: string; text: string }[];
  /** The ten longest of each kind, longest first. */
  worst: SlowRecord[];
}

export interface ZapCostRecord {
  type: 'zap-cost';
  /** Id of the zap record. */
  zap: string;
  cause: string;
  device: string | null;
  ts: string;
  t_ns: number;
  zap_ns: number | null;
  /** Entry of the blocking function to the zap: its lock. */
  lock_wait_ns: number | null;
  /** VMAs that it walked; null when per-VMA calls are not recorded. */
  visits: number | null;
  /** Present entries that it met, by order. */
  entries: Record<string, number>;
  pages_cleared: number;
  /** Zap's begin to re-enable; null while blocked or unknown. */
  window_ns: number | null;
  /** Null: nothing was cleared, a later zap of the same window has it, or mappings were not allowed again. */
  refault: {
    faults: number | null;
    handler_ns: number | null;
    pages: number;
    pages_back: number;
    /** Re-enable to the last page; null: not all came back. */
    back_ns: number | null;
    /** `back`, `unmapped`, `next-zap`, `trace-end`. */
    ended: string;
  } | null;
  origin: Origin | null;
}

export type FaultsRecord = VmaFaultsRecord | DeviceFaultsRecord | TraceFaultsRecord;

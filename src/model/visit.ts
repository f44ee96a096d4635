import type { Mark } from './mark.js';
import type { Zap } from './zap.js';

/** One visit of a zap to a VMA: [begin, end] of the per-VMA zap call and the pages it walked. */
export interface Visit {
  zap: Zap;
  begin: number;
  end: number;
  beginSeq: number;
  endSeq: number;
  cpu: number;
  endCpu: number;
  /** Pages [from, to). */
  from: number;
  to: number;
  /** It told the range of the VMA: that is what was mapped then. */
  told: boolean;
  /** Earlier visit of the same zap to this VMA. */
  previous: Visit | null;
  mark: Mark | null;
}

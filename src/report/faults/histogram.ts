import { duration, units } from '../text.js';
import type { LatencyRecord } from './records.js';

export type TimeUnit = 'ns' | 'ticks';

/** A duration of this clock for people; `-` for none. */
export function time(ns: number | null | undefined, unit: TimeUnit): string {
  if (ns === null || ns === undefined) return '-';
  return unit === 'ticks' ? `${ns} ticks` : duration(Math.round(ns));
}

/** Columns that labels and counts take before the bar. */
const LABEL = 10;

/**
 * One line per power of two:
 *
 *      2.05 µs        9  ████████████
 */
export function histogram(
  { histogram: buckets }: LatencyRecord,
  unit: TimeUnit,
  width: number,
  unicode: boolean,
): string[] {
  const most = Math.max(...buckets.map((bucket) => bucket.count));
  const digits = Math.max(5, ...buckets.map((bucket) => count(bucket.count).length));
  const room = Math.min(40, Math.max(10, width - LABEL - digits - 8));
  return buckets.map((bucket) => {
    const length = bucket.count === 0 ? 0 : Math.max(1, Math.round((bucket.count / most) * room));
    const label = units(time(bucket.from_ns, unit), unicode).padStart(LABEL);
    return `  ${label}  ${count(bucket.count).padStart(digits)}  ${'█'.repeat(length)}`.trimEnd();
  });
}

const count = (n: number): string => n.toLocaleString('en-US');

import type { Loss } from '../record.js';
import { type RecordedEvents, u64 } from './events.js';
import { RECORD_HEADER } from './layout.js';
import { MISC_DROPPED_BY_FILTER, RECORD } from './record-types.js';

/**
 * What a record says of lost events; null when nothing that matters.
 *
 *     LOST          u64 id, u64 lost            the buffer was full
 *     THROTTLE      u64 time, u64 id, u64 stream  the event is off from here to UNTHROTTLE
 *     LOST_SAMPLES  u64 lost                    with a time the kernel wrote it in place, without one perf record did
 *                                               at the end, as a total
 */
export function lossOf(
  events: RecordedEvents,
  type: number,
  view: DataView,
  at: number,
  length: number,
  littleEndian: boolean,
  origin: number,
): Loss | null {
  const cpu = cpuOf(events, view, at, length, littleEndian);
  if (type === RECORD.LOST && length >= 24)
    return { cpu, count: u64(view, at + 16, littleEndian), where: 'gap', origin };
  if (type === RECORD.THROTTLE && length >= 24 && events.isTracepoint(view, at + 16, littleEndian))
    return { cpu, count: -1, where: 'gap', origin };
  if (type === RECORD.LOST_SAMPLES && length >= 16) {
    if ((view.getUint16(at + 4, littleEndian) & MISC_DROPPED_BY_FILTER) !== 0) return null;
    const count = u64(view, at + 8, littleEndian);
    const trailer = events.ofOther(view, at, length, littleEndian)?.trailerTime ?? -1;
    const timed = isIn(length, trailer) && u64(view, at + length - trailer, littleEndian) !== 0;
    return count === 0 ? null : { cpu, count, where: timed ? 'gap' : 'total', origin };
  }
  return null;
}

/** The CPU that a record other than a sample tells in its trailer (sample_id_all); -1 when it does not. */
export function cpuOf(
  events: RecordedEvents,
  view: DataView,
  at: number,
  length: number,
  littleEndian: boolean,
): number {
  const trailer = events.ofOther(view, at, length, littleEndian)?.trailerCpu ?? -1;
  return isIn(length, trailer) ? view.getInt32(at + length - trailer, littleEndian) : -1;
}

/** Whether a record of this length has something at this distance from its end. */
const isIn = (length: number, distance: number): boolean =>
  distance >= 0 && distance + RECORD_HEADER <= length;

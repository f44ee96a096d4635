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
  const layout = events.ofOther(view, at, length, littleEndian);
  const behind = (distance: number) => distance >= 0 && distance + RECORD_HEADER <= length;
  const { trailerCpu, trailerTime } = layout ?? { trailerCpu: -1, trailerTime: -1 };
  const cpu = behind(trailerCpu) ? view.getInt32(at + length - trailerCpu, littleEndian) : -1;
  if (type === RECORD.LOST && length >= 24)
    return { cpu, count: u64(view, at + 16, littleEndian), where: 'gap', origin };
  if (type === RECORD.THROTTLE && length >= 24 && events.isTracepoint(view, at + 16, littleEndian))
    return { cpu, count: -1, where: 'gap', origin };
  if (type === RECORD.LOST_SAMPLES && length >= 16) {
    if ((view.getUint16(at + 4, littleEndian) & MISC_DROPPED_BY_FILTER) !== 0) return null;
    const count = u64(view, at + 8, littleEndian);
    const timed = behind(trailerTime) && u64(view, at + length - trailerTime, littleEndian) !== 0;
    return count === 0 ? null : { cpu, count, where: timed ? 'gap' : 'total', origin };
  }
  return null;
}

// Flags of a sub-buffer's commit word (kernel/trace/ring_buffer.c).
const MISSED_EVENTS = 0x80000000;
const MISSED_STORED = 0x40000000;

/** The bytes used, in the commit word. */
export const COMMIT_MASK = 0x07ffffff;

/**
 * How many events the kernel lost before a sub-buffer: 0 none, -1 it does not say. The count is a long behind the
 * data at `end`, when it fitted into the `room` there.
 */
export function missedBefore(
  commit: number,
  view: DataView,
  end: number,
  room: number,
  longSize: 4 | 8,
  littleEndian: boolean,
): number {
  if ((commit & MISSED_EVENTS) === 0) return 0;
  if ((commit & MISSED_STORED) === 0 || room < longSize) return -1;
  const first = view.getUint32(end, littleEndian);
  if (longSize === 4) return first === 0 ? -1 : first;
  const second = view.getUint32(end + 4, littleEndian);
  const count = littleEndian ? second * 4294967296 + first : first * 4294967296 + second;
  return Number.isSafeInteger(count) && count > 0 ? count : -1;
}

import type { RecordEmitter } from '../binary/emitter.js';
import { type EventPlace, PID_IN_RECORD, swap32 } from '../binary/event-place.js';
import { IGNORED } from '../binary/kind-table.js';
import type { Arena } from './arena.js';
import { rawOffset, type SampleLayout } from './layout.js';

/**
 * Points `place` at the event record inside the sample at `at` (a multiple of 8), with its CPU and thread. false when
 * the sample is too short for what its layout says. Time and origin are the caller's.
 */
export function placeSample(
  place: EventPlace,
  layout: SampleLayout,
  arena: Arena,
  at: number,
  littleEndian: boolean,
  swap: boolean,
): boolean {
  const { words, view } = arena;
  let length = words[(at >>> 2) + 1];
  if (swap) length = swap32(length);
  length = littleEndian ? length >>> 16 : length & 0xffff;
  const raw = layout.plain ? layout.variableAt : rawOffset(layout, view, at, length, littleEndian);
  if (raw < 0 || raw + 4 > length) return false;
  let size = words[(at + raw) >>> 2];
  let cpu = layout.cpuAt < 0 ? -1 : words[(at + layout.cpuAt) >>> 2];
  let tid = layout.tidAt < 0 ? PID_IN_RECORD : words[(at + layout.tidAt + 4) >>> 2];
  if (swap) {
    size = swap32(size);
    if (layout.cpuAt >= 0) cpu = swap32(cpu);
    if (layout.tidAt >= 0) tid = swap32(tid);
  }
  if (size < 0 || raw + 4 + size > length) return false;
  place.words = words;
  place.view = view;
  place.at = at + raw + 4;
  place.length = size;
  place.cpu = cpu;
  place.pid = tid;
  return true;
}

/** Whether the sample is known to be of no interest, and intact: then it only counts. */
export function ignorable(
  emitter: RecordEmitter,
  layout: SampleLayout,
  arena: Arena,
  at: number,
  length: number,
  littleEndian: boolean,
  swap: boolean,
): boolean {
  const { words } = arena;
  const raw = layout.plain ? layout.variableAt : rawOffset(layout, arena.view, at, length, littleEndian);
  if (raw < 0 || raw + 4 > length || !layout.tracepoint) return false;
  let size = words[(at + raw) >>> 2];
  if (swap) size = swap32(size);
  return size >= 0 && raw + 4 + size <= length && emitter.classify(words, at + raw + 4, size) === IGNORED;
}

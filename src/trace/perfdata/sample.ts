import { type EventPlace, PID_IN_RECORD, swap32 } from '../binary/event-place.js';
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
  if (swap) size = swap32(size);
  if (size < 0 || raw + 4 + size > length) return false;
  placeWhole(place, layout, arena, at, raw, swap);
  return true;
}

/**
 * Where the raw data of an intact sample of a tracepoint begin, of the `length` bytes at `at`, whose event record is
 * whole; -1 when that is not so.
 */
export function wholeRaw(
  layout: SampleLayout,
  arena: Arena,
  at: number,
  length: number,
  littleEndian: boolean,
  swap: boolean,
): number {
  const raw = layout.plain ? layout.variableAt : rawOffset(layout, arena.view, at, length, littleEndian);
  if (raw < 0 || raw + 4 > length || !layout.tracepoint) return -1;
  let size = arena.words[(at + raw) >>> 2];
  if (swap) size = swap32(size);
  return size >= 0 && raw + 4 + size <= length ? raw : -1;
}

/** `placeSample` of a sample whose raw data are known to begin at `raw`, and to be whole. */
export function placeWhole(
  place: EventPlace,
  layout: SampleLayout,
  arena: Arena,
  at: number,
  raw: number,
  swap: boolean,
): void {
  const { words, view } = arena;
  const size = words[(at + raw) >>> 2];
  const cpu = layout.cpuAt < 0 ? -1 : words[(at + layout.cpuAt) >>> 2];
  const tid = layout.tidAt < 0 ? PID_IN_RECORD : words[(at + layout.tidAt + 4) >>> 2];
  place.words = words;
  place.view = view;
  place.at = at + raw + 4;
  place.length = swap ? swap32(size) : size;
  place.cpu = swap && layout.cpuAt >= 0 ? swap32(cpu) : cpu;
  place.pid = swap && layout.tidAt >= 0 ? swap32(tid) : tid;
}

import type { Decoder } from '../decoder/decoder.js';
import { swap32 } from '../decoder/host.js';
import { AT, CPU, LENGTH, NO_PID, PID } from '../decoder/rows.js';
import type { Arena } from './arena.js';
import { rawOffset, type SampleLayout } from './layout.js';

/**
 * Points the decoder's row at the event record inside the sample at `at` (a multiple of 8), with its CPU and thread. false when
 * the sample is too short for what its layout says. Time and origin are the caller's.
 */
export function placeSample(
  decoder: Decoder,
  row: number,
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
  placeWhole(decoder, row, layout, arena, at, raw, swap);
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
  decoder: Decoder,
  row: number,
  layout: SampleLayout,
  arena: Arena,
  at: number,
  raw: number,
  swap: boolean,
): void {
  const { words } = arena;
  const size = words[(at + raw) >>> 2];
  const cpu = layout.cpuAt < 0 ? -1 : words[(at + layout.cpuAt) >>> 2];
  const tid = layout.tidAt < 0 ? NO_PID : words[(at + layout.tidAt + 4) >>> 2];
  const to = decoder.words;
  to[row + AT] = arena.base + at + raw + 4;
  to[row + LENGTH] = swap ? swap32(size) : size;
  to[row + CPU] = swap && layout.cpuAt >= 0 ? swap32(cpu) : cpu;
  to[row + PID] = swap && layout.tidAt >= 0 ? swap32(tid) : tid;
}

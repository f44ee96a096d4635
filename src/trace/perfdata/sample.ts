import type { Decoder } from '../decoder/decoder.js';
import { AT, CPU, LENGTH, NO_PID, PID } from '../decoder/rows.js';
import { rawOffset, type SampleLayout } from './layout.js';

/**
 * Where the raw data of the sample of `length` bytes at `at` begin, counted from there, when the event record in them is
 * whole; -1 when it is not, or the sample is too short for what its layout says.
 */
export function wholeRaw(
  layout: SampleLayout,
  view: DataView,
  at: number,
  length: number,
  littleEndian: boolean,
): number {
  const raw = rawOffset(layout, view, at, length, littleEndian);
  if (raw < 0 || raw + 4 > length) return -1;
  const size = view.getInt32(at + raw, littleEndian);
  return size >= 0 && raw + 4 + size <= length ? raw : -1;
}

/**
 * Points the decoder's row at the event record inside the sample at `at`, with its CPU and thread. false when there is
 * no whole one. Time and origin are the caller's.
 */
export function placeSample(decoder: Decoder, row: number, layout: SampleLayout, at: number): boolean {
  const { view, words, littleEndian } = decoder;
  const raw = wholeRaw(layout, view, at, view.getUint16(at + 6, littleEndian), littleEndian);
  if (raw < 0) return false;
  words[row + AT] = at + raw + 4;
  words[row + LENGTH] = view.getInt32(at + raw, littleEndian);
  words[row + CPU] = layout.cpuAt < 0 ? -1 : view.getInt32(at + layout.cpuAt, littleEndian);
  words[row + PID] = layout.tidAt < 0 ? NO_PID : view.getInt32(at + layout.tidAt + 4, littleEndian);
  return true;
}

import type { Clock } from '../clock.js';
import type { DatLayout } from './layout.js';
import type { CpuStream } from './stream.js';
import { GuestTimebase, type Timebase, TscTimebase } from './timebase.js';

/**
 * Gives all streams one zero: the trace's first record. Ring-buffer times are 64 bits wide and do not fit a double,
 * so they are taken relative to one CPU's first sub-buffer, then moved to the earliest record.
 */
export function startStreams(streams: readonly CpuStream[], layout: DatLayout, clock: Clock): void {
  const opened: CpuStream[] = [];
  const first: [number, number][] = [];
  for (const stream of streams) {
    const time = stream.open();
    if (time === null) continue;
    opened.push(stream);
    first.push(time);
  }
  if (opened.length === 0) return;
  // The lower median: one damaged sub-buffer must not cost the others their precision.
  const base = first.sort((a, b) => a[0] - b[0] || a[1] - b[1])[(first.length - 1) >> 1];
  const { options } = layout;
  const rawBase = BigInt(base[0]) * 0x100000000n + BigInt(base[1]);
  let timebase: Timebase | null = null;
  if (options.shift !== null) timebase = new GuestTimebase(rawBase, options.shift, options.scale);
  else if (options.scale !== null) timebase = new TscTimebase(rawBase, options.scale);
  let zero = Number.POSITIVE_INFINITY;
  for (const stream of opened) {
    stream.start(base[0], base[1], timebase);
    zero = Math.min(zero, stream.t);
  }
  if (zero === Number.POSITIVE_INFINITY) return;
  for (const stream of opened) stream.rebase(zero);
  clock.base = (timebase?.base ?? rawBase) + BigInt(zero) + options.offset;
}

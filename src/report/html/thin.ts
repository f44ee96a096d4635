import type { Span, State } from '../timeline/spans.js';

/** A span as it is drawn: `mixed` stands for several short ones. */
export interface Drawn {
  readonly state: State | 'mixed';
  readonly start: number;
  readonly end: number;
  readonly pages: number;
}

/** Never merged: they are what the picture is for. */
const isKept = (state: Drawn['state']): boolean => state === 'stray' || state === 'maybe';

/**
 * Lanes with at most `budget` spans together: runs of spans shorter than a length that grows until they fit become one
 * span `mixed`. `merged` counts the spans that are no longer there.
 */
export function thin(
  lanes: readonly (readonly Span[])[],
  budget: number,
): { lanes: readonly (readonly Drawn[])[]; merged: number } {
  const all = lanes.reduce((sum, lane) => sum + lane.length, 0);
  let drawn: readonly (readonly Drawn[])[] = lanes;
  let left = all;
  for (let length = 256; left > budget && length < 2 ** 60; length *= 4) {
    drawn = lanes.map((lane) => mergeShort(lane, length));
    left = drawn.reduce((sum, lane) => sum + lane.length, 0);
  }
  return { lanes: drawn, merged: all - left };
}

function mergeShort(lane: readonly Span[], length: number): Drawn[] {
  const out: Drawn[] = [];
  let run: Span[] = [];
  const flush = () => {
    if (run.length === 1) out.push(run[0]);
    else if (run.length > 1)
      out.push({ state: 'mixed', start: run[0].start, end: run.at(-1)!.end, pages: run.at(-1)!.pages });
    run = [];
  };
  for (const span of lane) {
    const short = span.end - span.start < length && !isKept(span.state);
    if (short && run.length > 0 && span.end - run[0].start > length * 16) flush();
    if (short) {
      run.push(span);
      continue;
    }
    flush();
    out.push(span);
  }
  flush();
  return out;
}

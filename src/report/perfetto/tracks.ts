/** A slice before it has a track: ns since the trace's first record. */
export interface Slice {
  readonly start: number;
  readonly length: number;
  readonly name: string;
  readonly category: string;
  readonly args: Record<string, unknown>;
}

/**
 * Slices of one track must nest: one that begins inside another ends inside it. Those that do not (two tasks at work
 * on one VMA at a time) get further tracks. `disjoint`: not even nested, so that a flow binds to exactly one slice.
 */
export function arrange<T extends Slice>(slices: readonly T[], disjoint = false): T[][] {
  const tracks: { open: Slice[]; slices: T[] }[] = [];
  const sorted = [...slices].sort((a, b) => a.start - b.start || b.length - a.length);
  for (const slice of sorted) {
    let track = tracks.find(({ open }) => fits(slice, open, disjoint));
    if (track === undefined) tracks.push((track = { open: [], slices: [] }));
    track.open.push(slice);
    track.slices.push(slice);
  }
  return tracks.map((track) => track.slices);
}

const endOf = (slice: Slice): number => slice.start + slice.length;

/** `open` is left with the slices that have not ended when this one begins. */
function fits(slice: Slice, open: Slice[], disjoint: boolean): boolean {
  while (open.length > 0 && endOf(open.at(-1)!) <= slice.start) open.pop();
  const top = open.at(-1);
  if (top === undefined) return true;
  return !disjoint && endOf(slice) <= endOf(top);
}

import type { VmaRecord } from '../records.js';
import type { Cell } from '../timeline/cells.js';
import type { Picture } from '../timeline/picture.js';
import {
  type EvidenceSlice,
  epochSlices,
  evidenceSlices,
  findingSlice,
  markSlice,
  windowSlice,
  zapSlice,
} from './slices.js';
import { arrange, type Slice } from './tracks.js';

/** An event of Chrome's Trace Event Format: what this output uses of it. */
export interface TraceEvent {
  readonly ph: 'X' | 'M' | 's' | 't' | 'f';
  readonly pid: number;
  readonly tid: number;
  readonly name: string;
  readonly cat?: string;
  /** Microseconds. */
  readonly ts?: number;
  readonly dur?: number;
  readonly id?: number;
  readonly bp?: 'e';
  readonly args?: Record<string, unknown>;
}

/** Process numbers; numbers of threads are unique in the whole file, because Perfetto names threads by them. */
const FINDINGS = 1;
const EVIDENCE = 2;
const DEVICES = 10;
const FIRST_THREAD = 100_000;
/** A flow points this far into a slice, so that the slice is open whatever the order of equal times. */
const INSIDE = 1;

/** The picture as events of the Trace Event Format: metadata, slices, then the flows from findings to their evidence. */
export function* traceEvents(picture: Picture): Generator<TraceEvent> {
  const writer = new Writer();
  yield* writer.process(FINDINGS, 'findings', 0);
  const findings = arrange(picture.findings.map(findingSlice), true);
  const placed = new Map<Slice, [pid: number, tid: number]>();
  for (const track of findings) yield* writer.track(FINDINGS, 'findings', track, placed);

  yield* writer.process(EVIDENCE, 'evidence, by CPU', 1);
  const evidence = evidenceSlices(picture.findings);
  for (const cpu of [...new Set(evidence.map((e) => e.cpu))].sort((a, b) => a - b)) {
    const own = evidence.filter((e) => e.cpu === cpu);
    for (const track of arrange(own, true)) yield* writer.track(EVIDENCE, `CPU ${cpu}`, track, placed);
  }

  const marks = byLane(picture.marks);
  for (const [d, device] of picture.devices.entries()) {
    const pid = DEVICES + d;
    yield* writer.process(pid, `device ${device.name ?? 'unknown'}`, pid);
    const tracks: [string, Slice[]][] = [
      ['blocked windows', device.zaps.map((zap) => windowSlice(zap, picture.end))],
      ['zaps', device.zaps.map((zap) => zapSlice(zap, picture.end))],
    ];
    for (const [name, slices] of tracks)
      for (const track of arrange(slices)) yield* writer.track(pid, name, track);
    for (const vma of device.vmas) {
      for (const track of arrange(epochSlices(vma, picture))) yield* writer.track(pid, vmaName(vma), track);
      const events = (marks.get(vma.id) ?? []).map(markSlice);
      for (const track of arrange(events)) yield* writer.track(pid, `${vma.id} events`, track);
    }
  }

  const cpus = DEVICES + picture.devices.length;
  yield* writer.process(cpus, 'CPUs', cpus);
  for (const [lane, cells] of [...byLane(picture.cpus)].sort((a, b) => cpuOf(a[0]) - cpuOf(b[0]))) {
    for (const track of arrange(cells.map(markSlice))) yield* writer.track(cpus, `CPU ${cpuOf(lane)}`, track);
  }

  for (const [i, slice] of findings.flat().entries()) {
    const own = evidence.filter((e) => e.findings.has(slice.finding.id)).sort((a, b) => a.start - b.start);
    yield* flow(i + 1, slice.finding.id, slice, own, placed);
  }
}

function* flow(
  id: number,
  name: string,
  from: Slice,
  to: readonly EvidenceSlice[],
  placed: ReadonlyMap<Slice, [number, number]>,
): Generator<TraceEvent> {
  if (to.length === 0) return;
  const at = (slice: Slice) => {
    const [pid, tid] = placed.get(slice)!;
    return { pid, tid, ts: micro(slice.start + INSIDE), cat: 'finding', name, id };
  };
  yield { ph: 's', ...at(from) };
  for (const slice of to.slice(0, -1)) yield { ph: 't', ...at(slice) };
  yield { ph: 'f', bp: 'e', ...at(to.at(-1)!) };
}

class Writer {
  #threads = FIRST_THREAD;
  readonly #names = new Map<string, number>();

  *process(pid: number, name: string, order: number): Generator<TraceEvent> {
    yield { ph: 'M', pid, tid: 0, name: 'process_name', args: { name } };
    yield { ph: 'M', pid, tid: 0, name: 'process_sort_index', args: { sort_index: order } };
  }

  *track(
    pid: number,
    name: string,
    slices: readonly Slice[],
    placed?: Map<Slice, [number, number]>,
  ): Generator<TraceEvent> {
    const tid = this.#threads++;
    const nth = (this.#names.get(`${pid} ${name}`) ?? 0) + 1;
    this.#names.set(`${pid} ${name}`, nth);
    yield { ph: 'M', pid, tid, name: 'thread_name', args: { name: nth === 1 ? name : `${name} (${nth})` } };
    yield { ph: 'M', pid, tid, name: 'thread_sort_index', args: { sort_index: tid } };
    for (const slice of slices) {
      placed?.set(slice, [pid, tid]);
      const { start, length, args, category: cat } = slice;
      yield { ph: 'X', pid, tid, name: slice.name, cat, ts: micro(start), dur: micro(length), args };
    }
  }
}

function byLane(cells: readonly Cell[]): Map<string, Cell[]> {
  const lanes = new Map<string, Cell[]>();
  for (const cell of cells) {
    const lane = lanes.get(cell.lane);
    if (lane === undefined) lanes.set(cell.lane, [cell]);
    else lane.push(cell);
  }
  return lanes;
}

/** ns → µs with three digits, as the format has it. */
const micro = (ns: number): number => Math.round(ns) / 1000;
const cpuOf = (lane: string): number => Number(lane.slice(3));

function vmaName(vma: VmaRecord): string {
  const range = vma.start === null || vma.end === null ? vma.pointer : `${vma.start}-${vma.end}`;
  return `${vma.id} ${range} ${vma.comm}-${vma.pid}`;
}

import type { DiagnosticLog } from '../binary/diagnostics.js';
import type { Clock } from '../clock.js';
import { type Attr, SAMPLE } from './attr.js';
import { type IdPlace, idPlace, type SampleLayout, sampleLayout } from './layout.js';

/** trace_clock's names of the clocks that `perf record -k` takes (CLOCK_… numbers). */
const CLOCKS: Record<number, string> = { 0: 'realtime', 1: 'mono', 4: 'mono_raw', 7: 'boot', 11: 'tai' };

/** The events that were recorded, and which of them a record belongs to. */
export class RecordedEvents {
  readonly #layouts: SampleLayout[] = [];
  readonly #byId = new Map<number, SampleLayout>();
  /** Set while all events have one layout and are tracepoints, so that no record needs to be told apart. */
  #only: SampleLayout | null = null;
  #place: IdPlace = { inSample: -1, fromEnd: -1 };

  constructor(
    readonly clock: Clock,
    readonly log: DiagnosticLog,
  ) {}

  get count(): number {
    return this.#layouts.length;
  }

  get hasTracepoints(): boolean {
    return this.#layouts.some((l) => l.attr.tracepoint);
  }

  add(attr: Attr, ids: readonly number[], origin: number): void {
    const layout = sampleLayout(attr);
    if (attr.tracepoint && (attr.sampleType & SAMPLE.TIME) === 0)
      this.log.add(
        'no-time',
        'error',
        'samples carry no time (perf record without -T): they cannot be ordered',
        origin,
      );
    const place = idPlace(attr);
    if (this.#layouts.length === 0) {
      this.#only = layout;
      this.#place = place;
      if (attr.clockId !== null) this.clock.name = CLOCKS[attr.clockId] ?? null;
    } else {
      const [first] = this.#layouts;
      if (place.inSample !== this.#place.inSample || place.fromEnd !== this.#place.fromEnd)
        this.log.add('mixed-ids', 'error', 'events keep their id in different places of a record', origin);
      if (!sameLayout(first.attr, attr)) this.#only = null;
    }
    this.#layouts.push(layout);
    for (const id of ids) this.#byId.set(id, layout);
  }

  /** Layout of a SAMPLE; null when its id is not known. */
  ofSample(view: DataView, at: number, length: number, littleEndian: boolean): SampleLayout | null {
    if (this.#only !== null) return this.#only;
    const { inSample } = this.#place;
    if (inSample < 0 || inSample + 8 > length) return this.#layouts[0] ?? null;
    return this.#byId.get(u64(view, at + inSample, littleEndian)) ?? null;
  }

  /** Layout for the trailer of another record: the first event's, where the record does not tell. */
  ofOther(view: DataView, at: number, length: number, littleEndian: boolean): SampleLayout | null {
    if (this.#only !== null) return this.#only;
    const { fromEnd } = this.#place;
    const first = this.#layouts[0] ?? null;
    if (fromEnd < 0 || fromEnd + 8 > length) return first;
    return this.#byId.get(u64(view, at + length - fromEnd, littleEndian)) ?? first;
  }

  /** false when the event with this id is known not to be a tracepoint. */
  isTracepoint(id: number): boolean {
    return this.#byId.get(id)?.attr.tracepoint ?? true;
  }
}

function sameLayout(a: Attr, b: Attr): boolean {
  return (
    a.tracepoint === b.tracepoint &&
    a.sampleType === b.sampleType &&
    a.readFormat === b.readFormat &&
    a.sampleIdAll === b.sampleIdAll
  );
}

/** A u64 as a double; ids are small. */
export function u64(view: DataView, at: number, littleEndian: boolean): number {
  const first = view.getUint32(at, littleEndian);
  const second = view.getUint32(at + 4, littleEndian);
  return littleEndian ? second * 4294967296 + first : first * 4294967296 + second;
}

import type { DiagnosticLog } from '../binary/diagnostics.js';
import type { Clock } from '../clock.js';
import type { Decoder } from '../decoder/decoder.js';
import { type Attr, SAMPLE } from './attr.js';
import { type IdPlace, idPlace, RECORD_HEADER, type SampleLayout, sampleLayout } from './layout.js';

/** trace_clock's names of the clocks that `perf record -k` takes (CLOCK_… numbers). */
const CLOCKS: Record<number, string> = { 0: 'realtime', 1: 'mono', 4: 'mono_raw', 7: 'boot', 11: 'tai' };

/** Ids below this are looked up in a table; perf counts them from small numbers on. */
const SMALL_ID = 4096;
const UNKNOWN = 0xffff;
/** More events than any perf record has; their number fits into 16 bits. */
const MAX_EVENTS = 0xfff0;

/** The events that were recorded, by number, and which of them a record belongs to. */
export class RecordedEvents {
  readonly layouts: SampleLayout[] = [];
  readonly #small = new Uint16Array(SMALL_ID).fill(UNKNOWN);
  readonly #large = new Map<number, number>();
  /** All events have one layout and are tracepoints, so that no record needs to be told apart. */
  #alike = true;
  #place: IdPlace = { inSample: -1, fromEnd: -1 };
  /** Bytes that a sample has at least. */
  smallest = RECORD_HEADER;

  constructor(
    readonly decoder: Decoder,
    readonly clock: Clock,
    readonly log: DiagnosticLog,
  ) {}

  get count(): number {
    return this.layouts.length;
  }

  get hasTracepoints(): boolean {
    return this.layouts.some((l) => l.attr.tracepoint);
  }

  add(attr: Attr, ids: readonly number[], origin: number): void {
    if (this.layouts.length >= MAX_EVENTS) {
      this.log.add('too-many-events', 'error', `more than ${MAX_EVENTS} events`, origin);
      return;
    }
    if (attr.tracepoint && (attr.sampleType & SAMPLE.TIME) === 0)
      this.log.add('no-time', 'error', 'samples carry no time (perf record without -T)', origin);
    const place = idPlace(attr);
    if (this.layouts.length === 0) {
      this.#place = place;
      if (attr.clockId !== null) this.clock.name = CLOCKS[attr.clockId] ?? null;
    } else {
      if (place.inSample !== this.#place.inSample || place.fromEnd !== this.#place.fromEnd)
        this.log.add('mixed-ids', 'error', 'events keep their id in different places of a record', origin);
      if (!sameLayout(this.layouts[0].attr, attr)) this.#alike = false;
    }
    const layout = sampleLayout(attr);
    const event = this.layouts.push(layout) - 1;
    const { run } = this.decoder;
    run.setLayout(event, layout.timeAt, layout.cpuAt, layout.tidAt, layout.variableAt, variesBy(layout));
    run.setIdAt(this.#alike ? -1 : this.#place.inSample);
    this.smallest = event === 0 ? layout.variableAt : Math.min(this.smallest, layout.variableAt);
    for (const id of ids) {
      if (id < SMALL_ID) {
        this.#small[id] = event;
        run.setId(id, event);
      } else this.#large.set(id, event);
    }
  }

  /** Number of the event that a SAMPLE at `at` belongs to; -1 when its id is not known. */
  ofSample(view: DataView, at: number, length: number, littleEndian: boolean): number {
    if (this.#alike) return this.layouts.length === 0 ? -1 : 0;
    const { inSample } = this.#place;
    if (inSample < 0) return 0;
    return inSample + 8 > length ? -1 : this.#ofId(view, at + inSample, littleEndian);
  }

  /** The event whose trailer another record has: the first, where the record does not tell. */
  ofOther(view: DataView, at: number, length: number, littleEndian: boolean): SampleLayout | null {
    if (this.layouts.length === 0) return null;
    const { fromEnd } = this.#place;
    if (this.#alike || fromEnd < 0 || fromEnd + 8 > length) return this.layouts[0];
    const event = this.#ofId(view, at + length - fromEnd, littleEndian);
    return this.layouts[Math.max(0, event)];
  }

  /** false when the event with the id at this place is known not to be a tracepoint. */
  isTracepoint(view: DataView, at: number, littleEndian: boolean): boolean {
    const event = this.#ofId(view, at, littleEndian);
    return event < 0 || this.layouts[event].attr.tracepoint;
  }

  #ofId(view: DataView, at: number, littleEndian: boolean): number {
    const lo = view.getInt32(littleEndian ? at : at + 4, littleEndian);
    const hi = view.getInt32(littleEndian ? at + 4 : at, littleEndian);
    return this.#ofWords(hi, lo);
  }

  #ofWords(hi: number, lo: number): number {
    if (hi === 0 && lo >= 0 && lo < SMALL_ID) {
      const event = this.#small[lo];
      return event === UNKNOWN ? -1 : event;
    }
    return this.#large.get((hi >>> 0) * 4294967296 + (lo >>> 0)) ?? -1;
  }
}

/** What the decoder makes of a layout (assembly/samples.ts): it takes samples of RAW, or of CALLCHAIN and RAW. */
function variesBy({ attr, tracepoint, timeAt }: SampleLayout): number {
  if (!tracepoint || timeAt < 0 || (attr.sampleType & SAMPLE.READ) !== 0) return 0;
  return (attr.sampleType & SAMPLE.CALLCHAIN) === 0 ? 1 : 2;
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

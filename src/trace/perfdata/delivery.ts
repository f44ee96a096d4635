import { CommTable } from '../binary/comms.js';
import { utf8 } from '../binary/cursor.js';
import type { DiagnosticLog } from '../binary/diagnostics.js';
import { RecordEmitter } from '../binary/emitter.js';
import { EventPlace, HOST_LITTLE_ENDIAN } from '../binary/event-place.js';
import { SymbolTable } from '../binary/kallsyms.js';
import type { TraceInfo } from '../reader.js';
import type { TraceSink } from '../record.js';
import type { Arena } from './arena.js';
import type { RecordedEvents } from './events.js';
import { lossOf } from './loss.js';
import type { TimeQueue } from './queue.js';
import { RECORD } from './record-types.js';
import { placeSample, placeWhole } from './sample.js';
import type { TracingData } from './tracing-data.js';

/** Hands the records of the queue on, which come in time order: samples and losses to the sink, names to the tasks. */
export class Delivery {
  readonly #comms = new CommTable('swapper');
  readonly #place = new EventPlace();
  readonly #swap: boolean;
  #tracing: TracingData | null = null;
  #emitter: RecordEmitter | null = null;
  /** Time of the first sample, from the queue's base; NaN before it. */
  #zero = Number.NaN;

  constructor(
    readonly info: TraceInfo,
    readonly sink: TraceSink,
    readonly log: DiagnosticLog,
    readonly littleEndian: boolean,
    readonly events: RecordedEvents,
    readonly queue: TimeQueue,
    readonly arenas: readonly [Arena, Arena],
  ) {
    this.#swap = littleEndian !== HOST_LITTLE_ENDIAN;
  }

  setTracing(data: TracingData): void {
    if (this.#tracing !== null) return;
    this.#tracing = data;
    this.#comms.addSaved(data.cmdlines);
  }

  /** The emitter, once a sample was delivered. */
  get emitter(): RecordEmitter | null {
    return this.#emitter;
  }

  /** What a record has for a time that has none. */
  get now(): number {
    return Number.isNaN(this.#zero) ? 0 : this.#zero;
  }

  /** Entries `from` … `to - 1` of the queue. */
  readonly deliver = (from: number, to: number): void => {
    const { queue, arenas, littleEndian: le } = this;
    const { times, origins, at: places, kind, code: codes, raw: raws } = queue;
    const { layouts } = this.events;
    const place = this.#place;
    const swap = this.#swap;
    let emitter = this.#emitter;
    let zero = this.#zero;
    for (let i = from; i < to; i++) {
      const where = places[i];
      const arena = arenas[where & 1];
      const at = where & ~7;
      const event = kind[i] - 1;
      if (event < 0) {
        this.#other(arena, at, i);
        continue;
      }
      const layout = layouts[event];
      const code = codes[i];
      if (code > 0 && emitter !== null) {
        placeWhole(place, layout, arena, at, raws[i], swap);
        place.t = times[i] - zero;
        place.originBase = origins[i] - place.at;
        emitter.give(place, code);
        continue;
      }
      if (emitter === null || !layout.tracepoint) {
        emitter = this.#begin(layout.tracepoint, i);
        if (emitter === null) continue;
      }
      if (!placeSample(place, layout, arena, at, le, swap)) {
        this.unreadable('bad-sample', 'a sample whose raw data do not fit', origins[i]);
        continue;
      }
      if (Number.isNaN(zero)) {
        zero = times[i];
        this.#setZero(zero);
      }
      place.t = times[i] - zero;
      place.originBase = origins[i] - place.at;
      emitter.emit(place);
    }
  };

  /** The emitter of this sample; null when the sample cannot be looked at. */
  #begin(tracepoint: boolean, entry: number): RecordEmitter | null {
    const origin = this.queue.origins[entry];
    if (!tracepoint) {
      this.info.records++;
      this.log.add(
        'other-samples',
        'note',
        'samples of events that are no tracepoints are not looked at',
        origin,
      );
      return null;
    }
    if (this.#tracing === null) {
      const message = 'samples of tracepoints, but no description of their fields';
      this.unreadable('no-tracing-data', message, origin);
      return null;
    }
    this.#emitter ??= this.#newEmitter(this.#tracing);
    return this.#emitter;
  }

  #other(arena: Arena, at: number, entry: number): void {
    const { view } = arena;
    const le = this.littleEndian;
    const type = view.getUint32(at, le);
    const length = view.getUint16(at + 6, le);
    if (type === RECORD.COMM) {
      // u32 pid, u32 tid, comm
      if (length >= 24) this.#comms.set(view.getInt32(at + 12, le), comm(arena, at + 16, at + length));
    } else if (type === RECORD.FORK) {
      // u32 pid, ppid, tid, ptid, u64 time
      if (length >= 32) this.#comms.inherit(view.getInt32(at + 16, le), view.getInt32(at + 20, le));
    } else if (type === RECORD.EXIT) {
      // The same. (perf keeps the name: whoever gets the tid next has one of its own.)
      if (length >= 32 && !Number.isNaN(this.#zero))
        this.sink.ended?.(view.getInt32(at + 16, le), this.queue.times[entry] - this.#zero);
    } else {
      const loss = lossOf(this.events, type, view, at, length, le, this.queue.origins[entry]);
      if (loss !== null) this.sink.lost(loss);
    }
  }

  #setZero(t: number): void {
    this.#zero = t;
    const { baseHi, baseLo } = this.queue;
    const base = baseHi < 0 ? 0n : BigInt(baseHi) * 0x100000000n + BigInt(baseLo);
    this.info.clock.base = base + BigInt(t);
  }

  #newEmitter(tracing: TracingData): RecordEmitter {
    const { info, log, sink } = this;
    let symbols: SymbolTable | null | undefined;
    return new RecordEmitter(info, tracing.events, this.#comms, sink, this.littleEndian, log, () => {
      symbols ??= tracing.kallsyms.length === 0 ? null : new SymbolTable(tracing.kallsyms);
      return symbols;
    });
  }

  /** Counts a sample that cannot be read. */
  unreadable(code: string, message: string, origin: number): void {
    this.info.records++;
    this.info.unparsed++;
    this.log.add(code, 'error', message, origin);
  }
}

function comm(arena: Arena, from: number, end: number): string {
  const bytes = arena.bytes.subarray(from, Math.min(end, from + 64));
  const nul = bytes.indexOf(0);
  return utf8(nul < 0 ? bytes : bytes.subarray(0, nul));
}

import { CommTable } from '../binary/comms.js';
import { utf8 } from '../binary/cursor.js';
import type { DiagnosticLog } from '../binary/diagnostics.js';
import { RecordEmitter, UNDECIDED } from '../binary/emitter.js';
import { SymbolTable } from '../binary/kallsyms.js';
import type { Decoder } from '../decoder/decoder.js';
import { HOST_LITTLE_ENDIAN } from '../decoder/host.js';
import { CODE, ORIGIN, ROW_WORDS, ROWS, T, turnRows } from '../decoder/rows.js';
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
  /** The first row, the next one that a sample's record is put into, and the end of all: in words. */
  readonly #first: number;
  #row: number;
  readonly #end: number;
  readonly #swap: boolean;
  #tracing: TracingData | null = null;
  #emitter: RecordEmitter | null = null;
  /** Time of the first sample, from the queue's base; NaN before it. */
  #zero = Number.NaN;

  constructor(
    readonly decoder: Decoder,
    readonly info: TraceInfo,
    readonly sink: TraceSink,
    readonly log: DiagnosticLog,
    readonly events: RecordedEvents,
    readonly queue: TimeQueue,
    readonly arenas: readonly [Arena, Arena],
  ) {
    this.#swap = decoder.littleEndian !== HOST_LITTLE_ENDIAN;
    this.#first = decoder.run.rows.value >>> 2;
    this.#row = this.#first;
    this.#end = this.#first + ROWS * ROW_WORDS;
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
    const { queue, arenas, decoder } = this;
    const le = decoder.littleEndian;
    const { times, origins, at: places, kind, code: codes, raw: raws } = queue;
    const { layouts } = this.events;
    const { words, doubles } = decoder;
    const swap = this.#swap;
    let emitter = this.#emitter;
    let zero = this.#zero;
    let row = this.#row;
    for (let i = from; i < to; i++) {
      const where = places[i];
      const arena = arenas[where & 1];
      const at = where & ~7;
      const event = kind[i] - 1;
      const code = codes[i];
      if (code > 0 && event >= 0 && emitter !== null) {
        placeWhole(decoder, row, layouts[event], arena, at, raws[i], swap);
        doubles[(row >>> 1) + T] = times[i] - zero;
        doubles[(row >>> 1) + ORIGIN] = origins[i];
        words[row + CODE] = code;
        row += ROW_WORDS;
        if (row < this.#end) continue;
      }
      this.#row = row;
      this.flush();
      row = this.#row;
      if (code > 0 && event >= 0 && emitter !== null) continue;
      if (event < 0) {
        this.#other(arena, at, i);
        continue;
      }
      const layout = layouts[event];
      if (emitter === null || !layout.tracepoint) {
        emitter = this.#begin(layout.tracepoint, i);
        if (emitter === null) continue;
      }
      if (!placeSample(decoder, row, layout, arena, at, le, swap)) {
        this.unreadable('bad-sample', 'a sample whose raw data do not fit', origins[i]);
        continue;
      }
      if (Number.isNaN(zero)) {
        zero = times[i];
        this.#setZero(zero);
      }
      doubles[(row >>> 1) + T] = times[i] - zero;
      doubles[(row >>> 1) + ORIGIN] = origins[i];
      words[row + CODE] = UNDECIDED;
      emitter.one(row);
    }
    this.#row = row;
  };

  /** Hands on what waits in the decoder's rows: before the memory that it is in is used for something else. */
  flush(): void {
    const first = this.#first;
    const count = (this.#row - first) / ROW_WORDS;
    if (count === 0) return;
    this.#row = first;
    turnRows(this.decoder, first * 4, count);
    this.decoder.run.completeRows(count);
    this.#emitter?.rows(count);
  }

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
    const le = this.decoder.littleEndian;
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
    const { decoder, info, log, sink } = this;
    let symbols: SymbolTable | null | undefined;
    return new RecordEmitter(decoder, info, tracing.events, this.#comms, sink, log, () => {
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

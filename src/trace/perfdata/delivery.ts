import { UNDECIDED } from '../binary/bindings.js';
import { CommTable } from '../binary/comms.js';
import { utf8 } from '../binary/cursor.js';
import type { DiagnosticLog } from '../binary/diagnostics.js';
import { RecordEmitter } from '../binary/emitter.js';
import { SymbolTable } from '../binary/kallsyms.js';
import type { Decoder } from '../decoder/decoder.js';
import { CODE, ORIGIN, ROWS, T } from '../decoder/rows.js';
import type { TraceInfo } from '../reader.js';
import type { TraceSink } from '../record.js';
import type { RecordedEvents } from './events.js';
import { cpuOf, lossOf } from './loss.js';
import type { TimeQueue } from './queue.js';
import { RECORD } from './record-types.js';
import { placeSample } from './sample.js';
import type { TracingData } from './tracing-data.js';

/** Hands the records of the queue on, which come in time order: samples and losses to the sink, names to the tasks. */
export class Delivery {
  readonly #comms = new CommTable('swapper');
  /** Rows that wait. */
  #rows = 0;
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
  ) {}

  setTracing(data: TracingData): void {
    if (this.#tracing !== null) return;
    this.#tracing = data;
    this.#comms.addSaved(data.cmdlines);
  }

  /** What a record has for a time that has none. */
  get now(): number {
    return Number.isNaN(this.#zero) ? 0 : this.#zero;
  }

  /** Entries `from` … `to - 1` of the queue. */
  readonly deliver = (from: number, to: number): void => {
    const { run } = this.decoder;
    let i = from;
    while (i < to) {
      if (this.#emitter !== null) {
        i = run.fill(i, to, this.#zero, this.#rows);
        this.#rows = run.filled();
        if (i === to) return;
      }
      const full = this.#rows === ROWS;
      this.flush();
      if (!full) this.#one(i++);
    }
  };

  /** Hands on what waits in the decoder's rows: before the memory that it is in is used for something else. */
  flush(): void {
    const count = this.#rows;
    this.#rows = 0;
    if (count > 0) this.#emitter?.rows(count);
  }

  /** An entry that is no sample, or whose sample is of an event that has not been declared. */
  #one(entry: number): void {
    const { queue, decoder } = this;
    const event = queue.kind[entry] - 1;
    const at = queue.at[entry];
    if (event < 0) {
      this.#other(at, entry);
      return;
    }
    const layout = this.events.layouts[event];
    if (this.#emitter === null || !layout.tracepoint) {
      if (this.#begin(layout.tracepoint, entry) === null) return;
    }
    const row = decoder.run.rows.value >>> 2;
    if (!placeSample(decoder, row, layout, at)) {
      this.unreadable('bad-sample', 'a sample whose raw data do not fit', queue.origins[entry]);
      return;
    }
    if (Number.isNaN(this.#zero)) this.#setZero(queue.times[entry]);
    decoder.doubles[(row >>> 1) + T] = queue.times[entry] - this.#zero;
    decoder.doubles[(row >>> 1) + ORIGIN] = queue.origins[entry];
    decoder.words[row + CODE] = UNDECIDED;
    (this.#emitter as RecordEmitter).one(row);
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

  #other(at: number, entry: number): void {
    const { view, bytes, littleEndian: le } = this.decoder;
    const type = view.getUint32(at, le);
    const length = view.getUint16(at + 6, le);
    if (type === RECORD.COMM) {
      // u32 pid, u32 tid, comm
      if (length >= 24) this.#comms.set(view.getInt32(at + 12, le), comm(bytes, at + 16, at + length));
    } else if (type === RECORD.FORK) {
      // u32 pid, ppid, tid, ptid, u64 time
      if (length >= 32) this.#comms.inherit(view.getInt32(at + 16, le), view.getInt32(at + 20, le));
    } else if (type === RECORD.EXIT) {
      // The same. (perf keeps the name: whoever gets the tid next has one of its own.)
      if (length >= 32 && !Number.isNaN(this.#zero))
        this.sink.ended?.(view.getInt32(at + 16, le), this.queue.times[entry] - this.#zero);
    } else if (type === RECORD.SWITCH || type === RECORD.SWITCH_CPU_WIDE) {
      // Which thread it was does not matter: up to here, this CPU has lost nothing that is not marked.
      const cpu = cpuOf(this.events, view, at, length, le);
      if (cpu >= 0 && !Number.isNaN(this.#zero)) this.sink.alive?.(cpu, this.queue.times[entry] - this.#zero);
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

function comm(memory: Uint8Array, from: number, end: number): string {
  const bytes = memory.subarray(from, Math.min(end, from + 64));
  const nul = bytes.indexOf(0);
  return utf8(nul < 0 ? bytes : bytes.subarray(0, nul));
}

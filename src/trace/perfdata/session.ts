import { CommTable } from '../binary/comms.js';
import { utf8 } from '../binary/cursor.js';
import type { DiagnosticLog } from '../binary/diagnostics.js';
import { RecordEmitter } from '../binary/emitter.js';
import { EventPlace, HOST_LITTLE_ENDIAN, swap32 } from '../binary/event-place.js';
import { SymbolTable } from '../binary/kallsyms.js';
import type { TraceInfo } from '../reader.js';
import type { TraceSink } from '../record.js';
import { Arena } from './arena.js';
import { RecordedEvents } from './events.js';
import { RECORD_HEADER, type SampleLayout } from './layout.js';
import { lossOf } from './loss.js';
import { TimeQueue } from './queue.js';
import { RECORD } from './record-types.js';
import { placeSample } from './sample.js';
import type { TracingData } from './tracing-data.js';

/** After this much a round's records move on to the other arena, and memory is used again. */
const ARENA_TURN = 1024 * 1024;
/** A file without rounds is ordered in pieces of this size. */
const MAX_WAITING = 32 * 1024 * 1024;

/**
 * What perf calls a session: takes the records of the file in its order, puts those of the kernel into time order and
 * hands the samples of tracepoints on. Rounds bound the reordering: when the recorder has emptied all buffers, no
 * record older than the newest one of the round before can follow.
 */
export class PerfSession {
  readonly events: RecordedEvents;
  readonly arenas: readonly [Arena, Arena] = [new Arena(ARENA_TURN), new Arena(ARENA_TURN)];
  /** Index of the arena that is being filled. */
  filling: 0 | 1 = 0;
  /** The origin of a record at `at` of that arena is `originBase + ((at - originFrom) >>> originShift)`. */
  originBase = 0.5;
  originFrom = 0;
  originShift = 0;
  readonly #queue = new TimeQueue(this.arenas);
  readonly #comms = new CommTable('swapper');
  readonly #place = new EventPlace();
  readonly #swap: boolean;
  #tracing: TracingData | null = null;
  #emitter: RecordEmitter | null = null;
  #baseHi = -1;
  #baseLo = 0;
  /** Newest time so far, and at the end of the round before. */
  #newest = Number.NEGATIVE_INFINITY;
  #settled = Number.NEGATIVE_INFINITY;
  /** Where in the arena the last round ended. */
  #roundAt = 0;
  /** Time of the first sample, from the base; NaN before it. */
  #zero = Number.NaN;

  constructor(
    readonly info: TraceInfo,
    readonly sink: TraceSink,
    readonly log: DiagnosticLog,
    readonly littleEndian: boolean,
  ) {
    this.events = new RecordedEvents(info.clock, log);
    this.#swap = littleEndian !== HOST_LITTLE_ENDIAN;
  }

  setTracing(data: TracingData): void {
    if (this.#tracing !== null) return;
    this.#tracing = data;
    this.#comms.addSaved(data.cmdlines);
  }

  get hasFormats(): boolean {
    return this.#tracing !== null && this.#tracing.events.size > 0;
  }

  /** A record of the kernel at `at` of the arena that is being filled. */
  take(type: number, at: number, length: number): void {
    if (type === RECORD.SAMPLE) this.#takeSample(at, length);
    else if (
      type === RECORD.COMM ||
      type === RECORD.FORK ||
      type === RECORD.LOST ||
      type === RECORD.LOST_SAMPLES ||
      type === RECORD.THROTTLE
    )
      this.#takeOther(at, length);
  }

  originOf(at: number): number {
    return this.originBase + ((at - this.originFrom) >>> this.originShift);
  }

  /** FINISHED_ROUND. */
  round(): void {
    this.#queue.flush(this.#settled, this.#deliver);
    this.#settled = this.#newest;
    this.#roundAt = this.arenas[this.filling].parsed;
    const old = this.arenas[this.filling];
    const other = this.arenas[1 - this.filling];
    if (old.parsed < ARENA_TURN || other.pending > 0) return;
    other.continueFrom(old);
    this.filling = this.filling === 0 ? 1 : 0;
    this.#roundAt = 0;
  }

  /** A file without rounds must not fill the memory: then one is made. */
  get isFull(): boolean {
    return this.arenas[this.filling].parsed - this.#roundAt > MAX_WAITING;
  }

  /** The end of the data. */
  finish(): void {
    this.#queue.flush(Number.POSITIVE_INFINITY, this.#deliver);
  }

  #takeSample(at: number, length: number): void {
    const { words } = this.arenas[this.filling];
    const event = this.events.ofSample(words, at, length, this.littleEndian, this.#swap);
    if (event < 0) {
      this.#unreadable(
        'unknown-id',
        'a sample with an event id that the header does not list',
        this.originOf(at),
      );
      return;
    }
    const layout = this.events.layouts[event];
    if (layout.variableAt > length) {
      const message = `sample of ${length} bytes is too short for its event`;
      this.#unreadable('short-record', message, this.originOf(at));
      return;
    }
    this.#enqueue(at, layout.timeAt < 0 ? -1 : at + layout.timeAt, event + 1);
  }

  #takeOther(at: number, length: number): void {
    const { view } = this.arenas[this.filling];
    const layout = this.events.ofOther(view, at, length, this.littleEndian);
    const behind = layout?.trailerTime ?? -1;
    this.#enqueue(at, behind < 0 || behind + RECORD_HEADER > length ? -1 : at + length - behind, 0);
  }

  /**
   * Records without a time (perf synthesizes them for what was there before) are delivered at once, as perf does.
   * `kind` is 1 + the event's number for samples, 0 for others.
   */
  #enqueue(at: number, timeAt: number, kind: number): void {
    const queue = this.#queue;
    const slot = queue.slot;
    queue.at[slot] = at;
    queue.arena[slot] = this.filling;
    queue.kind[slot] = kind;
    queue.origins[slot] = this.originBase + ((at - this.originFrom) >>> this.originShift);
    if (timeAt >= 0) {
      const { words } = this.arenas[this.filling];
      const le = this.littleEndian;
      const index = timeAt >>> 2;
      let hi = words[le ? index + 1 : index];
      let lo = words[le ? index : index + 1];
      if (this.#swap) {
        hi = swap32(hi);
        lo = swap32(lo);
      }
      if ((hi | lo) !== 0 && (hi & lo) !== -1) {
        hi >>>= 0;
        lo >>>= 0;
        if (this.#baseHi < 0) {
          this.#baseHi = hi;
          this.#baseLo = lo;
        }
        const t = (hi - this.#baseHi) * 4294967296 + (lo - this.#baseLo);
        if (t > this.#newest) this.#newest = t;
        queue.times[slot] = t;
        queue.added();
        return;
      }
    }
    queue.times[slot] = Number.isNaN(this.#zero) ? 0 : this.#zero;
    this.#deliver(slot);
  }

  readonly #deliver = (entry: number): void => {
    const queue = this.#queue;
    const arena = this.arenas[queue.arena[entry]];
    const at = queue.at[entry];
    const kind = queue.kind[entry];
    if (kind > 0) this.#sample(arena, at, this.events.layouts[kind - 1], entry);
    else this.#other(arena, at, entry);
  };

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
    } else {
      const loss = lossOf(this.events, type, view, at, length, le, this.#queue.origins[entry]);
      if (loss !== null) this.sink.lost(loss);
    }
  }

  #sample(arena: Arena, at: number, layout: SampleLayout, entry: number): void {
    const le = this.littleEndian;
    const queue = this.#queue;
    if (!layout.attr.tracepoint) {
      this.info.records++;
      const message = 'samples of events that are no tracepoints are not looked at';
      this.log.add('other-samples', 'note', message, queue.origins[entry]);
      return;
    }
    if (this.#tracing === null) {
      const message = 'samples of tracepoints, but no description of their fields';
      this.#unreadable('no-tracing-data', message, queue.origins[entry]);
      return;
    }
    const place = this.#place;
    if (!placeSample(place, layout, arena, at, le, this.#swap)) {
      this.#unreadable('bad-sample', 'a sample whose raw data do not fit', queue.origins[entry]);
      return;
    }
    if (Number.isNaN(this.#zero)) this.#setZero(queue.times[entry]);
    place.t = queue.times[entry] - this.#zero;
    place.originBase = queue.origins[entry] - place.at;
    this.#emitter ??= this.#newEmitter();
    this.#emitter.emit(place);
  }

  #setZero(t: number): void {
    this.#zero = t;
    const base = this.#baseHi < 0 ? 0n : BigInt(this.#baseHi) * 0x100000000n + BigInt(this.#baseLo);
    this.info.clock.base = base + BigInt(t);
  }

  #newEmitter(): RecordEmitter {
    const { info, log, sink } = this;
    const tracing = this.#tracing!;
    let symbols: SymbolTable | null | undefined;
    return new RecordEmitter(info, tracing.events, this.#comms, sink, this.littleEndian, log, () => {
      symbols ??= tracing.kallsyms.length === 0 ? null : new SymbolTable(tracing.kallsyms);
      return symbols;
    });
  }

  #unreadable(code: string, message: string, origin: number): void {
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

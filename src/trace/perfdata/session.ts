import { IGNORED, UNDECIDED } from '../binary/bindings.js';
import type { DiagnosticLog } from '../binary/diagnostics.js';
import { Decoder } from '../decoder/decoder.js';
import type { TraceInfo } from '../reader.js';
import type { TraceSink } from '../record.js';
import { Arena } from './arena.js';
import { Delivery } from './delivery.js';
import { RecordedEvents } from './events.js';
import { RECORD_HEADER } from './layout.js';
import { TimeQueue } from './queue.js';
import { RECORD } from './record-types.js';
import { wholeRaw } from './sample.js';
import type { TracingData } from './tracing-data.js';

/** After this much a round's records move on to the other arena, and memory is used again. */
const ARENA_TURN = 1024 * 1024;
/** A file without rounds is ordered in pieces of this size. */
const MAX_WAITING = 32 * 1024 * 1024;

/** Records of the kernel that tell something. */
const USED = new Set<number>([
  RECORD.COMM,
  RECORD.FORK,
  RECORD.EXIT,
  RECORD.LOST,
  RECORD.LOST_SAMPLES,
  RECORD.THROTTLE,
  RECORD.SWITCH,
  RECORD.SWITCH_CPU_WIDE,
]);

/**
 * What perf calls a session: takes the records of the file in its order, puts those of the kernel into time order and
 * hands the samples of tracepoints on. Rounds bound the reordering: when the recorder has emptied all buffers, no
 * record older than the newest one of the round before can follow.
 */
export class PerfSession {
  readonly events: RecordedEvents;
  readonly arenas: readonly [Arena, Arena];
  /** Index of the arena that is being filled. */
  filling: 0 | 1 = 0;
  /** The origin of a record at `at` of that arena is `originBase + ((at - originFrom) >>> originShift)`. */
  originBase = 0.5;
  originFrom = 0;
  originShift = 0;
  readonly #decoder: Decoder;
  readonly #queue: TimeQueue;
  readonly #delivery: Delivery;
  /** The newest time at the end of the round before. */
  #settled = Number.NEGATIVE_INFINITY;
  /** Where in the arena the last round ended. */
  #roundAt = 0;

  constructor(
    /** As the user named it. */
    input: string,
    readonly info: TraceInfo,
    sink: TraceSink,
    log: DiagnosticLog,
    readonly littleEndian: boolean,
  ) {
    const decoder = new Decoder(input, littleEndian, info.pointers);
    this.#decoder = decoder;
    this.#queue = new TimeQueue(decoder);
    this.events = new RecordedEvents(decoder, info.clock, log);
    this.arenas = [new Arena(decoder, ARENA_TURN), new Arena(decoder, ARENA_TURN)];
    this.#delivery = new Delivery(decoder, info, sink, log, this.events, this.#queue);
  }

  setTracing(data: TracingData): void {
    this.#delivery.setTracing(data);
  }

  originOf(at: number): number {
    return this.originBase + ((at - this.originFrom) >>> this.originShift);
  }

  /**
   * Takes the samples that come next in the arena, as long as they begin before `limit` and are whole. One with a
   * damaged size is left.
   */
  takeSamples(limit: number): void {
    const arena = this.arenas[this.filling];
    const stop = Math.min(limit, arena.used - RECORD_HEADER + 1, this.#roundAt + MAX_WAITING + 1);
    // As many as there can be: the decoder fills in the columns, and need not look.
    this.#queue.reserve(Math.ceil(Math.max(0, stop - arena.parsed) / this.events.smallest) + 1);
    do if (this.#queue.baseHi >= 0) this.#takeMany(arena, stop);
    while (this.#takeOne(arena, stop));
  }

  /** Has the decoder take samples up to the first one that it does not know what to do with. */
  #takeMany(arena: Arena, stop: number): void {
    const queue = this.#queue;
    const { run } = this.#decoder;
    const { base, used } = arena;
    const { originBase, originFrom, originShift } = this;
    let more: boolean;
    do {
      const { count, runs } = queue;
      const from = base + arena.parsed;
      const to = run.take(
        from,
        base + stop,
        base + used,
        count,
        runs,
        originBase,
        base + originFrom,
        originShift,
      );
      arena.parsed = (to >>> 0) - base;
      queue.count = run.taken();
      this.info.records += run.ignored();
      more = run.startsRun() !== 0;
      if (more) {
        queue.startRun();
        queue.count++;
      }
    } while (more);
  }

  /** Takes a sample of any kind; false: there is none. */
  #takeOne(arena: Arena, stop: number): boolean {
    const { view, used, parsed: at, base } = arena;
    const { events, littleEndian: le } = this;
    const queue = this.#queue;
    if (at >= stop || view.getUint32(at, le) !== RECORD.SAMPLE) return false;
    const size = view.getUint16(at + 6, le);
    if (size < RECORD_HEADER || size % 8 !== 0 || at + size > used) return false;
    arena.parsed += size;
    const event = events.ofSample(view, at, size, le);
    const layout = event < 0 ? null : events.layouts[event];
    if (layout === null || layout.variableAt > size) {
      this.#unreadable(event, at, size);
      return true;
    }
    const t = layout.timeAt < 0 ? Number.NaN : this.#timeAt(view, at + layout.timeAt);
    if (Number.isNaN(t)) {
      this.#deliverNow(at, event + 1);
      return true;
    }
    const raw = layout.tracepoint ? wholeRaw(layout, view, at, size, le) : -1;
    const { run } = this.#decoder;
    const code = raw < 0 ? UNDECIDED : run.classify(base + at + raw + 4, view.getInt32(at + raw, le));
    if (code === IGNORED) {
      this.info.records++;
      return true;
    }
    if (!queue.runs || t < queue.times[queue.count - 1]) queue.startRun();
    queue.raw[queue.count] = raw;
    this.#fill(queue.count++, t, at, event + 1, code);
    return true;
  }

  /** The time that is at this place, from the queue's base, which the first one is; NaN when there is none. */
  #timeAt(view: DataView, at: number): number {
    const le = this.littleEndian;
    const queue = this.#queue;
    const hi = view.getUint32(le ? at + 4 : at, le);
    const lo = view.getUint32(le ? at : at + 4, le);
    if ((hi | lo) === 0 || (hi & lo) === -1) return Number.NaN;
    if (queue.baseHi < 0) {
      queue.setBase(hi, lo);
      this.#decoder.run.setTimeBase(hi, lo);
    }
    const t = (hi - queue.baseHi) * 4294967296 + (lo - queue.baseLo);
    this.#decoder.run.passTime(t);
    return t;
  }

  /** Another record of the kernel at `at` of the arena. */
  take(type: number, at: number, length: number): void {
    if (!USED.has(type)) return;
    const { view } = this.arenas[this.filling];
    const le = this.littleEndian;
    const behind = this.events.ofOther(view, at, length, le)?.trailerTime ?? -1;
    const queue = this.#queue;
    if (behind < 0 || behind + RECORD_HEADER > length) {
      queue.reserve(1);
      this.#deliverNow(at, 0);
      return;
    }
    queue.reserve(1);
    const t = this.#timeAt(view, at + length - behind);
    if (Number.isNaN(t)) {
      this.#deliverNow(at, 0);
      return;
    }
    if (!queue.runs || t < queue.times[queue.count - 1]) queue.startRun();
    this.#fill(queue.count++, t, at, 0, UNDECIDED);
  }

  /** FINISHED_ROUND. */
  round(): void {
    this.#queue.flush(this.#settled, this.#delivery.deliver);
    this.#delivery.flush();
    this.#settled = this.#decoder.run.newest();
    this.#roundAt = this.arenas[this.filling].parsed;
    const old = this.arenas[this.filling];
    if (old.parsed < ARENA_TURN || this.#queue.waitsFromBefore) return;
    this.arenas[1 - this.filling].continueFrom(old);
    this.filling = this.filling === 0 ? 1 : 0;
    this.#queue.mark();
    this.#roundAt = 0;
  }

  /** A file without rounds must not fill the memory: then one is made. */
  get isFull(): boolean {
    return this.arenas[this.filling].parsed - this.#roundAt > MAX_WAITING;
  }

  /** Nothing of it is used any more. */
  close(): void {
    this.#decoder.close();
  }

  /** The end of the data. */
  finish(): void {
    this.#queue.flush(Number.POSITIVE_INFINITY, this.#delivery.deliver);
    this.#delivery.flush();
  }

  /**
   * Records without a time (perf synthesizes them for what was there before) are delivered at once, as perf does.
   * `kind` is 1 + the event's number for samples, 0 for others. There must be room in the queue.
   */
  #deliverNow(at: number, kind: number): void {
    const queue = this.#queue;
    const slot = queue.count;
    this.#fill(slot, this.#delivery.now, at, kind, UNDECIDED);
    this.#delivery.deliver(slot, slot + 1);
    this.#delivery.flush();
  }

  #fill(slot: number, t: number, at: number, kind: number, code: number): void {
    const queue = this.#queue;
    queue.times[slot] = t;
    queue.origins[slot] = this.originOf(at);
    queue.at[slot] = this.arenas[this.filling].base + at;
    queue.kind[slot] = kind;
    queue.code[slot] = code;
  }

  #unreadable(event: number, at: number, size: number): void {
    const origin = this.originOf(at);
    if (event < 0) {
      const message = 'a sample with an event id that the header does not list';
      this.#delivery.unreadable('unknown-id', message, origin);
    } else {
      const message = `sample of ${size} bytes is too short for its event`;
      this.#delivery.unreadable('short-record', message, origin);
    }
  }
}

import type { DiagnosticLog } from '../binary/diagnostics.js';
import { IGNORED, type RecordEmitter, UNDECIDED } from '../binary/emitter.js';
import { Decoder } from '../decoder/decoder.js';
import { HOST_LITTLE_ENDIAN, swap32 } from '../decoder/host.js';
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
  readonly #queue = new TimeQueue();
  readonly #delivery: Delivery;
  readonly #swap: boolean;
  /** Newest time so far: in an array, because V8 boxes a number that a loop carries along; and at the end of the round before. */
  readonly #newest = new Float64Array([Number.NEGATIVE_INFINITY]);
  #settled = Number.NEGATIVE_INFINITY;
  /** Where in the arena the last round ended. */
  #roundAt = 0;

  constructor(
    readonly info: TraceInfo,
    sink: TraceSink,
    log: DiagnosticLog,
    readonly littleEndian: boolean,
  ) {
    this.events = new RecordedEvents(info.clock, log);
    this.#swap = littleEndian !== HOST_LITTLE_ENDIAN;
    const decoder = new Decoder(littleEndian, info.pointers);
    this.arenas = [new Arena(decoder, ARENA_TURN), new Arena(decoder, ARENA_TURN)];
    this.#delivery = new Delivery(decoder, info, sink, log, this.events, this.#queue, this.arenas);
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
    const { words, used } = arena;
    const { events, filling, littleEndian: le, originBase, originFrom, originShift } = this;
    const { layouts } = events;
    const { emitter } = this.#delivery;
    const queue = this.#queue;
    const swap = this.#swap;
    const type = swap ? swap32(RECORD.SAMPLE) : RECORD.SAMPLE;
    const stop = Math.min(limit, used - RECORD_HEADER + 1, this.#roundAt + MAX_WAITING + 1);
    const newest = this.#newest;
    let ignored = 0;
    let at = arena.parsed;
    // As many as there can be, so that the loop need not look; and columns and counters in local variables.
    queue.reserve(Math.ceil(Math.max(0, stop - at) / events.smallest) + 1);
    const { times, origins, at: places, kind: kinds, code: codes, raw: raws } = queue;
    let { count, runs } = queue;
    while (at < stop && words[at >>> 2] === type) {
      let size = words[(at >>> 2) + 1];
      if (swap) size = swap32(size);
      size = le ? size >>> 16 : size & 0xffff;
      if (size < RECORD_HEADER || size % 8 !== 0 || at + size > used) break;
      const start = at;
      at += size;
      const event = events.ofSample(words, start, size, le, swap);
      const layout = event < 0 ? null : layouts[event];
      if (layout === null || layout.variableAt > size) {
        this.#unreadable(event, start, size);
        continue;
      }
      const index = (start + layout.timeAt) >>> 2;
      let hi = words[le ? index + 1 : index];
      let lo = words[le ? index : index + 1];
      if (swap) {
        hi = swap32(hi);
        lo = swap32(lo);
      }
      if (layout.timeAt < 0 || (hi | lo) === 0 || (hi & lo) === -1) {
        queue.count = count;
        this.#deliverNow(start, event + 1);
        continue;
      }
      if (queue.baseHi < 0) queue.setBase(hi, lo);
      const t = ((hi >>> 0) - queue.baseHi) * 4294967296 + ((lo >>> 0) - queue.baseLo);
      if (t > newest[0]) newest[0] = t;
      const raw = emitter === null ? -1 : wholeRaw(layout, arena, start, size, le, swap);
      const code = raw < 0 ? UNDECIDED : codeOf(emitter as RecordEmitter, arena, start + raw, swap);
      if (code === IGNORED) {
        ignored++;
        continue;
      }
      if (!runs || t < times[count - 1]) {
        queue.count = count;
        queue.startRun();
        runs = true;
      }
      times[count] = t;
      origins[count] = originBase + ((start - originFrom) >>> originShift);
      places[count] = start | filling;
      codes[count] = code;
      raws[count] = raw;
      kinds[count++] = event + 1;
    }
    queue.count = count;
    arena.parsed = at;
    this.info.records += ignored;
  }

  /** Another record of the kernel at `at` of the arena. */
  take(type: number, at: number, length: number): void {
    if (
      type !== RECORD.COMM &&
      type !== RECORD.FORK &&
      type !== RECORD.EXIT &&
      type !== RECORD.LOST &&
      type !== RECORD.LOST_SAMPLES &&
      type !== RECORD.THROTTLE
    )
      return;
    const { view } = this.arenas[this.filling];
    const le = this.littleEndian;
    const behind = this.events.ofOther(view, at, length, le)?.trailerTime ?? -1;
    const queue = this.#queue;
    if (behind < 0 || behind + RECORD_HEADER > length) {
      queue.reserve(1);
      this.#deliverNow(at, 0);
      return;
    }
    const timeAt = at + length - behind;
    const hi = view.getUint32(le ? timeAt + 4 : timeAt, le);
    const lo = view.getUint32(le ? timeAt : timeAt + 4, le);
    if ((hi | lo) === 0 || (hi & lo) === -1) {
      queue.reserve(1);
      this.#deliverNow(at, 0);
      return;
    }
    if (queue.baseHi < 0) queue.setBase(hi, lo);
    const t = (hi - queue.baseHi) * 4294967296 + (lo - queue.baseLo);
    this.#newest[0] = Math.max(this.#newest[0], t);
    queue.reserve(1);
    if (!queue.runs || t < queue.times[queue.count - 1]) queue.startRun();
    this.#fill(queue.count++, t, at, 0);
  }

  /** FINISHED_ROUND. */
  round(): void {
    this.#queue.flush(this.#settled, this.#delivery.deliver);
    this.#delivery.flush();
    this.#settled = this.#newest[0];
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
    this.#fill(slot, this.#delivery.now, at, kind);
    this.#delivery.deliver(slot, slot + 1);
    this.#delivery.flush();
  }

  #fill(slot: number, t: number, at: number, kind: number): void {
    const queue = this.#queue;
    queue.times[slot] = t;
    queue.origins[slot] = this.originOf(at);
    queue.at[slot] = at | this.filling;
    queue.kind[slot] = kind;
    queue.code[slot] = UNDECIDED;
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

/** What the decoder knows of the event record behind its size at `at`. */
function codeOf({ decoder }: RecordEmitter, { words, base }: Arena, at: number, swap: boolean): number {
  const size = words[at >>> 2];
  return decoder.run.classify(base + at + 4, swap ? swap32(size) : size);
}

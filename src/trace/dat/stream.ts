import type { DiagnosticLog } from '../binary/diagnostics.js';
import { IGNORED, type RecordEmitter } from '../binary/emitter.js';
import { EventPlace, HOST_LITTLE_ENDIAN, swap32 } from '../binary/event-place.js';
import type { PageHeader } from '../binary/parts.js';
import { Gaps } from './gaps.js';
import { COMMIT_MASK, missedBefore } from './missed.js';
import type { PageSource } from './pages.js';
import type { Timebase } from './timebase.js';

// type_len of a record header above the data lengths (kernel/trace/ring_buffer.c).
const PADDING = 29;
const TIME_EXTEND = 30;
const TIME_STAMP = 31;
/** Sub-buffers of which nothing is wanted that are gone through at a time. */
const SKIP_AHEAD = 64;
/** Records that are looked at before their turn: most that a sub-buffer of 4096 bytes can hold. */
const BATCH = 512;

/**
 * The records of one CPU of one buffer. `t` is the time of the next record, so that streams can be merged. The records
 * of a sub-buffer that may be wanted are found in one loop, as columns; `run` emits them up to a limit.
 */
export class CpuStream extends EventPlace {
  /** Sub-buffers read. */
  pages = 0;
  /** The batch: all of one sub-buffer. */
  readonly #times = new Float64Array(BATCH);
  /** Place, length and code of each, in one array: each that is looked at costs. */
  readonly #batch = new Int32Array(BATCH * 3);
  #next = 0;
  #count = 0;
  /** Raw time, relative to the raw base, of the record before `#pos`. */
  #raw = 0.5;
  readonly #swap: boolean;
  #baseHi = 0;
  #baseLo = 0;
  #timebase: Timebase | null = null;
  #timeOffset = 0;
  /** Next record header, and the end of the page's data. */
  #pos = 0;
  #end = 0;
  #pageHi = 0;
  #pageAt = 0;
  readonly #gaps = new Gaps();
  /** Origin of the first of the sub-buffers of zeros before this one; -1 when there are none. */
  #hole = -1;

  constructor(
    cpu: number,
    /** Order among equal times: buffer, then CPU. */
    readonly index: number,
    readonly source: PageSource,
    readonly page: PageHeader,
    readonly emitter: RecordEmitter,
    readonly log: DiagnosticLog,
  ) {
    super();
    this.#swap = emitter.littleEndian !== HOST_LITTLE_ENDIAN;
    this.cpu = cpu;
    // The end: Infinity.
    this.t = Number.POSITIVE_INFINITY;
  }

  /** Raw time of the first sub-buffer as [hi, lo]; null when there is none. */
  open(): [number, number] | null {
    if (!this.#nextPage()) return null;
    const le = this.emitter.littleEndian;
    const at = this.#pageAt;
    const first = this.view.getUint32(at, le);
    const second = this.view.getUint32(at + 4, le);
    return le ? [second, first] : [first, second];
  }

  /** Sets the bases after `open` and finds the first record. */
  start(baseHi: number, baseLo: number, timebase: Timebase | null): void {
    this.#baseHi = baseHi;
    this.#baseLo = baseLo;
    this.#timebase = timebase;
    this.#startPage();
    this.#fill();
  }

  /** Moves the zero of `t` by this much. */
  rebase(offset: number): void {
    this.#timeOffset += offset;
    this.t -= offset;
    for (let i = this.#next; i < this.#count; i++) this.#times[i] -= offset;
  }

  /**
   * Emits records while they come before the next one of `rival` (null: all), at most `budget` sub-buffers.
   * Afterwards `t` is the time of the next record.
   */
  run(rival: CpuStream | null, budget: number): void {
    const { emitter } = this;
    const until = this.pages + budget;
    const limit = rival === null ? Number.POSITIVE_INFINITY : rival.t;
    const inclusive = rival !== null && this.index < rival.index;
    let t = this.t;
    while ((t < limit || (inclusive && t === limit)) && t !== Number.POSITIVE_INFINITY) {
      if (this.#gaps.any) this.#gaps.tell(emitter.sink, this.cpu);
      const batch = this.#batch;
      const i = 3 * this.#next++;
      this.at = batch[i];
      this.length = batch[i + 1];
      const code = batch[i + 2];
      if (code > 0) emitter.give(this, code);
      else emitter.emit(this);
      if (this.#next < this.#count) t = this.t = this.#times[this.#next];
      else {
        this.#fill();
        t = this.t;
        if (this.pages >= until) break;
      }
    }
    this.flush();
  }

  /** At the end: a loss that no record follows. */
  flush(): void {
    if (this.#gaps.any && this.t === Number.POSITIVE_INFINITY) this.#gaps.tell(this.emitter.sink, this.cpu);
  }

  /** Finds the next records that may be wanted, on the next pages if need be. The others have no place in the order. */
  #fill(): void {
    const until = this.pages + SKIP_AHEAD;
    this.#next = 0;
    this.#count = 0;
    this.#gaps.next();
    do {
      if (this.#pos >= this.#end) {
        if (!this.#nextPage()) {
          this.t = Number.POSITIVE_INFINITY;
          return;
        }
        this.#startPage();
      }
      // What nobody wants has a place in the order when it tells where records were lost, or how far this CPU is.
      this.#readPage(this.#gaps.any || this.pages >= until);
    } while (this.#count === 0);
    this.t = this.#times[0];
  }

  /** Looks at the records from `#pos` on to the end of the page, or as many as there is room for. */
  #readPage(keepFirst: boolean): void {
    const { emitter, words } = this;
    const le = emitter.littleEndian;
    const swap = this.#swap;
    const timebase = this.#timebase;
    const offset = this.#timeOffset;
    const times = this.#times;
    const batch = this.#batch;
    const end = this.#end;
    let pos = this.#pos;
    let raw = this.#raw;
    let count = 0;
    let ignored = 0;
    let keep = keepFirst;
    while (pos < end && count < BATCH) {
      let word = words[pos >>> 2];
      if (swap) word = swap32(word);
      const type = le ? word & 31 : word >>> 27;
      const delta = le ? word >>> 5 : word & 0x07ffffff;
      pos += 4;
      let length = type << 2;
      if (type === 0 || type >= PADDING) {
        if (pos + 4 > end) {
          pos = this.#badRecord(pos - 4, count, 'record header is cut', type === PADDING && delta === 0);
          continue;
        }
        let value = words[pos >>> 2];
        if (swap) value = swap32(value);
        value >>>= 0;
        if (type === PADDING) {
          // delta 0: nothing more on the page. Else a discarded record, whose length counts from the length word.
          if (delta === 0) {
            pos = end;
            continue;
          }
          raw += delta;
          pos = value < 4 ? this.#badRecord(pos - 4, count, `padding of ${value} bytes`, false) : pos + value;
          continue;
        }
        pos += 4;
        if (type === TIME_EXTEND) {
          raw += value * 134217728 + delta;
          continue;
        }
        if (type === TIME_STAMP) {
          // 59 bits; the upper 5 come from the running time.
          const hi = ((value >>> 5) | (this.#pageHi & 0xf8000000)) >>> 0;
          const lo = ((value << 27) | delta) >>> 0;
          raw = (hi - this.#baseHi) * 4294967296 + (lo - this.#baseLo);
          continue;
        }
        if (value < 4) {
          pos = this.#badRecord(pos - 8, count, `record of ${value} bytes`, false);
          continue;
        }
        length = value - 1 - ((value - 1) & 3);
      }
      if (pos + length > end) {
        const what = `record of ${length} bytes reaches beyond its page`;
        pos = this.#badRecord(pos - 4, count, what, false);
        continue;
      }
      raw += delta;
      const code = emitter.classify(words, pos, length);
      if (code === IGNORED && !keep) {
        ignored++;
        pos += length;
        continue;
      }
      keep = false;
      times[count] = (timebase === null ? raw : timebase.toTime(raw, this.cpu)) - offset;
      batch[3 * count] = pos;
      batch[3 * count + 1] = length;
      batch[3 * count++ + 2] = code;
      pos += length;
    }
    this.#pos = pos;
    this.#raw = raw;
    this.#count = count;
    emitter.info.records += ignored;
  }

  /** The rest of the page cannot be read, after `count` records: it counts as lost. Returns the end of the page. */
  #badRecord(at: number, count: number, what: string, harmless: boolean): number {
    if (!harmless) {
      const origin = this.originBase + (at >>> this.originShift);
      this.log.add(
        'bad-record',
        'error',
        `${what}: the rest of the sub-buffer of CPU ${this.cpu} is lost`,
        origin,
      );
      if (count === 0) this.#gaps.before(-1, origin);
      else this.#gaps.after(origin);
    }
    return this.#end;
  }

  /** Loads the next usable page: sets view, page, end. */
  #nextPage(): boolean {
    const { source, page } = this;
    const le = this.emitter.littleEndian;
    for (;;) {
      const more = source.next();
      this.originBase = source.originBase;
      this.originShift = source.originShift;
      if (source.gap) this.#gaps.before(-1, source.originBase);
      if (!more) return false;
      this.pages++;
      const view = source.view;
      const at = source.at;
      const room = source.length - page.dataAt;
      if (room < 0) {
        if (source.length > 0) this.#badPage(`sub-buffer of ${source.length} bytes is too short`);
        continue;
      }
      const commitAt = at + page.commitAt;
      const commit = view.getUint32(page.commitSize === 8 && !le ? commitAt + 4 : commitAt, le);
      const used = commit & COMMIT_MASK;
      if (used > room) {
        this.#badPage(`sub-buffer claims ${used} bytes of data, but has room for ${room}`);
        continue;
      }
      if (used === 0 && this.#isZero(view, at)) continue;
      if (this.#hole >= 0) this.#closeHole();
      this.view = view;
      this.words = source.words;
      this.#pageAt = at;
      this.#pos = at + page.dataAt;
      this.#end = this.#pos + used;
      const missed = missedBefore(commit, view, this.#end, room - used, page.commitSize, le);
      if (missed !== 0) this.#gaps.before(missed, this.originBase + (at >>> this.originShift));
      return true;
    }
  }

  /**
   * Zeros behind the last sub-buffer are room that was not used. Between others they are a hole that a machine left
   * in the file when it went down: what was there is lost.
   */
  #isZero(view: DataView, at: number): boolean {
    if (view.getUint32(at) !== 0 || view.getUint32(at + 4) !== 0) return false;
    if (this.#hole < 0) this.#hole = this.originBase + (at >>> this.originShift);
    return true;
  }

  #closeHole(): void {
    const message = `sub-buffer of zeros between others: pages of CPU ${this.cpu} are lost`;
    this.log.add('bad-page', 'error', message, this.#hole);
    this.#gaps.before(-1, this.#hole);
    this.#hole = -1;
  }

  #badPage(what: string): void {
    const origin = this.originBase + (this.source.at >>> this.originShift);
    this.log.add('bad-page', 'error', `${what}: a page of CPU ${this.cpu} is lost`, origin);
    this.#gaps.before(-1, origin);
  }

  #startPage(): void {
    const le = this.emitter.littleEndian;
    const first = this.view.getUint32(this.#pageAt, le);
    const second = this.view.getUint32(this.#pageAt + 4, le);
    const hi = le ? second : first;
    const lo = le ? first : second;
    this.#pageHi = hi;
    this.#raw = (hi - this.#baseHi) * 4294967296 + (lo - this.#baseLo);
  }
}

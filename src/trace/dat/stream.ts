import type { DiagnosticLog } from '../binary/diagnostics.js';
import type { RecordEmitter } from '../binary/emitter.js';
import type { PageHeader } from '../binary/parts.js';
import type { Decoder } from '../decoder/decoder.js';
import { Gaps } from './gaps.js';
import { COMMIT_MASK, missedBefore } from './missed.js';
import type { PageSource } from './pages.js';
import type { Timebase } from './timebase.js';

/** Sub-buffers of which nothing is wanted that are gone through at a time. */
const SKIP_AHEAD = 64;

// What is wrong with a sub-buffer: assembly/stream.ts.
const [CUT, BAD_PADDING, BAD_SIZE, TOO_LONG] = [1, 2, 3, 4];

/**
 * The sub-buffers of one CPU of one buffer. The decoder finds the records of one that may be wanted; what was lost
 * between them is kept here until the record behind it has its turn.
 */
export class CpuStream {
  /** Time of the next record, and Infinity at the end. Begins as a fraction so that it is stored as a double. */
  t = 0.5;
  /** Sub-buffers read. */
  pages = 0;
  /** The decoder's state of this stream. */
  readonly place: number;
  readonly #decoder: Decoder;
  #timebase: Timebase | null = null;
  #timeOffset = 0;
  #pageAt = 0;
  #size = 0;
  readonly #gaps = new Gaps();
  /** Origin of the first of the sub-buffers of zeros before this one; -1 when there are none. */
  #hole = -1;

  constructor(
    readonly cpu: number,
    /** Order among equal times: buffer, then CPU. */
    readonly index: number,
    readonly source: PageSource,
    readonly page: PageHeader,
    readonly emitter: RecordEmitter,
    readonly log: DiagnosticLog,
  ) {
    this.#decoder = emitter.decoder;
    this.place = this.#decoder.run.newStream(cpu, index, source.originShift);
    this.#decoder.refresh();
    this.#ended();
  }

  /** Raw time of the first sub-buffer as [hi, lo]; null when there is none. */
  open(): [number, number] | null {
    return this.#nextPage(true) ? this.#pageTime() : null;
  }

  /** Sets the bases after `open` and finds the first record. */
  start(baseHi: number, baseLo: number, timebase: Timebase | null): void {
    this.#decoder.run.setBase(this.place, baseHi, baseLo);
    this.#timebase = timebase;
    this.#enter();
    this.fill(true);
  }

  /** Moves the zero of `t` by this much. */
  rebase(offset: number): void {
    this.t -= offset;
    if (this.#timebase !== null) this.#timeOffset += offset;
    this.#decoder.run.rebase(this.place, offset, this.#timebase === null);
  }

  /** Tells what was lost before the next record; at the end, also what no record follows. */
  tell(): void {
    this.#decoder.run.setPending(this.place, false);
    if (this.#gaps.any) this.#gaps.tell(this.emitter.sink, this.cpu);
  }

  /**
   * Finds the next records that may be wanted, on the next pages if need be. The others have no place in the order.
   * False: the next page, if there is one, would take the memory of those before, which was not allowed.
   */
  fill(mayOverwrite: boolean): boolean {
    const { run } = this.#decoder;
    const { place } = this;
    const until = this.pages + SKIP_AHEAD;
    this.#gaps.next();
    do {
      if (run.isRead(place)) {
        const found = this.#nextPage(mayOverwrite);
        if (found === null) return false;
        if (!found) {
          this.#ended();
          return true;
        }
        this.#enter();
      }
      // What nobody wants has a place in the order when it tells where records were lost, or how far this CPU is.
      const wrong = run.scan(place, this.#gaps.any || this.pages >= until);
      if (wrong !== 0) this.#badRecord(wrong);
    } while (run.countOf(place) === 0);
    this.emitter.info.records += run.takeIgnored(place);
    if (this.#timebase !== null) this.#convert(this.#timebase);
    if (this.#gaps.any) run.setPending(place, true);
    this.t = run.timeOf(place);
    return true;
  }

  #ended(): void {
    this.t = Number.POSITIVE_INFINITY;
    this.emitter.info.records += this.#decoder.run.takeIgnored(this.place);
  }

  /** From raw times to those of the clock. */
  #convert(timebase: Timebase): void {
    const { run, view } = this.#decoder;
    const times = run.timesOf(this.place);
    for (let i = run.countOf(this.place) - 1; i >= 0; i--) {
      const at = times + 8 * i;
      const t = timebase.toTime(view.getFloat64(at, true), this.cpu) - this.#timeOffset;
      view.setFloat64(at, t, true);
      if (i === 0) run.setTime(this.place, t);
    }
  }

  /** The rest of the page cannot be read: it counts as lost. */
  #badRecord(wrong: number): void {
    const { run } = this.#decoder;
    const value = run.badValue(this.place) >>> 0;
    let what: string;
    if (wrong === CUT) what = 'record header is cut';
    else if (wrong === BAD_PADDING) what = `padding of ${value} bytes`;
    else if (wrong === BAD_SIZE) what = `record of ${value} bytes`;
    else if (wrong === TOO_LONG) what = `record of ${value} bytes reaches beyond its page`;
    else return;
    const { source } = this;
    const origin = source.originBase + ((run.badAt(this.place) >>> 0) >>> source.originShift);
    this.log.add(
      'bad-record',
      'error',
      `${what}: the rest of the sub-buffer of CPU ${this.cpu} is lost`,
      origin,
    );
    if (run.countOf(this.place) === 0) this.#gaps.before(-1, origin);
    else this.#gaps.after(origin);
  }

  /** Finds the next usable page; null: see `fill`. */
  #nextPage(mayOverwrite: boolean): boolean | null {
    const { source, page } = this;
    const le = this.#decoder.littleEndian;
    for (;;) {
      if (!mayOverwrite && !source.holdsNext) return null;
      const more = source.next();
      if (source.gap) this.#gaps.before(-1, this.#originOf(source.start));
      if (!more) return false;
      this.pages++;
      const { at } = source;
      const { view } = this.#decoder;
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
      this.#pageAt = at;
      this.#size = used;
      const missed = missedBefore(commit, view, at + page.dataAt + used, room - used, page.commitSize, le);
      if (missed !== 0) this.#gaps.before(missed, this.#originOf(at));
      return true;
    }
  }

  #originOf(at: number): number {
    return this.source.originBase + (at >>> this.source.originShift);
  }

  /**
   * Zeros behind the last sub-buffer are room that was not used. Between others they are a hole that a machine left
   * in the file when it went down: what was there is lost.
   */
  #isZero(view: DataView, at: number): boolean {
    if (view.getUint32(at) !== 0 || view.getUint32(at + 4) !== 0) return false;
    if (this.#hole < 0) this.#hole = this.#originOf(at);
    return true;
  }

  #closeHole(): void {
    const message = `sub-buffer of zeros between others: pages of CPU ${this.cpu} are lost`;
    this.log.add('bad-page', 'error', message, this.#hole);
    this.#gaps.before(-1, this.#hole);
    this.#hole = -1;
  }

  #badPage(what: string): void {
    const origin = this.#originOf(this.source.at);
    this.log.add('bad-page', 'error', `${what}: a page of CPU ${this.cpu} is lost`, origin);
    this.#gaps.before(-1, origin);
  }

  #pageTime(): [number, number] {
    const { view, littleEndian } = this.#decoder;
    const first = view.getUint32(this.#pageAt, littleEndian);
    const second = view.getUint32(this.#pageAt + 4, littleEndian);
    return littleEndian ? [second, first] : [first, second];
  }

  #enter(): void {
    const [hi, lo] = this.#pageTime();
    const { run } = this.#decoder;
    run.enter(this.place, this.#pageAt + this.page.dataAt, this.#size, hi, lo, this.source.originBase);
  }
}

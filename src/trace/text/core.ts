import type { FormatName, TraceInfo } from '../reader.js';
import type { TraceSink } from '../record.js';
import { CLOSE_BRACKET, COLON, CR, HASH, isDigit, LF, MINUS, OPEN, SPACE } from './bytes.js';
import { Delivery } from './deliver.js';
import { Dispatcher } from './dispatch.js';
import { Head } from './head.js';
import { Heads } from './heads.js';
import { LineLog } from './log.js';
import type { EventName } from './names.js';
import { OtherLines } from './other.js';
import { step } from './table.js';

/** A longer line is no line of a trace. */
export const MAX_LINE = 1 << 20;

/**
 * Takes chunks of bytes and gives records, whatever the cuts between chunks. A line is looked at where it lies; only
 * a line that two chunks share is copied. Most lines of a trace are of no interest: those are recognised by the name
 * in the column where the last line had its name, and dropped before anything else of them is read.
 */
export class TextCore {
  readonly #log: LineLog;
  readonly #heads: Heads;
  readonly #dispatch: Dispatcher;
  readonly #delivery: Delivery;
  readonly #other: OtherLines;
  #carry = Buffer.allocUnsafeSlow(1 << 16);
  #carried = 0;
  /** In the rest of an endless line. */
  #dropping = false;
  #line = 0;

  constructor(
    private readonly info: TraceInfo,
    sink: TraceSink,
    format: FormatName,
  ) {
    const isPerf = format === 'perf-script';
    const head = new Head();
    this.#log = new LineLog(info.diagnostics);
    this.#delivery = new Delivery(info, sink, this.#log, isPerf ? 'truncate' : 'round');
    this.#dispatch = new Dispatcher(info, this.#log, head, this.#delivery, isPerf, format === 'tracefs');
    this.#heads = new Heads(info, this.#log, head, this.#dispatch, isPerf);
    this.#other = new OtherLines(info, this.#log, this.#dispatch, this.#delivery);
  }

  feed(chunk: Uint8Array): void {
    const buf = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    let from = 0;
    if (this.#carried > 0 || this.#dropping) {
      const end = buf.indexOf(LF);
      this.#keep(buf, 0, end < 0 ? buf.length : end);
      if (end < 0) return;
      // The same way as every other line: what a line gives must not depend on the cuts.
      if (!this.#dropping) this.#lines(this.#carry.subarray(0, this.#carried + 1), 0);
      this.#carried = 0;
      this.#dropping = false;
      from = end + 1;
    }
    this.#keep(buf, this.#lines(buf, from), buf.length);
  }

  /** After the last chunk; `aborted`: the text may go on, and the cut in its last line means nothing. */
  end(aborted: boolean): void {
    if (this.#carried > 0 && !aborted) {
      this.#line++;
      // Every tool ends its lines. What the cut took away cannot be known: half an address looks like an address.
      this.#unread(
        'cut-line',
        'the last line is cut (no newline behind it) and is not used',
        this.#carry,
        0,
        this.#carried,
      );
      this.#carried = 0;
    }
    this.#delivery.end();
  }

  get lines(): number {
    return this.#line;
  }

  /** Keeps the beginning of a line for the next chunk. */
  #keep(buf: Buffer, from: number, to: number): void {
    const size = this.#carried + to - from;
    if (size === this.#carried || this.#dropping) return;
    if (size > MAX_LINE) {
      this.#line++;
      if (this.#carried > 0) this.#tooLong(this.#carry, 0, this.#carried);
      else this.#tooLong(buf, from, to);
      this.#carried = 0;
      this.#dropping = true;
      return;
    }
    if (size >= this.#carry.length) {
      const grown = Buffer.allocUnsafeSlow(Math.min(size * 2, MAX_LINE) + 1);
      this.#carry.copy(grown, 0, 0, this.#carried);
      this.#carry = grown;
    }
    buf.copy(this.#carry, this.#carried, from, to);
    this.#carried = size;
    // The grammars may look at the byte behind a line: it is its newline here as well.
    this.#carry[size] = LF;
  }

  /** All whole lines of a chunk; gives the start of what is left. */
  #lines(buf: Buffer, start: number): number {
    const dispatch = this.#dispatch;
    const heads = this.#heads;
    let from = start;
    for (;;) {
      const end = buf.indexOf(LF, from);
      if (end < 0) return from;
      this.#line++;
      const colon = from + heads.colon;
      if (
        heads.colon > 0 &&
        colon + 2 < end &&
        buf[colon] === COLON &&
        buf[colon + 1] === SPACE &&
        isDigit(buf[colon - 1]) &&
        (heads.bracket < 0 || buf[from + heads.bracket] === CLOSE_BRACKET) &&
        (heads.dash < 0 || buf[from + heads.dash] === MINUS)
      ) {
        let i = colon + 2;
        while (buf[i] === SPACE) i++;
        const word = i;
        let hash = 0;
        while (buf[i] > SPACE && buf[i] !== OPEN) hash = step(hash, buf[i++]);
        const name = dispatch.vocabulary.word(buf, word, i, hash);
        if (
          name !== null &&
          (dispatch.drops(name, buf, i, end) || this.#known(name, buf, from, word, i, end))
        ) {
          from = end + 1;
          continue;
        }
      }
      this.#read(buf, from, end);
      from = end + 1;
    }
  }

  /** A line in the columns of the last one, with a known name: what most lines that are wanted are. */
  #known(
    name: EventName,
    buf: Buffer,
    from: number,
    word: number,
    wordEnd: number,
    lineEnd: number,
  ): boolean {
    if (lineEnd - from > MAX_LINE || !this.#heads.sameColumns(buf, from)) return false;
    this.#delivery.line = this.#line;
    const end = buf[lineEnd - 1] === CR ? lineEnd - 1 : lineEnd;
    if (!this.#dispatch.named(name, buf, word, wordEnd, end)) return false;
    if (this.#dispatch.glue.at > 0) this.#heads.readGlued(buf, end);
    return true;
  }

  #read(buf: Buffer, from: number, lineEnd: number): void {
    if (lineEnd - from > MAX_LINE) {
      this.#tooLong(buf, from, lineEnd);
      return;
    }
    const end = lineEnd > from && buf[lineEnd - 1] === CR ? lineEnd - 1 : lineEnd;
    this.#delivery.line = this.#line;
    if (end === from) this.#other.blank();
    else if (buf[from] === HASH) this.#other.comment(buf, from, end);
    else if (!this.#heads.read(buf, from, end)) this.#other.line(buf, from, end);
  }

  #tooLong(buf: Buffer, from: number, end: number): void {
    this.#unread('long-line', `a line is longer than ${MAX_LINE} bytes and is not read`, buf, from, end);
  }

  #unread(code: string, message: string, buf: Buffer, from: number, end: number): void {
    this.info.unparsed++;
    this.#log.sample(code, 'warning', message, this.#line, buf, from, end);
  }
}

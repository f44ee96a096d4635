import type { FormatName, TraceInfo } from '../reader.js';
import type { TraceSink } from '../record.js';
import { CLOSE_BRACKET, COLON, CR, HASH, isDigit, LF, MINUS, OPEN, SPACE } from './bytes.js';
import { DecodedLines } from './decoded/lines.js';
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
/** So many bytes of a text are read before lines are decoded: a short one is over by then. */
const SHORT = 128 * 1024;
/** So many lines in a row are worth asking the decoder for them. */
const WORTH = 4;
/** After fewer, so many more are read one by one, doubled each time. */
const MOST_IN_BETWEEN = 256;

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
  /** Null: not yet, or not here. */
  #decoded: DecodedLines | null = null;
  #mayDecode = true;
  /** Bytes of chunks before this one. */
  #fed = 0;
  /** Lines to be read before the decoder is asked again, and how many there were last time. */
  #inBetween = 0;
  #wait = 0;
  // The word of the line that `#nameOf` looked at.
  #word = 0;
  #wordEnd = 0;

  constructor(
    private readonly info: TraceInfo,
    private readonly sink: TraceSink,
    private readonly format: FormatName,
    private readonly decodeFrom = SHORT,
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
    this.#decoded?.close();
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
    const decoded = this.#decoder(buf);
    const stop = decoded === null ? 0 : buf.lastIndexOf(LF) + 1;
    let from = start;
    for (;;) {
      if (decoded !== null && --this.#inBetween < 0 && from < stop) from = this.#decode(decoded, from, stop);
      const end = buf.indexOf(LF, from);
      if (end < 0) return from;
      this.#line++;
      const name = this.#nameOf(buf, from, end);
      if (name === null || !this.#known(name, buf, from, end)) this.#read(buf, from, end);
      // What was new in it is known now.
      if (this.#dispatch.vocabulary.changed.size > 0) this.#inBetween = this.#wait = 0;
      from = end + 1;
    }
  }

  #decoder(buf: Buffer): DecodedLines | null {
    if (this.#decoded === null && this.#mayDecode && this.#fed >= this.decodeFrom) {
      this.#mayDecode = false;
      const mayGlue = this.format === 'tracefs';
      const { vocabulary } = this.#dispatch;
      this.#decoded = DecodedLines.open(
        this.info,
        this.sink,
        this.#delivery,
        this.#heads,
        vocabulary,
        mayGlue,
      );
    }
    this.#fed += buf.length;
    this.#decoded?.begin(buf);
    return this.#decoded;
  }

  /** Has lines decoded up to one that is not like those before it. */
  #decode(decoded: DecodedLines, from: number, stop: number): number {
    const next = decoded.read(from, stop, this.#line + 1);
    const { lines } = decoded;
    this.#line += lines;
    if (lines > 0) this.#dispatch.afterMarker = false;
    this.#wait = lines >= WORTH ? 0 : Math.min(2 * this.#wait + 1, MOST_IN_BETWEEN);
    this.#inBetween = this.#wait;
    return next;
  }

  /** The name in a line that has its marks where the last one had them; null: it is none, or not known. */
  #nameOf(buf: Buffer, from: number, end: number): EventName | null {
    const heads = this.#heads;
    const colon = from + heads.colon;
    if (
      heads.colon <= 0 ||
      colon + 2 >= end ||
      buf[colon] !== COLON ||
      buf[colon + 1] !== SPACE ||
      !isDigit(buf[colon - 1]) ||
      (heads.bracket >= 0 && buf[from + heads.bracket] !== CLOSE_BRACKET) ||
      (heads.dash >= 0 && buf[from + heads.dash] !== MINUS)
    )
      return null;
    let i = colon + 2;
    while (buf[i] === SPACE) i++;
    this.#word = i;
    let hash = 0;
    while (buf[i] > SPACE && buf[i] !== OPEN) hash = step(hash, buf[i++]);
    this.#wordEnd = i;
    return this.#dispatch.vocabulary.word(buf, this.#word, i, hash);
  }

  /** A line in the columns of the last one, with a known name, whose word `#nameOf` found: what most lines are. */
  #known(name: EventName, buf: Buffer, from: number, lineEnd: number): boolean {
    if (this.#dispatch.drops(name, buf, this.#wordEnd, lineEnd)) return true;
    if (lineEnd - from > MAX_LINE || !this.#heads.sameColumns(buf, from)) return false;
    this.#delivery.line = this.#line;
    const end = buf[lineEnd - 1] === CR ? lineEnd - 1 : lineEnd;
    if (!this.#dispatch.named(name, buf, this.#word, this.#wordEnd, end)) return false;
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

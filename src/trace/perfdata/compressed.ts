import type { FileBytes } from '../binary/bytes.js';
import { Cursor } from '../binary/cursor.js';
import type { DiagnosticLog } from '../binary/diagnostics.js';
import { openZstdStream, type ZstdStream } from '../binary/zstd-stream.js';
import { InputError } from '../reader.js';
import { RECORD_HEADER } from './layout.js';
import { RECORD } from './record-types.js';
import type { PerfSession } from './session.js';

/** COMPRESSED2: header, u64 data size, data, padding to 8. */
const HEADER2 = 16;
/** Most that one record can hold; more is several records behind one wrong header (see `#overflowed`). */
const MAX_RECORD_DATA = 65535 - HEADER2;
/** What a piece may hold: records differ in their times, so they never shrink to a thousandth. */
const mostIn = (piece: Uint8Array): number => 1024 * 1024 + piece.length * 512;
/** More than any buffer that perf record compresses at once. */
const MAX_DATA = 1 << 30;

/**
 * The file from its first compressed record on, record by record. COMPRESSED records carry the pieces of one zstd
 * stream whose contents are records again, which may go on from piece to piece; in between are plain records.
 */
export class Compressed {
  /** Where in the arena the contents of the current piece begin, and the record they came from. */
  #pieceAt = 0;
  #fileAt = 0;
  /** Origin of a record that began in an earlier piece. */
  #tailOrigin = 0;
  /** The plain record that was put into the arena last. */
  #plainAt = -1;
  #plainOrigin = 0;
  #broken = false;

  private constructor(
    readonly file: FileBytes,
    readonly session: PerfSession,
    readonly end: number,
    readonly stream: ZstdStream,
    readonly log: DiagnosticLog,
  ) {}

  static async open(
    file: FileBytes,
    session: PerfSession,
    end: number,
    log: DiagnosticLog,
  ): Promise<Compressed> {
    const stream = await openZstdStream();
    if (stream !== null) return new Compressed(file, session, end, stream, log);
    const message = `${file.input}: what perf record -z packed cannot be read: other code in this process has started zstddec/stream before`;
    throw new InputError('no-decoder', message, file.input);
  }

  close(): void {
    this.stream.close();
  }

  /**
   * Sets the session's origin for the record at `at`. From a piece: byte offset of the compressed record * 1,000,000 + 4-byte word inside what came
   * out of it; records between the pieces have their byte offset. Returns up to where that holds for other records.
   */
  placeOrigin(at: number): number {
    const { session } = this;
    const inPiece = at !== this.#plainAt && at >= this.#pieceAt;
    session.originShift = inPiece ? 2 : 0;
    session.originFrom = inPiece ? this.#pieceAt : at;
    if (inPiece) session.originBase = this.#fileAt * 1_000_000;
    else session.originBase = at === this.#plainAt ? this.#plainOrigin : this.#tailOrigin;
    return inPiece ? session.arenas[session.filling].used : at + 1;
  }

  /** Notes where the record began whose first bytes wait in the arena for more. */
  #noteTail(at: number): void {
    this.placeOrigin(at);
    this.#tailOrigin = this.session.originOf(at);
  }

  /** The unparsed bytes of the arena moved down by this much. */
  moved(by: number): void {
    this.#pieceAt -= by;
    this.#plainAt = -1;
  }

  /** Puts the contents of the record at `at` into the arena; returns the offset of the next one, null at the end. */
  next(at: number): number | null {
    const cursor = new Cursor(this.file, at, this.session.littleEndian, this.end);
    this.#plainAt = -1;
    try {
      const type = cursor.u32('a record type');
      cursor.u16('record flags');
      const size = cursor.u16('a record size');
      if (type === RECORD.COMPRESSED) {
        if (size <= RECORD_HEADER)
          throw cursor.error('bad-record', `compressed record with a size of ${size}`);
        this.#push(at, cursor.take(size - RECORD_HEADER, 'a compressed record'));
        return at + size;
      }
      if (type === RECORD.COMPRESSED2) return this.#push2(cursor, at, size);
      if (size < RECORD_HEADER)
        throw cursor.error('bad-record', `record of type ${type} with a size of ${size}`);
      cursor.at = at;
      this.#plain(at, cursor.take(size, 'a record'));
      return at + size;
    } catch (e) {
      if (!(e instanceof InputError)) throw e;
      this.log.add('bad-record', 'error', `${e.message}: what follows cannot be read`, at);
      return null;
    }
  }

  /**
   * perf 6.16 computes the size of a COMPRESSED2 record in 16 bits: at 64 KiB it wraps, and the padding is missing.
   * Where the data do not fit into the record's size, the data size is right; when it is more than a record can hold,
   * the data are several records of which only the first has the wrong header.
   */
  #push2(cursor: Cursor, at: number, size: number): number {
    const length = cursor.u64('a compressed size');
    if (length > MAX_DATA || length > cursor.left)
      throw cursor.error('bad-record', `compressed record claims ${length} bytes of data`);
    const aligned = Math.ceil((HEADER2 + length) / 8) * 8;
    if (aligned <= size) {
      this.#push(at, cursor.take(length, 'a compressed record'));
      return at + size;
    }
    const end = cursor.at + length;
    if (length <= MAX_RECORD_DATA) this.#push(at, cursor.take(length, 'a compressed record'));
    else this.#overflowed(cursor, at, end);
    return end;
  }

  /** The first record is full; the headers of those behind it are intact and lead exactly to the end. */
  #overflowed(cursor: Cursor, at: number, end: number): void {
    this.#push(at, cursor.take(MAX_RECORD_DATA, 'a compressed record'));
    while (cursor.at < end) {
      const from = cursor.at;
      const type = cursor.u32('a record type');
      cursor.u16('record flags');
      const size = cursor.u16('a record size');
      cursor.take(8, 'a compressed size');
      if (type !== RECORD.COMPRESSED2 || size <= HEADER2)
        throw cursor.error('bad-record', 'compressed records behind one that is too large are damaged');
      this.#push(from, cursor.take(size - HEADER2, 'a compressed record'));
    }
  }

  #push(at: number, piece: Uint8Array): void {
    if (this.#broken) return;
    const { session } = this;
    const arena = session.arenas[session.filling];
    if (arena.used > arena.parsed) this.#noteTail(arena.parsed);
    this.#pieceAt = arena.used;
    this.#fileAt = at;
    try {
      const most = mostIn(piece);
      let left = most;
      for (const part of this.stream.decode(piece)) {
        left -= part.length;
        if (left < 0) throw new Error(`it holds more than ${most} bytes`);
        arena.append(part);
      }
    } catch (e) {
      // The state of the stream is lost with it.
      this.#broken = true;
      const message = `compressed record is damaged: ${(e as Error).message}; all compressed records behind it are lost`;
      this.log.add('bad-chunk', 'error', message, at);
    }
  }

  /** A record between the compressed ones goes before the piece of a record that waits for its rest. */
  #plain(at: number, record: Uint8Array): void {
    const { session } = this;
    const arena = session.arenas[session.filling];
    const tail = arena.used - arena.parsed;
    if (tail > 0) this.#noteTail(arena.parsed);
    arena.insert(record);
    this.#plainAt = arena.parsed;
    this.#plainOrigin = at;
    this.#pieceAt = arena.used;
  }
}

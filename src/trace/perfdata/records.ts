import type { FileBytes } from '../binary/bytes.js';
import type { DiagnosticLog } from '../binary/diagnostics.js';
import { InputError } from '../reader.js';
import { readAttrRecord } from './attrs.js';
import { Compressed } from './compressed.js';
import { readFeature } from './features.js';
import type { Section } from './header.js';
import { RECORD_HEADER } from './layout.js';
import { RECORD } from './record-types.js';
import type { PerfSession } from './session.js';
import { readTracingData } from './tracing-data.js';

/** What is read from the file at once. */
const FILL = 256 * 1024;
/** Only a few kinds of records (features in a pipe) have a size that is no multiple of 8; more are damage. */
const MAX_ODD = 1024;

/**
 * The records of the data section in file order: reads them in bulk into the session's arena, handles those of the
 * perf tool itself and gives those of the kernel to the session. From the first compressed record on the file is read
 * record by record, and what comes out of them takes the place of the bulk.
 */
export class RecordReader {
  /** Next byte of the file. */
  #fileAt: number;
  readonly #end: number;
  /** File offset of the arena's byte 0, while it is filled in bulk. */
  #arenaAt = 0;
  #compressed: Compressed | null = null;
  #odd = 0;

  constructor(
    readonly file: FileBytes,
    readonly session: PerfSession,
    data: Section,
    readonly log: DiagnosticLog,
  ) {
    this.#fileAt = data.offset;
    this.#end = Math.min(file.size, data.offset + data.size);
  }

  get position(): number {
    return this.#fileAt;
  }

  get isCompressed(): boolean {
    return this.#compressed !== null;
  }

  /** Reads the next piece; false at the end of the data. */
  async step(): Promise<boolean> {
    if (this.#compressed !== null) return this.#stepCompressed(this.#compressed);
    const { session } = this;
    const arena = session.arenas[session.filling];
    const want = Math.min(FILL, this.#end - this.#fileAt);
    if (want <= 0) return this.#atEnd();
    arena.reserve(want);
    const got = this.file.readInto(arena.bytes.subarray(arena.used, arena.used + want), this.#fileAt);
    this.#arenaAt = this.#fileAt - arena.used;
    arena.used += got;
    this.#fileAt += got;
    const how = this.#parse();
    if (how === 'compressed') {
      // Go back to this record; the arena keeps what is queued.
      const now = session.arenas[session.filling];
      this.#fileAt = this.#arenaAt + now.parsed;
      now.used = now.parsed;
      this.#compressed = await Compressed.open(this.file, session, this.#end, this.log);
    }
    return how !== 'stop';
  }

  close(): void {
    this.#compressed?.close();
  }

  #stepCompressed(compressed: Compressed): boolean {
    if (this.#fileAt >= this.#end) return this.#atEnd();
    const next = compressed.next(this.#fileAt);
    if (next === null) return false;
    this.#fileAt = next;
    return this.#parse() !== 'stop';
  }

  /** A piece of a record that is left over was cut off. */
  #atEnd(): false {
    const { arenas, filling } = this.session;
    const arena = arenas[filling];
    const left = arena.used - arena.parsed;
    if (left > 0) {
      const message = `the data end inside a record: the last ${left} bytes are lost`;
      this.log.add('truncated', 'error', message, this.#end - left);
    }
    return false;
  }

  /** Handles all whole records in the arena. */
  #parse(): 'more' | 'compressed' | 'stop' {
    const { session } = this;
    const compressed = this.#compressed;
    if (compressed === null) this.#placeOrigins();
    const le = session.littleEndian;
    for (;;) {
      const arena = session.arenas[session.filling];
      session.takeSamples(compressed === null ? arena.used : compressed.placeOrigin(arena.parsed));
      if (session.isFull) {
        const message = 'no FINISHED_ROUND for 32 MB: the order of records is not certain';
        this.log.add('no-rounds', 'warning', message, session.originOf(arena.parsed));
        this.#round();
        continue;
      }
      const at = arena.parsed;
      const left = arena.used - at;
      if (left < RECORD_HEADER) return 'more';
      compressed?.placeOrigin(at);
      // u32 type, u16 misc, u16 size; `at` is a multiple of 8.
      const type = arena.view.getInt32(at, le);
      const size = arena.view.getUint16(at + 6, le);
      if (type === RECORD.COMPRESSED || type === RECORD.COMPRESSED2) {
        if (this.#compressed === null) return 'compressed';
        return this.#bad(session.originOf(at), 'a compressed record inside a compressed one');
      }
      if (size < RECORD_HEADER)
        return this.#bad(session.originOf(at), `record of type ${type} with a size of ${size}`);
      if (left < size) return 'more';
      if (type === RECORD.SAMPLE && size % 8 === 0) continue;
      if (type >= 0 && type < 64) {
        if (size % 8 !== 0)
          return this.#bad(session.originOf(at), `record of type ${type} with a size of ${size}`);
        session.take(type, at, size);
        arena.parsed += size;
      } else {
        if (!this.#tool(type, at, size, session.originOf(at))) return 'stop';
      }
    }
  }

  /** A record that the perf tool wrote, not the kernel. */
  #tool(type: number, at: number, size: number, origin: number): boolean {
    const { session } = this;
    const arena = session.arenas[session.filling];
    const le = session.littleEndian;
    let behind = 0;
    if (type === RECORD.HEADER_ATTR) {
      const bytes = arena.bytes.slice(at, at + size);
      readAttrRecord(bytes, origin, this.file.input, le, session.events, this.log);
    } else if (type === RECORD.HEADER_FEATURE && size >= 16)
      readFeature(
        arena.view.getUint32(le ? at + 8 : at + 12, le),
        arena.bytes.subarray(at + 16, at + size),
        le,
        session.info,
      );
    else if (type === RECORD.TRACING_DATA && size >= 12) {
      behind = arena.view.getUint32(at + 8, le);
      this.#tracing(origin, size, behind);
    } else if (type === RECORD.AUXTRACE && size >= 16) {
      const [hi, lo] = le ? [12, 8] : [8, 12];
      behind = arena.view.getUint32(at + hi, le) * 4294967296 + arena.view.getUint32(at + lo, le);
    }
    arena.parsed += size;
    if (behind > 0) this.#skip(behind);
    else if (size % 8 !== 0) {
      if (++this.#odd > MAX_ODD) {
        this.#bad(origin, `record of type ${type} with a size of ${size}`);
        return false;
      }
      this.#align();
    }
    if (type === RECORD.FINISHED_ROUND) this.#round();
    return true;
  }

  #round(): void {
    const { session } = this;
    const before = session.filling;
    const { parsed } = session.arenas[before];
    session.round();
    if (session.filling !== before) this.#moved(parsed);
  }

  /** In bulk a record's origin is its byte offset. */
  #placeOrigins(): void {
    const { session } = this;
    session.originBase = this.#arenaAt;
    session.originFrom = 0;
    session.originShift = 0;
  }

  /** What was not parsed went from `parsed` to 0 of the other arena. */
  #moved(by: number): void {
    this.#arenaAt += by;
    if (this.#compressed === null) this.#placeOrigins();
    this.#compressed?.moved(by);
  }

  #align(): void {
    const { session } = this;
    const arena = session.arenas[session.filling];
    const before = arena.parsed;
    arena.align();
    this.#moved(before - arena.parsed);
  }

  /** Leaves out bytes behind a record. */
  #skip(length: number): void {
    const { session } = this;
    const arena = session.arenas[session.filling];
    const here = Math.min(length, arena.used - arena.parsed);
    if (this.#compressed === null && here < length) {
      this.#fileAt = Math.min(this.#end, this.#fileAt + (length - here));
      arena.used = arena.parsed;
      return;
    }
    if (this.#compressed !== null) {
      this.#fileAt = Math.min(this.#end, this.#fileAt + length);
      return;
    }
    arena.parsed += here;
    if (arena.parsed % 8 !== 0) this.#align();
  }

  #tracing(origin: number, size: number, length: number): void {
    try {
      this.session.setTracing(readTracingData(this.file, origin + size, length, this.log));
    } catch (e) {
      if (!(e instanceof InputError)) throw e;
      this.log.add('bad-tracing-data', 'error', e.message, e.origin);
    }
  }

  #bad(origin: number, what: string): 'stop' {
    this.log.add('bad-record', 'error', `${what}: what follows cannot be read`, origin);
    return 'stop';
  }
}

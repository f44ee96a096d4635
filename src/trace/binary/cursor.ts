import { InputError } from '../reader.js';
import type { Bytes } from './bytes.js';

/** Reads the metadata of a binary trace item by item; every read is checked against the end of its part. */
export class Cursor {
  constructor(
    readonly bytes: Bytes,
    public at: number,
    readonly littleEndian: boolean,
    /** First byte that does not belong to this part. */
    readonly end: number = bytes.size,
  ) {}

  get left(): number {
    return Math.max(0, this.end - this.at);
  }

  /** The next `length` bytes, valid until the next read. `what` is named in the error when they are missing. */
  take(length: number, what: string): Uint8Array {
    const left = Math.max(0, Math.min(this.end, this.bytes.size) - this.at);
    if (!(length <= left)) {
      throw this.error(
        'truncated',
        `expected ${size(length)} of ${what}, but only ${size(left)} ${left === 1 ? 'is' : 'are'} left`,
      );
    }
    const data = this.bytes.read(this.at, length);
    if (data.length < length) {
      throw this.error('truncated', `expected ${size(length)} of ${what}, found only ${size(data.length)}`);
    }
    this.at += length;
    return data;
  }

  u8(what: string): number {
    return this.take(1, what)[0];
  }

  u16(what: string): number {
    const b = this.take(2, what);
    return this.littleEndian ? b[0] | (b[1] << 8) : (b[0] << 8) | b[1];
  }

  u32(what: string): number {
    return word(this.take(4, what), 0, this.littleEndian);
  }

  /** As a double: exact below 2^53; larger values only need to compare as too large. */
  u64(what: string): number {
    const b = this.take(8, what);
    const first = word(b, 0, this.littleEndian);
    const second = word(b, 4, this.littleEndian);
    return this.littleEndian ? second * 4294967296 + first : first * 4294967296 + second;
  }

  /** Signed, as a bigint: for times and offsets that need all 64 bits. */
  s64(what: string): bigint {
    const b = this.take(8, what);
    const view = new DataView(b.buffer, b.byteOffset, 8);
    return view.getBigInt64(0, this.littleEndian);
  }

  /** Text up to a NUL byte. */
  string(what: string, limit = 256): string {
    const start = this.at;
    const data = this.bytes.read(start, Math.min(limit, Math.max(0, this.left)));
    const end = data.indexOf(0);
    if (end < 0)
      throw this.error('bad-string', `expected ${what} ended by a NUL byte within ${size(data.length)}`);
    this.at = start + end + 1;
    return latin1(data.subarray(0, end));
  }

  /** The next `length` bytes, to be kept. */
  copy(length: number, what: string): Uint8Array {
    const data = this.take(length, what);
    return this.bytes.stable ? data : data.slice();
  }

  error(code: string, message: string): InputError {
    const { bytes, at } = this;
    return new InputError(
      code,
      `${bytes.input}: ${message} (at ${bytes.place(at)})`,
      bytes.input,
      bytes.origin(at),
    );
  }
}

/** A name out of a file, for a message: no control characters, and not longer than a name is. */
export function shown(name: string): string {
  const text = name.replace(/[^\x20-\x7e]/g, '?');
  return text.length <= 64 ? text : `${text.slice(0, 64)}…`;
}

/** Task names and other text of users. */
export function utf8(data: Uint8Array): string {
  return Buffer.from(data.buffer, data.byteOffset, data.length).toString('utf8');
}

/** Bytes as text, one character a byte: what the kernel itself writes is ASCII. */
export function latin1(data: Uint8Array): string {
  return Buffer.from(data.buffer, data.byteOffset, data.length).toString('latin1');
}

function word(b: Uint8Array, at: number, littleEndian: boolean): number {
  return littleEndian
    ? (b[at] | (b[at + 1] << 8) | (b[at + 2] << 16) | (b[at + 3] << 24)) >>> 0
    : ((b[at] << 24) | (b[at + 1] << 16) | (b[at + 2] << 8) | b[at + 3]) >>> 0;
}

function size(length: number): string {
  return length === 1 ? '1 byte' : `${length} bytes`;
}

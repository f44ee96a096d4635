import type { Decoder } from '../decoder/decoder.js';

/**
 * Memory of the decoder for records that wait for their turn. Records are read into it in bulk and stay where they are: a queue
 * entry is a position here. Grows as needed; `bytes` and `view` are replaced then.
 */
export class Arena {
  bytes!: Uint8Array;
  view!: DataView;
  /** Where in the decoder's memory it begins. */
  base = 0;
  /** Bytes in use: those before `parsed` have been looked at. */
  used = 0;
  parsed = 0;

  constructor(
    readonly decoder: Decoder,
    size: number,
  ) {
    this.#place(size);
  }

  /** Makes room for `more` bytes behind those in use. */
  reserve(more: number): void {
    const need = this.used + more;
    if (need <= this.bytes.length) return;
    let size = this.bytes.length;
    while (size < need) size *= 2;
    const old = this.bytes;
    this.#place(size);
    this.bytes.set(old.subarray(0, this.used));
  }

  #place(size: number): void {
    this.base = this.decoder.reserve(size);
    const { buffer } = this.decoder;
    this.bytes = new Uint8Array(buffer, this.base, size);
    this.view = new DataView(buffer, this.base, size);
  }

  append(data: Uint8Array): void {
    this.reserve(data.length);
    this.bytes.set(data, this.used);
    this.used += data.length;
  }

  /** Puts a whole record before the bytes that have not been parsed yet (a piece of another record). */
  insert(record: Uint8Array): void {
    this.reserve(record.length);
    this.bytes.copyWithin(this.parsed + record.length, this.parsed, this.used);
    this.bytes.set(record, this.parsed);
    this.used += record.length;
  }

  /** Moves what is not parsed to a multiple of 8, so that the fields of the next record are aligned. */
  align(): void {
    const pad = (8 - (this.parsed & 7)) & 7;
    if (pad === 0) return;
    this.reserve(pad);
    this.bytes.copyWithin(this.parsed + pad, this.parsed, this.used);
    this.parsed += pad;
    this.used += pad;
  }

  /** Takes over what `other` has not parsed yet, and empties it. */
  continueFrom(other: Arena): void {
    this.used = 0;
    this.parsed = 0;
    this.append(other.bytes.subarray(other.parsed, other.used));
    other.used = other.parsed;
  }
}

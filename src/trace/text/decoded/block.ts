import type { Decoder } from '../../decoder/decoder.js';
import { LF } from '../bytes.js';

/** Bytes of text that are in the decoder's memory at a time: they stay in the processor's cache. */
const SIZE = 64 * 1024;
/** What the decoder may look at behind a line. */
const BEHIND = 64;
/** Bytes that V8 copies at once into memory that threads may share, when both sides are aligned alike. */
const WORD = 8;

/** Whole lines of a chunk, and their copy in the decoder's memory. */
export class Block {
  /** The chunk, and which of its bytes are in the block. */
  buf: Buffer = Buffer.alloc(0);
  from = 0;
  to = 0;
  readonly #room: number;
  /** Where in the decoder's memory `from` is. */
  #at = 0;

  constructor(readonly decoder: Decoder) {
    this.#room = decoder.reserve(SIZE + WORD + BEHIND);
  }

  /** Another chunk: nothing of it is in the block yet. */
  begin(buf: Buffer): void {
    this.buf = buf;
    this.from = this.to = 0;
  }

  /** Takes the whole lines from `from` on that there is room for; false: the first one is longer than that. */
  load(from: number, to: number): boolean {
    const room = from + SIZE;
    this.from = from;
    this.to = to <= room ? to : this.buf.lastIndexOf(LF, room - 1) + 1;
    if (this.to <= from) {
      this.to = from;
      return false;
    }
    this.#at = this.#room + ((this.buf.byteOffset + from) % WORD);
    this.decoder.bytes.set(this.buf.subarray(from, this.to), this.#at);
    return true;
  }

  has(at: number): boolean {
    return at >= this.from && at < this.to;
  }

  /** From a place in the chunk to one in the decoder's memory. */
  toMemory(at: number): number {
    return at - this.from + this.#at;
  }

  /** And back. */
  toChunk(place: number): number {
    return place - this.#at + this.from;
  }
}

import type { FileBytes } from '../binary/bytes.js';
import type { Decompressor } from '../binary/decompress.js';
import { plausibleSize } from '../binary/decompress.js';
import type { DiagnosticLog } from '../binary/diagnostics.js';
import type { Decoder } from '../decoder/decoder.js';
import type { Ahead } from './ahead.js';
import type { CpuRegion } from './layout.js';
import { chunkOrigin, WORD_SHIFT } from './origin.js';

/** The sub-buffers of one CPU, one after the other, in the decoder's memory. Read the places after `next()` returned true. */
export interface PageSource {
  /** Where the sub-buffer begins, and how many bytes of it there are. */
  at: number;
  length: number;
  /** Where what was read with it begins. */
  start: number;
  /** The origin to show for the byte at `at` is `originBase + (at >>> originShift)`. */
  originBase: number;
  readonly originShift: number;
  next(): boolean;
  /** The next one is in memory already: getting it leaves the others where they are. */
  readonly holdsNext: boolean;
  /** Bytes of the file used so far. */
  readonly consumed: number;
  /** Bytes of damaged data that were left out since the last call of `next()`; the place is in the diagnostics. */
  readonly gap: boolean;
}

/** Plain sub-buffers, read a window at a time. */
export class PlainPages implements PageSource {
  at = 0;
  length = 0;
  consumed = 0;
  readonly gap = false;
  readonly start: number;
  originBase: number;
  readonly originShift = 0;
  readonly #window: Uint8Array;
  /** File offset of the window, and how much of it is filled. */
  #windowAt: number;
  #filled = 0;
  #next = 0;

  constructor(
    readonly file: FileBytes,
    readonly region: CpuRegion,
    readonly pageSize: number,
    windowSize: number,
    decoder: Decoder,
  ) {
    const pages = Math.max(1, Math.floor(windowSize / pageSize));
    const size = Math.min(pages * pageSize, Math.ceil(region.size / 4) * 4);
    this.start = decoder.reserve(size);
    this.#window = decoder.bytes.subarray(this.start, this.start + size);
    this.#windowAt = region.offset;
    this.originBase = region.offset - this.start;
  }

  get holdsNext(): boolean {
    return this.#next < this.#filled;
  }

  next(): boolean {
    if (!this.holdsNext) {
      this.#windowAt += this.#filled;
      const left = this.region.offset + this.region.size - this.#windowAt;
      if (left <= 0) return false;
      const part = this.#window.subarray(0, Math.min(left, this.#window.length));
      this.#filled = this.file.readInto(part, this.#windowAt);
      this.originBase = this.#windowAt - this.start;
      this.consumed += this.#filled;
      this.#next = 0;
      if (this.#filled === 0) return false;
    }
    this.at = this.start + this.#next;
    this.length = Math.min(this.pageSize, this.#filled - this.#next);
    this.#next += this.pageSize;
    return true;
  }
}

/**
 * Compressed sub-buffers: u32 number of chunks, then for each u32 compressed size, u32 size, data. One chunk at a
 * time is in memory. A chunk that does not decompress is left out; one whose length cannot be right ends the CPU.
 */
export class CompressedPages implements PageSource {
  at = 0;
  length = 0;
  start = 0;
  consumed = 0;
  gap = false;
  originBase: number;
  readonly originShift = WORD_SHIFT;
  readonly #window: Uint8Array;
  #windowAt = 0;
  #filled = 0;
  #chunksLeft = -1;
  /** File offset of the next chunk's sizes. */
  #chunkAt: number;
  /** Place and size of this reader's own room for a chunk. */
  #room = 0;
  #roomSize = 0;
  /** Chunks begun. */
  #chunks = 0;
  /** The current chunk: its bytes, its next page. */
  #size = 0;
  #next = 0;
  readonly #end: number;

  constructor(
    readonly file: FileBytes,
    readonly region: CpuRegion,
    readonly pageSize: number,
    windowSize: number,
    readonly decoder: Decoder,
    readonly decompressor: Decompressor,
    readonly log: DiagnosticLog,
    /** Bytes that a chunk may hold at most. */
    readonly largest: number,
    /** Has chunks ready, as those of its region of this index. */
    readonly ahead: Ahead | null = null,
    readonly index = 0,
  ) {
    this.#chunkAt = region.offset;
    this.originBase = chunkOrigin(region.offset);
    this.#end = chunksEnd(region, file.size);
    this.#window = new Uint8Array(Math.min(windowSize, region.size + 4));
  }

  get holdsNext(): boolean {
    return this.#next < this.#size;
  }

  next(): boolean {
    this.gap = false;
    while (!this.holdsNext) if (!this.#nextChunk()) return false;
    this.at = this.start + this.#next;
    this.length = Math.min(this.pageSize, this.#size - this.#next);
    this.#next += this.pageSize;
    return true;
  }

  #nextChunk(): boolean {
    this.#size = 0;
    this.#next = 0;
    if (this.#chunksLeft < 0) {
      const head = this.#bytes(this.#chunkAt, 4);
      if (head === null) return this.#stop('no chunk count');
      this.#chunksLeft = u32(head, 0, this.decoder.littleEndian);
      this.#chunkAt += 4;
    }
    if (this.#chunksLeft === 0) return false;
    this.#chunksLeft--;
    const sizes = this.#bytes(this.#chunkAt, 8);
    if (sizes === null) return this.#stop('a chunk header is missing');
    const compressed = u32(sizes, 0, this.decoder.littleEndian);
    const size = u32(sizes, 4, this.decoder.littleEndian);
    const at = this.#chunkAt;
    if (compressed > this.#end - at - 8) return this.#stop(`a chunk claims ${compressed} bytes`);
    if (size > this.largest || !plausibleSize(compressed, size))
      return this.#stop(`a chunk claims to hold ${size} bytes in ${compressed}`);
    this.#chunkAt = at + 8 + compressed;
    this.consumed += 8 + compressed;
    const ready = this.ahead?.take(this.index, this.#chunks++, size) ?? 0;
    this.start = ready === 0 ? this.#roomFor(size) : ready;
    this.originBase = chunkOrigin(at) - (this.start >>> WORD_SHIFT);
    if (ready !== 0) {
      this.#size = size;
      return true;
    }
    const block = this.#bytes(at + 8, compressed);
    if (block === null) return this.#stop('a chunk is cut');
    try {
      this.decompressor.inflate(block, this.decoder.bytes.subarray(this.start, this.start + size));
      this.#size = size;
    } catch (e) {
      this.gap = true;
      const message = `a chunk of CPU ${this.region.cpu} is ${(e as Error).message}: its records are lost`;
      this.log.add('bad-chunk', 'error', message, at);
    }
    return true;
  }

  /** Where in the decoder's memory a chunk of this size goes. */
  #roomFor(size: number): number {
    if (size > this.#roomSize) {
      // What was reserved before is not given back: few steps to the largest.
      this.#roomSize = Math.max(size, 2 * this.#roomSize);
      this.#room = this.decoder.reserve(this.#roomSize);
    }
    return this.#room;
  }

  #stop(what: string): false {
    this.gap = true;
    this.#chunksLeft = 0;
    const message = `data of CPU ${this.region.cpu} ends early: ${what} (${this.#end - this.#chunkAt} bytes left)`;
    this.log.add('bad-chunk', 'error', message, this.#chunkAt);
    return false;
  }

  /** `length` bytes of the region from `at`, from the window where they fit in; null when they are not there. */
  #bytes(at: number, length: number): Uint8Array | null {
    if (at + length > this.#end) return null;
    if (length > this.#window.length) {
      const own = new Uint8Array(length);
      return this.file.readInto(own, at) === length ? own : null;
    }
    if (at < this.#windowAt || at + length > this.#windowAt + this.#filled) {
      this.#windowAt = at;
      const part = this.#window.subarray(0, Math.min(this.#window.length, this.#end - at));
      this.#filled = this.file.readInto(part, at);
      if (length > this.#filled) return null;
    }
    return this.#window.subarray(at - this.#windowAt, at - this.#windowAt + length);
  }
}

/** Where the chunks of a region end at the latest. */
export function chunksEnd({ offset, size }: CpuRegion, fileSize: number): number {
  // trace-cmd 3.1 leaves the chunk count out of the size.
  return Math.min(fileSize, offset + size + 4);
}

function u32(b: Uint8Array, at: number, littleEndian: boolean): number {
  return littleEndian
    ? (b[at] | (b[at + 1] << 8) | (b[at + 2] << 16) | (b[at + 3] << 24)) >>> 0
    : ((b[at] << 24) | (b[at + 1] << 16) | (b[at + 2] << 8) | b[at + 3]) >>> 0;
}

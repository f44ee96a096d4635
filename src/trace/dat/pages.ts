import type { FileBytes } from '../binary/bytes.js';
import type { Decompressor } from '../binary/decompress.js';
import { plausibleSize } from '../binary/decompress.js';
import type { DiagnosticLog } from '../binary/diagnostics.js';
import type { Ahead } from './ahead.js';
import type { CpuRegion } from './layout.js';
import { chunkOrigin, WORD_SHIFT } from './origin.js';

/** The sub-buffers of one CPU, one after the other. Read `view`, `at`, `length` after `next()` returned true. */
export interface PageSource {
  view: DataView;
  words: Int32Array;
  /** Where the sub-buffer begins in `view`, and how many bytes of it there are. */
  at: number;
  length: number;
  /** The origin to show for byte `at` of `view` is `originBase + (at >>> originShift)`. */
  originBase: number;
  readonly originShift: number;
  next(): boolean;
  /** Bytes of the file used so far. */
  readonly consumed: number;
  /** Bytes of damaged data that were left out since the last call of `next()`; the place is in the diagnostics. */
  readonly gap: boolean;
}

const EMPTY: ArrayBufferLike = new ArrayBuffer(0);

/** Plain sub-buffers, read a window at a time. */
export class PlainPages implements PageSource {
  view: DataView;
  words: Int32Array;
  at = 0;
  length = 0;
  consumed = 0;
  readonly gap = false;
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
  ) {
    const pages = Math.max(1, Math.floor(windowSize / pageSize));
    this.#window = new Uint8Array(Math.min(pages * pageSize, Math.ceil(region.size / 4) * 4));
    this.view = new DataView(this.#window.buffer);
    this.words = new Int32Array(this.#window.buffer);
    this.#windowAt = region.offset;
    this.originBase = region.offset;
  }

  next(): boolean {
    if (this.#next >= this.#filled) {
      this.#windowAt += this.#filled;
      const left = this.region.offset + this.region.size - this.#windowAt;
      if (left <= 0) return false;
      const part = this.#window.subarray(0, Math.min(left, this.#window.length));
      this.#filled = this.file.readInto(part, this.#windowAt);
      this.originBase = this.#windowAt;
      this.consumed += this.#filled;
      this.#next = 0;
      if (this.#filled === 0) return false;
    }
    this.at = this.#next;
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
  view: DataView = new DataView(EMPTY);
  words = new Int32Array(EMPTY);
  at = 0;
  length = 0;
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
  /** The current chunk: `#size` bytes of `view`, its next page. */
  #chunk = new Uint8Array(0);
  #chunkView = this.view;
  #chunkWords = this.words;
  /** Chunks begun. */
  #chunks = 0;
  #size = 0;
  #next = 0;
  readonly #end: number;

  constructor(
    readonly file: FileBytes,
    readonly region: CpuRegion,
    readonly pageSize: number,
    windowSize: number,
    readonly littleEndian: boolean,
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

  next(): boolean {
    this.gap = false;
    while (this.#next >= this.#size) if (!this.#nextChunk()) return false;
    this.at = this.#next;
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
      this.#chunksLeft = u32(head, 0, this.littleEndian);
      this.#chunkAt += 4;
    }
    if (this.#chunksLeft === 0) return false;
    this.#chunksLeft--;
    const sizes = this.#bytes(this.#chunkAt, 8);
    if (sizes === null) return this.#stop('a chunk header is missing');
    const compressed = u32(sizes, 0, this.littleEndian);
    const size = u32(sizes, 4, this.littleEndian);
    const at = this.#chunkAt;
    if (compressed > this.#end - at - 8) return this.#stop(`a chunk claims ${compressed} bytes`);
    if (size > this.largest || !plausibleSize(compressed, size))
      return this.#stop(`a chunk claims to hold ${size} bytes in ${compressed}`);
    this.#chunkAt = at + 8 + compressed;
    this.consumed += 8 + compressed;
    this.originBase = chunkOrigin(at);
    const ready = this.ahead?.take(this.index, this.#chunks++, size) ?? null;
    if (ready !== null) {
      this.view = ready.view;
      this.words = ready.words;
      this.#size = size;
      return true;
    }
    const block = this.#bytes(at + 8, compressed);
    if (block === null) return this.#stop('a chunk is cut');
    try {
      this.decompressor.inflate(block, this.#room(size));
      this.#size = size;
    } catch (e) {
      this.gap = true;
      const message = `a chunk of CPU ${this.region.cpu} is ${(e as Error).message}: its records are lost`;
      this.log.add('bad-chunk', 'error', message, at);
    }
    return true;
  }

  /** The chunk buffer's first `size` bytes. */
  #room(size: number): Uint8Array {
    if (this.#chunk.length < size) {
      this.#chunk = new Uint8Array((size + 3) & ~3);
      this.#chunkView = new DataView(this.#chunk.buffer);
      this.#chunkWords = new Int32Array(this.#chunk.buffer);
    }
    this.view = this.#chunkView;
    this.words = this.#chunkWords;
    return this.#chunk.subarray(0, size);
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

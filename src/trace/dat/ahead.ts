import { Worker } from 'node:worker_threads';
import { zstdModule } from '../binary/zstd-wasm.js';
import type { Decoder } from '../decoder/decoder.js';

/** A region of compressed chunks: what the thread needs to find them. */
export interface AheadRegion {
  readonly offset: number;
  readonly end: number;
}

/** What the thread is made with. */
export interface AheadFile {
  readonly path: string;
  readonly compression: string;
}

/** What it is to do. Chunks of a region are counted from 0; chunk n goes to the slot n % SLOTS. */
export interface AheadStart {
  readonly littleEndian: boolean;
  readonly regions: readonly AheadRegion[];
  /** The decompressor's WebAssembly, if it is some and known. */
  readonly module: object | null;
  readonly slotSize: number;
  /** The decoder's memory, and where in it the slots are: `slotSize` bytes for each slot of each region. */
  readonly data: SharedArrayBuffer;
  readonly dataAt: number;
  /** Word 0: changes when there is room for some; OVER: the thread is to end. Then a word per region: the chunk that is used now. */
  readonly asked: SharedArrayBuffer;
  /** For each slot two words: number (-1: none) and size of the chunk in it. */
  readonly filled: SharedArrayBuffer;
}

/** See `AheadStart.asked`. */
export const OVER = -0x80000000;
/** Chunks of a region that may be there at once, the one in use among them. */
export const SLOTS = 8;
/** The thread is woken for so many at a time: that takes as long as a tenth of a chunk. */
const WAKE = SLOTS / 2;
/** Memory of all slots together; files of so many CPUs that it would not do have no thread. */
const MEMORY = 32 * 1024 * 1024;
/** trace-cmd's chunks are ten pages. Larger ones are left to the reader. */
const CHUNK_PAGES = 10;

/**
 * Decompresses chunks in a thread of its own, a few ahead of the reader. The reader never waits for it: a chunk that
 * is not there, or could not be decompressed, the reader decompresses itself.
 */
export class Ahead {
  readonly #worker: Worker;
  readonly #gone: Promise<unknown>;
  #asked: Int32Array = new Int32Array(0);
  #filled: Int32Array = new Int32Array(0);
  #start: AheadStart | null = null;

  /** The thread begins: that takes about as long as opening the file. */
  constructor(file: AheadFile) {
    // (The program is one file of CommonJS, and its thread another: scripts/bundle.mjs.)
    const kind = import.meta.url.endsWith('.cjs') ? 'cjs' : 'js';
    this.#worker = new Worker(new URL(`./ahead-worker.${kind}`, import.meta.url), { workerData: file });
    // Without it the reader goes on alone.
    this.#worker.on('error', () => {});
    this.#gone = new Promise((resolve) => this.#worker.once('exit', resolve));
    this.#worker.unref();
  }

  /** Has it decompress these regions, unless that would take too much memory. */
  start(regions: readonly AheadRegion[], pageSize: number, decoder: Decoder): void {
    const slots = regions.length * SLOTS;
    const slotSize = CHUNK_PAGES * pageSize;
    if (slots === 0 || slots * slotSize > MEMORY) return;
    const words = (count: number): SharedArrayBuffer => new SharedArrayBuffer(4 * count);
    const start = {
      regions,
      module: zstdModule(),
      slotSize,
      littleEndian: decoder.littleEndian,
      dataAt: decoder.reserve(slots * slotSize),
      data: decoder.buffer,
      asked: words(1 + regions.length),
      filled: words(2 * slots),
    };
    this.#start = start;
    this.#asked = new Int32Array(start.asked).fill(-1);
    this.#filled = new Int32Array(start.filled).fill(-1);
    this.#worker.postMessage(start);
  }

  /**
   * Where in the decoder's memory the region's next chunk is, of this number and size; 0 if it is not there. Gives back
   * the one before.
   */
  take(region: number, chunk: number, size: number): number {
    if (this.#start === null) return 0;
    const slot = region * SLOTS + (chunk % SLOTS);
    const there = Atomics.load(this.#filled, 2 * slot) === chunk && this.#filled[2 * slot + 1] === size;
    Atomics.store(this.#asked, 1 + region, chunk);
    if (chunk % WAKE === 0) {
      Atomics.add(this.#asked, 0, 1);
      Atomics.notify(this.#asked, 0);
    }
    return there ? this.#start.dataAt + slot * this.#start.slotSize : 0;
  }

  /** Ends the thread: not from outside while it may be decompressing, which Node.js does not survive with zlib. */
  async close(): Promise<void> {
    if (this.#start === null) {
      await this.#worker.terminate();
      return;
    }
    this.#worker.ref();
    Atomics.store(this.#asked, 0, OVER);
    Atomics.notify(this.#asked, 0);
    await this.#gone;
  }
}

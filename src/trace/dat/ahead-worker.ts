// The thread of Ahead (ahead.ts), which ends it.
import { parentPort, workerData } from 'node:worker_threads';
import { FileBytes } from '../binary/bytes.js';
import { useCompiled } from '../binary/compiled.js';
import { type Decompressor, openDecompressor } from '../binary/decompress.js';
import { type AheadFile, type AheadRegion, type AheadStart, OVER, SLOTS } from './ahead.js';

const WINDOW = 256 * 1024;

const { path, compression } = workerData as AheadFile;

/** What the thread was told, with its words as arrays. */
type Shared = Omit<AheadStart, 'asked' | 'filled'> & Record<'asked' | 'filled', Int32Array>;

/** Goes over the chunks of one region, as CompressedPages (pages.ts) does, and stops where that may find damage. */
class Chunks {
  /** Number of the next chunk. */
  #next = 0;
  #count: number;
  #at: number;
  readonly #window = new Uint8Array(WINDOW);
  readonly #view = new DataView(this.#window.buffer);
  #windowAt = 0;
  #filled = 0;

  constructor(
    private readonly shared: Shared,
    private readonly index: number,
    private readonly region: AheadRegion,
    private readonly file: FileBytes,
    private readonly decompressor: Decompressor,
  ) {
    const at = this.#find(region.offset, 4);
    this.#count = at < 0 ? 0 : this.#view.getUint32(at, this.shared.littleEndian);
    this.#at = region.offset + 4;
  }

  /** Nothing is left to do here. */
  get done(): boolean {
    return this.#next >= this.#count;
  }

  /** Decompresses a chunk if there is room; false: nothing to do. */
  step(): boolean {
    const { asked, slotSize } = this.shared;
    const used = Atomics.load(asked, 1 + this.index);
    while (this.#next < this.#count && this.#next < used + SLOTS) {
      const at = this.#find(this.#at, 8);
      const compressed = at < 0 ? 0 : this.#view.getUint32(at, this.shared.littleEndian);
      const size = at < 0 ? 0 : this.#view.getUint32(at + 4, this.shared.littleEndian);
      const block = at < 0 ? -1 : this.#find(this.#at + 8, compressed);
      if (block < 0) {
        this.#count = 0;
        return false;
      }
      this.#at += 8 + compressed;
      const chunk = this.#next++;
      // What the reader has done itself meanwhile, or will.
      if (chunk <= used || size > slotSize) continue;
      this.#inflate(chunk, this.#window.subarray(block, block + compressed), size);
      return true;
    }
    return false;
  }

  #inflate(chunk: number, block: Uint8Array, size: number): void {
    const { data, dataAt, slotSize, filled } = this.shared;
    const slot = this.index * SLOTS + (chunk % SLOTS);
    try {
      this.decompressor.inflate(block, new Uint8Array(data, dataAt + slot * slotSize, size));
    } catch {
      // The reader will find the same, and say so.
      return;
    }
    filled[2 * slot + 1] = size;
    Atomics.store(filled, 2 * slot, chunk);
  }

  /** Where in the window these bytes of the file are; -1 when they are not in the region. */
  #find(at: number, length: number): number {
    if (length > WINDOW || at + length > this.region.end) return -1;
    if (at < this.#windowAt || at + length > this.#windowAt + this.#filled) {
      this.#windowAt = at;
      this.#filled = this.file.readInto(this.#window, at);
      if (length > this.#filled) return -1;
    }
    return at - this.#windowAt;
  }
}

/** Decompresses until all is done, before the reader is: so nobody waits for its end. Or until it is told that all is over. */
function run(decompressor: Decompressor, start: AheadStart): void {
  const file = new FileBytes(path, path);
  const asked = new Int32Array(start.asked);
  const shared = { ...start, asked, filled: new Int32Array(start.filled) };
  const all = start.regions.map((region, index) => new Chunks(shared, index, region, file, decompressor));
  for (let seen = Atomics.load(asked, 0); seen !== OVER; seen = Atomics.load(asked, 0)) {
    let busy = false;
    for (const chunks of all) if (chunks.step()) busy = true;
    if (all.every(({ done }) => done)) break;
    if (!busy) Atomics.wait(asked, 0, seen);
  }
  file.close();
}

// (No await at the top: the program's worker is CommonJS, which starts faster.)
parentPort?.once('message', async (start: AheadStart) => {
  useCompiled(() => start.module ?? undefined);
  const decompressor = await openDecompressor(compression);
  if (decompressor !== null) run(decompressor, start);
});

import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import {
  type AheadSetup,
  CONSUMED,
  cpuWords,
  DEMAND,
  GLOBAL_WORDS,
  NEXT,
  STATES,
  STOP,
} from './ahead-shared.js';
import type { CpuRegion, DatLayout } from './layout.js';

/** Below this much compressed data a worker takes longer to start than it saves. */
const WORTH = 2 * 1024 * 1024;
const [MIN_SLOTS, MAX_SLOTS] = [2, 8];
const MAX_MEMORY = 16 * 1024 * 1024;
/** trace-cmd puts ten sub-buffers into a chunk. */
const CHUNK_PAGES = 10;
/** A worker that has not finished a chunk after this time is not there any more. */
const PATIENCE_MS = 2000;

/** A chunk that the worker has unpacked. */
export interface ReadyChunk {
  readonly bytes: Uint8Array;
  readonly view: DataView;
  readonly words: Int32Array;
}

/** A worker thread that decompresses the next chunks of every CPU while the reader decodes the current ones. */
export class Ahead {
  readonly #control: Int32Array;
  readonly #chunks: ReadyChunk[] = [];
  readonly #worker: Worker;
  #gone = false;

  private constructor(
    readonly setup: AheadSetup,
    readonly regions: readonly CpuRegion[],
  ) {
    this.#control = new Int32Array(setup.control);
    const { slots, slotSize, data } = setup;
    for (let i = 0; i < regions.length * slots; i++)
      this.#chunks.push({
        bytes: new Uint8Array(data, i * slotSize, slotSize),
        view: new DataView(data, i * slotSize, slotSize),
        words: new Int32Array(data, i * slotSize, slotSize / 4),
      });
    this.#worker = new Worker(new URL('./ahead-worker.js', import.meta.url), { workerData: setup });
    this.#worker.unref();
    this.#worker.on('error', () => {
      this.#gone = true;
    });
  }

  /** null where it does not pay: little data, one processor, too many CPUs for the memory. */
  static start(path: string, layout: DatLayout, fileSize: number): Ahead | null {
    const buffers = layout.buffers.filter((b) => b.compressed);
    const regions = buffers.flatMap((b) => b.cpus);
    const size = regions.reduce((sum, r) => sum + r.size, 0);
    if (size < WORTH || availableParallelism() < 2) return null;
    const slotSize = Math.max(...buffers.map((b) => b.pageSize)) * CHUNK_PAGES;
    const slots = Math.min(MAX_SLOTS, Math.floor(MAX_MEMORY / (slotSize * regions.length)));
    if (slots < MIN_SLOTS) return null;
    const setup = {
      path,
      compression: layout.compression,
      littleEndian: layout.littleEndian,
      regions: regions.map((r) => ({ offset: r.offset, end: Math.min(fileSize, r.offset + r.size + 4) })),
      slots,
      slotSize,
      control: new SharedArrayBuffer((GLOBAL_WORDS + regions.length * cpuWords(slots)) * 4),
      data: new SharedArrayBuffer(regions.length * slots * slotSize),
    };
    return new Ahead(setup, regions);
  }

  /** Number of a region in here. */
  numberOf(region: CpuRegion): number {
    return this.regions.indexOf(region);
  }

  /**
   * Chunk number `chunk` of the CPU, which must be the one after the last asked for. null when the caller has to
   * unpack it: the worker has not begun with it, or could not do it.
   */
  take(cpu: number, chunk: number): ReadyChunk | null {
    if (this.#gone) return null;
    const control = this.#control;
    const { slots } = this.setup;
    const at = GLOBAL_WORDS + cpu * cpuWords(slots);
    Atomics.store(control, at + CONSUMED, chunk);
    Atomics.add(control, DEMAND, 1);
    Atomics.notify(control, DEMAND);
    if (Atomics.compareExchange(control, at + NEXT, chunk, chunk + 1) === chunk) return null;
    const slot = at + STATES + (chunk % slots);
    for (;;) {
      const state = Atomics.load(control, slot);
      if (state === chunk + 1) return this.#chunks[cpu * slots + (chunk % slots)];
      if (state === -(chunk + 1)) return null;
      if (Atomics.wait(control, slot, state, PATIENCE_MS) === 'timed-out') {
        this.#gone = true;
        return null;
      }
    }
  }

  close(): void {
    Atomics.store(this.#control, STOP, 1);
    Atomics.add(this.#control, DEMAND, 1);
    Atomics.notify(this.#control, DEMAND);
    void this.#worker.terminate();
  }
}

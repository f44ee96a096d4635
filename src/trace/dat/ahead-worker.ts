import { workerData } from 'node:worker_threads';
import { FileBytes } from '../binary/bytes.js';
import { type Decompressor, openDecompressor, plausibleSize } from '../binary/decompress.js';
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

/** A CPU's chunks as the worker walks along them. */
interface Walk {
  /** A window of its own: the CPUs take turns. */
  readonly file: FileBytes;
  /** Chunk at `at`, and how many there are. */
  index: number;
  at: number;
  count: number;
}

/** Unpacks chunks until the reader says stop. It only helps: what it leaves out the reader does itself. */
class AheadWorker {
  readonly #control: Int32Array;
  readonly #walks: Walk[];

  constructor(
    readonly setup: AheadSetup,
    readonly decompressor: Decompressor,
  ) {
    this.#control = new Int32Array(setup.control);
    this.#walks = setup.regions.map(({ offset }) => {
      const file = new FileBytes(setup.path, setup.path);
      return { file, index: 0, at: offset + 4, count: this.#u32(file, offset) };
    });
  }

  run(): void {
    const control = this.#control;
    while (Atomics.load(control, STOP) === 0) {
      const demand = Atomics.load(control, DEMAND);
      if (!this.#unpackOne()) Atomics.wait(control, DEMAND, demand);
    }
    for (const { file } of this.#walks) file.close();
  }

  /** Unpacks a chunk of the CPU that has the fewest ready; false when all slots are full. */
  #unpackOne(): boolean {
    const { slots } = this.setup;
    let best = -1;
    let shortest = slots;
    this.#walks.forEach((walk, cpu) => {
      const at = GLOBAL_WORDS + cpu * cpuWords(slots);
      const next = Atomics.load(this.#control, at + NEXT);
      const lead = next - Atomics.load(this.#control, at + CONSUMED);
      if (next >= walk.count || lead >= shortest) return;
      best = cpu;
      shortest = lead;
    });
    if (best < 0) return false;
    const at = GLOBAL_WORDS + best * cpuWords(slots);
    const chunk = Atomics.load(this.#control, at + NEXT);
    if (chunk >= Atomics.load(this.#control, at + CONSUMED) + slots) return true;
    if (Atomics.compareExchange(this.#control, at + NEXT, chunk, chunk + 1) !== chunk) return true;
    const done = this.#unpack(best, chunk);
    const slot = at + STATES + (chunk % slots);
    Atomics.store(this.#control, slot, done ? chunk + 1 : -(chunk + 1));
    Atomics.notify(this.#control, slot);
    return true;
  }

  #unpack(cpu: number, chunk: number): boolean {
    const { slots, slotSize, data, regions } = this.setup;
    const walk = this.#walks[cpu];
    try {
      for (; walk.index < chunk; walk.index++) walk.at += 8 + this.#u32(walk.file, walk.at);
      const [length, size] = [this.#u32(walk.file, walk.at), this.#u32(walk.file, walk.at + 4)];
      if (size > slotSize || !plausibleSize(length, size) || walk.at + 8 + length > regions[cpu].end)
        return false;
      const block = walk.file.read(walk.at + 8, length);
      const target = new Uint8Array(data, (cpu * slots + (chunk % slots)) * slotSize, size);
      this.decompressor.inflate(block, target);
      return true;
    } catch {
      // The reader tries it again, and tells what is wrong.
      return false;
    }
  }

  #u32(file: FileBytes, at: number): number {
    const b = file.read(at, 4);
    if (b.length < 4) return 0;
    return new DataView(b.buffer, b.byteOffset, 4).getUint32(0, this.setup.littleEndian);
  }
}

const setup = workerData as AheadSetup;
const decompressor = await openDecompressor(setup.compression);
if (decompressor !== null) new AheadWorker(setup, decompressor).run();

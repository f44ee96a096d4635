import type { Inflate } from './decompress.js';
import { startZstd, type Zstd } from './zstd-wasm.js';

/**
 * zstd in WebAssembly, also where Node has one of its own (from 22.15): that makes a decoder per block, and hundreds of
 * megabytes of them before they are collected, and is no faster over chunks of 40 KiB. `zstddec` is used below its own
 * API: its `decode()` allocates twice and copies into a new array per block, which for a trace of thousands of small
 * chunks costs as much as a third of the decoding.
 */
export function openZstd(): Promise<Inflate> {
  // Its memory is used by one block at a time: one inflater for all files.
  shared ??= startZstd().then(({ zstd, decoder }) => (zstd === null ? byApi(decoder) : inflater(zstd)));
  return shared;
}

let shared: Promise<Inflate> | null = null;

/** By the API of zstddec, which says of what is no zstd only that nothing came out. */
const byApi =
  (decoder: { decode(block: Uint8Array, size: number): Uint8Array }): Inflate =>
  (block, target) => {
    const data = decoder.decode(block, Math.max(1, target.length));
    if (data.length === 0 && target.length > 0) throw new Error('zstd error');
    if (data.length <= target.length) target.set(data);
    return data.length;
  };

function inflater(zstd: Zstd): Inflate {
  const input = new Area(zstd);
  const output = new Area(zstd);
  return (block, target) => {
    const from = input.reserve(block.length);
    const to = output.reserve(target.length);
    new Uint8Array(zstd.memory.buffer, from, block.length).set(block);
    const size = zstd.ZSTD_decompress(to, target.length, from, block.length);
    const found = size >= 0 && size <= target.length;
    if (found) target.set(new Uint8Array(zstd.memory.buffer, to, size));
    input.trim();
    output.trim();
    if (!found) throw new Error(`zstd error ${-size}`);
    return size;
  };
}

/** What is kept between blocks: enough for the chunks of a trace, not for its kallsyms. */
const KEEP = 1024 * 1024;

/** A piece of the decoder's memory, kept from block to block. */
class Area {
  #at = 0;
  #size = 0;

  constructor(readonly zstd: Zstd) {}

  reserve(size: number): number {
    if (size <= this.#size) return this.#at;
    if (this.#at !== 0) this.zstd.free(this.#at);
    this.#size = 0;
    this.#at = this.zstd.malloc(size);
    if (this.#at === 0) throw new Error(`no memory for ${size} bytes`);
    this.#size = size;
    return this.#at;
  }

  trim(): void {
    if (this.#size <= KEEP) return;
    this.zstd.free(this.#at);
    this.#at = 0;
    this.#size = 0;
  }
}

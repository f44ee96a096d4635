import { wasmModule } from './compiled.js';
import type { Inflate } from './decompress.js';

/** What the wasm build of zstd inside `zstddec` exports. */
interface ZstdExports {
  readonly memory: { readonly buffer: ArrayBuffer };
  malloc(size: number): number;
  free(at: number): void;
  ZSTD_decompress(target: number, size: number, block: number, length: number): number;
}

/**
 * zstd in WebAssembly, also where Node has one of its own (from 22.15): that makes a decoder per block, and hundreds of
 * megabytes of them before they are collected, and is no faster over chunks of 40 KiB. `zstddec` is used below its own
 * API: its `decode()` allocates twice and copies into a new array per block, which for a trace of thousands of small
 * chunks costs as much as a third of the decoding.
 */
export function openZstd(): Promise<Inflate> {
  // There is one wasm instance, and its memory is used by one block at a time: one inflater for all files.
  shared ??= import('zstddec').then(async ({ ZSTDDecoder }) => {
    const decoder = new ZSTDDecoder();
    const zstd = await loadWasm<ZstdExports>(decoder);
    return zstd === null ? byApi(decoder) : inflater(zstd);
  });
  return shared;
}

let shared: Promise<Inflate> | null = null;
let module: object | null = null;

/** The WebAssembly of zstd, for another thread; null: it has not been opened. */
export const zstdModule = (): object | null => module;

/**
 * Starts one of zstddec's decoders and takes hold of what its wasm exports. Null: somebody else in this process has
 * started it before, and it starts once.
 */
export async function loadWasm<Exports>(decoder: {
  init(): Promise<void>;
  // biome-ignore lint/suspicious/noExplicitAny: the types of WebAssembly are not in those of Node
  _init(result: any): void;
}): Promise<Exports | null> {
  let exports: Exports | null = null;
  const init = decoder._init;
  decoder._init = (result) => {
    exports = result.instance.exports as Exports;
    init.call(decoder, result);
  };
  await atOnce(() => decoder.init());
  return exports;
}

/** By the API of zstddec, which says of what is no zstd only that nothing came out. */
const byApi =
  (decoder: { decode(block: Uint8Array, size: number): Uint8Array }): Inflate =>
  (block, target) => {
    const data = decoder.decode(block, Math.max(1, target.length));
    if (data.length === 0 && target.length > 0) throw new Error('zstd error');
    if (data.length <= target.length) target.set(data);
    return data.length;
  };

function inflater(zstd: ZstdExports): Inflate {
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

  constructor(readonly zstd: ZstdExports) {}

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

/**
 * Where there is a fetch(), zstddec reads its wasm through it: in Node that loads all of the HTTP client, 20 ms. And
 * 30 kB of wasm, whose functions are compiled when they are called, are ready before another thread has begun.
 */
async function atOnce<T>(run: () => Promise<T>): Promise<T> {
  // biome-ignore lint/suspicious/noExplicitAny: the types of WebAssembly are not in those of Node
  const wasm = (globalThis as any).WebAssembly;
  const instantiate = async (bytes: Uint8Array, imports: object) => ({
    instance: new wasm.Instance((module = wasmModule(bytes)), imports),
  });
  const restore = [replace(globalThis, 'fetch', undefined), replace(wasm, 'instantiate', instantiate)];
  try {
    // zstddec looks for both at once, not later.
    return run();
  } finally {
    for (const undo of restore) undo();
  }
}

/** Puts a value in place of a property; gives what undoes it. */
function replace(owner: object, name: string, value: unknown): () => void {
  const before = Object.getOwnPropertyDescriptor(owner, name);
  if (before?.configurable !== true) return () => {};
  Object.defineProperty(owner, name, { value, configurable: true, writable: true });
  return () => Object.defineProperty(owner, name, before);
}

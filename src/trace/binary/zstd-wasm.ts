import type { ZSTDDecoder } from 'zstddec/stream';
import { wasmModule } from './compiled.js';

/** What the WebAssembly inside `zstddec/stream` exports. Numbers are places in its memory, or bytes. */
export interface Zstd {
  readonly memory: { readonly buffer: ArrayBuffer };
  malloc(size: number): number;
  free(at: number): void;
  ZSTD_decompress(target: number, size: number, block: number, length: number): number;
  ZSTD_createDCtx(): number;
  ZSTD_freeDCtx(context: number): void;
  ZSTD_decompressStream(context: number, output: number, input: number): number;
}

/** `zstd` is null where other code in this process has started the decoder before: it starts once. */
export interface StartedZstd {
  readonly zstd: Zstd | null;
  readonly decoder: ZSTDDecoder;
}

let started: Promise<StartedZstd> | null = null;
let module: object | null = null;

/** The WebAssembly of zstd, for another thread; null: it has not been started. */
export const zstdModule = (): object | null => module;

/** The one decoder of zstd in this process, for blocks (zstd.ts) and for streams (zstd-stream.ts). */
export function startZstd(): Promise<StartedZstd> {
  started ??= import('zstddec/stream').then(async (library) => {
    const decoder = new library.ZSTDDecoder();
    return { zstd: await takeExports(decoder), decoder };
  });
  return started;
}

async function takeExports(decoder: {
  init(): Promise<void>;
  // biome-ignore lint/suspicious/noExplicitAny: the types of WebAssembly are not in those of Node
  _init(result: any): void;
}): Promise<Zstd | null> {
  let exports: Zstd | null = null;
  const init = decoder._init;
  decoder._init = (result) => {
    exports = result.instance.exports as Zstd;
    init.call(decoder, result);
  };
  await atOnce(() => decoder.init());
  return exports;
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

// biome-ignore lint/suspicious/noExplicitAny: the types of WebAssembly are not in those of Node
const wasm = (globalThis as any).WebAssembly;

/** Gives a module whose functions have been compiled before; undefined: there is none of these bytes. */
export type CompiledBefore = (bytes: Uint8Array) => object | undefined;

let before: CompiledBefore = () => undefined;

/** From now on, modules are looked for there first (the command line has some, src/cli/zstd-code.ts). */
export function useCompiled(find: CompiledBefore): void {
  before = find;
}

/** A WebAssembly module of these bytes. */
export function wasmModule(bytes: Uint8Array): object {
  return before(bytes) ?? new wasm.Module(bytes);
}

import { readFileSync } from 'node:fs';
import { compileFunction } from 'node:vm';
import { useCompiled } from '../trace/binary/compiled.js';
import { expectDecompression, underDefaultFlags } from './pace.js';

/**
 * V8's code of the zstd decoder, as the build made it with this very Node.js (scripts/zstd-code.mjs). V8 compiles its large
 * functions for 0.1 s on a core that a large trace needs for something else, and runs them at half the speed until then.
 */
export function useZstdCode(): void {
  useCompiled((wasm) => {
    expectDecompression();
    try {
      const { version, platform, arch } = process;
      const name = `zstd-${version}-${platform}-${arch}.wasm-code`;
      const code = intact(readFileSync(new URL(name, import.meta.url)), wasm);
      return code && underDefaultFlags('--allow-natives-syntax', () => deserialize(code, wasm));
    } catch {
      return undefined;
    }
  });
}

/**
 * What the file has behind the WebAssembly that it is of: the code, twice, because V8 does not look whether it is damaged,
 * and to compare is the fastest way to see that. undefined: it is, or of other WebAssembly.
 */
function intact(file: Buffer, wasm: Uint8Array): Buffer | undefined {
  const half = (file.length - wasm.length) / 2;
  const code = file.subarray(wasm.length, wasm.length + half);
  const same =
    Number.isInteger(half) &&
    file.subarray(0, wasm.length).equals(wasm) &&
    file.subarray(wasm.length + half).equals(code);
  return same ? code : undefined;
}

/** undefined: it was made by another V8, for another processor, or under other flags. */
function deserialize(code: Uint8Array, wasm: Uint8Array): object | undefined {
  const run = compileFunction('return %DeserializeWasmModule(code, wasm)', ['code', 'wasm']);
  return run(Uint8Array.from(code).buffer, Uint8Array.from(wasm));
}

import * as zlib from 'node:zlib';

/** Undoes one block of a compressed trace. Throws an Error that says what is wrong with the block. */
export interface Decompressor {
  readonly name: string;
  /** `size` is what the file says the block holds; a block that holds anything else is damaged. */
  inflate(block: Uint8Array, size: number): Uint8Array;
}

/** What may be decompressed at once: more is damage or an attack, not a trace. trace-cmd's chunks are ten pages. */
export const MAX_BLOCK = 64 * 1024 * 1024;

// Absent in Node 20 and its types.
const nodeZstd = (
  zlib as unknown as {
    zstdDecompressSync?: (data: Uint8Array, options: { maxOutputLength: number }) => Buffer;
  }
).zstdDecompressSync;

/** The decoder of a trace.dat's compression name; null when there is none for it. */
export async function openDecompressor(name: string): Promise<Decompressor | null> {
  if (name === 'zlib') return new Checked(name, inflateZlib);
  if (name !== 'zstd') return null;
  if (nodeZstd !== undefined) return new Checked(name, (b, size) => nodeZstd(b, { maxOutputLength: size }));
  const { ZSTDDecoder } = await import('zstddec');
  const decoder = new ZSTDDecoder();
  await decoder.init();
  return new Checked(name, (b, size) => decoder.decode(b, size));
}

function inflateZlib(block: Uint8Array, size: number): Uint8Array {
  return zlib.inflateSync(block, { maxOutputLength: size });
}

class Checked implements Decompressor {
  constructor(
    readonly name: string,
    private readonly run: (block: Uint8Array, size: number) => Uint8Array,
  ) {}

  inflate(block: Uint8Array, size: number): Uint8Array {
    if (size === 0) return new Uint8Array(0);
    if (size > MAX_BLOCK) throw new Error(`a block of ${size} bytes is larger than the ${MAX_BLOCK} allowed`);
    let data: Uint8Array;
    try {
      data = this.run(block, size);
    } catch (e) {
      throw new Error(`not a ${this.name} block of ${size} bytes: ${(e as Error).message}`);
    }
    if (data.length !== size)
      throw new Error(`not a ${this.name} block of ${size} bytes (got ${data.length})`);
    return data;
  }
}

import { openZstd } from './zstd.js';

/** Undoes the blocks of a compressed trace. */
export interface Decompressor {
  readonly name: string;
  /**
   * Fills `target` with the contents of one block. A block that holds more or less than `target` takes is damaged:
   * throws an Error that says what is wrong with it.
   */
  inflate(block: Uint8Array, target: Uint8Array): void;
}

/** What may be decompressed at once: more is damage or an attack, not a trace. trace-cmd's chunks are ten pages. */
export const MAX_BLOCK = 64 * 1024 * 1024;

/** Whether `length` compressed bytes can stand for `size`: sub-buffers full of zeros shrink about a thousandfold. */
export function plausibleSize(length: number, size: number): boolean {
  return size <= MAX_BLOCK && size <= 1024 * 1024 + length * 2048;
}

/** The decoder of a trace.dat's compression name; null when there is none for it. */
export async function openDecompressor(name: string): Promise<Decompressor | null> {
  if (name === 'zlib') {
    const { inflateSync } = await import('node:zlib');
    return new Checked(name, (b, t) => copy(inflateSync(b, { maxOutputLength: t.length }), t));
  }
  if (name !== 'zstd') return null;
  return new Checked(name, await openZstd());
}

function copy(data: Uint8Array, target: Uint8Array): number {
  if (data.length === target.length) target.set(data);
  return data.length;
}

/** Decompresses into `target` and returns the size of the contents, which may differ. */
export type Inflate = (block: Uint8Array, target: Uint8Array) => number;

class Checked implements Decompressor {
  constructor(
    readonly name: string,
    private readonly run: Inflate,
  ) {}

  inflate(block: Uint8Array, target: Uint8Array): void {
    const size = target.length;
    let found: number;
    try {
      found = this.run(block, target);
    } catch (e) {
      throw new Error(`not a ${this.name} block of ${size} bytes: ${(e as Error).message}`);
    }
    if (found !== size) throw new Error(`not a ${this.name} block of ${size} bytes (got ${found})`);
  }
}

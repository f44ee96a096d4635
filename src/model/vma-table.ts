import type { Vma } from './vma.js';

const CHUNK_BITS = 10;
const CHUNK = 1 << CHUNK_BITS;

/**
 * Live VMAs by vm_area_struct pointer id. Ids are small integers, so arrays find them faster than a Map; and not one
 * array: when it grows, V8 copies it, and keeps the old one until it has looked at all of the heap.
 */
export class VmaTable {
  readonly #chunks: (Vma | undefined)[][] = [];

  get(pointer: number): Vma | undefined {
    const chunk = pointer >>> CHUNK_BITS;
    return chunk < this.#chunks.length ? this.#chunks[chunk][pointer & (CHUNK - 1)] : undefined;
  }

  set(pointer: number, vma: Vma): void {
    while (this.#chunks.length <= pointer >>> CHUNK_BITS) this.#chunks.push(empty());
    this.#chunks[pointer >>> CHUNK_BITS][pointer & (CHUNK - 1)] = vma;
  }

  delete(vma: Vma): void {
    if (this.get(vma.pointer) === vma)
      this.#chunks[vma.pointer >>> CHUNK_BITS][vma.pointer & (CHUNK - 1)] = undefined;
  }

  /** In the order of their pointers' ids. */
  *values(): Iterable<Vma> {
    for (const chunk of this.#chunks) for (const vma of chunk) if (vma !== undefined) yield vma;
  }
}

/** Without holes: V8 finds the VMAs faster. */
function empty(): undefined[] {
  const chunk: undefined[] = [];
  while (chunk.length < CHUNK) chunk.push(undefined);
  return chunk;
}

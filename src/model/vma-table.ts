import type { Vma } from './vma.js';

/** Live VMAs by vm_area_struct pointer id. Ids are small integers, so an array finds them faster than a Map. */
export class VmaTable {
  readonly #byPointer: (Vma | undefined)[] = [];

  get(pointer: number): Vma | undefined {
    return this.#byPointer[pointer];
  }

  set(pointer: number, vma: Vma): void {
    // Without holes: V8 finds the VMAs faster.
    while (this.#byPointer.length <= pointer) this.#byPointer.push(undefined);
    this.#byPointer[pointer] = vma;
  }

  delete(vma: Vma): void {
    if (this.#byPointer[vma.pointer] === vma) this.#byPointer[vma.pointer] = undefined;
  }

  /** In the order of their pointers' ids. */
  *values(): Iterable<Vma> {
    for (const vma of this.#byPointer) if (vma !== undefined) yield vma;
  }
}

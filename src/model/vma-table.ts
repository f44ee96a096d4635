import type { Vma } from './vma.js';

/** Live VMAs by vm_area_struct pointer id. Ids are small integers, so an array finds them faster than a Map. */
export class VmaTable {
  readonly #byPointer: (Vma | undefined)[] = [];
  readonly #live = new Set<Vma>();

  get(pointer: number): Vma | undefined {
    return this.#byPointer[pointer];
  }

  set(pointer: number, vma: Vma): void {
    while (this.#byPointer.length <= pointer) this.#byPointer.push(undefined);
    this.#byPointer[pointer] = vma;
    this.#live.add(vma);
  }

  delete(vma: Vma): void {
    if (this.#byPointer[vma.pointer] === vma) this.#byPointer[vma.pointer] = undefined;
    this.#live.delete(vma);
  }

  values(): Iterable<Vma> {
    return this.#live.values();
  }
}

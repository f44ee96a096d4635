import type { Vma } from './vma.js';

/** What is told late is told soon after. */
const MOST = 64;

/** The VMAs that went away lately. */
export class GoneVmas {
  readonly #vmas: Vma[] = [];
  #next = 0;

  add(vma: Vma): void {
    this.#vmas[this.#next++ % MOST] = vma;
  }

  /** One at this pointer that went away at `since` or later, or null. */
  find(pointer: number, since: number): Vma | null {
    return this.#vmas.find((vma) => vma.pointer === pointer && vma.removed >= since) ?? null;
  }
}

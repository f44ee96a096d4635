import type { Vma } from './vma.js';

/**
 * VMAs in the order in which they came, each once. They are linked by fields of their own, so that a VMA can be in one
 * list of a kind at most: a Set of 100,000 takes twice the room, and every time it grows the old table stays until V8
 * has looked at all of the heap.
 */
abstract class VmaList {
  first: Vma | null = null;
  #last: Vma | null = null;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  protected abstract previous(vma: Vma): Vma | null;
  abstract next(vma: Vma): Vma | null;
  protected abstract setPrevious(vma: Vma, to: Vma | null): void;
  protected abstract setNext(vma: Vma, to: Vma | null): void;

  /** It is in no other list of this kind. */
  add(vma: Vma): void {
    if (this.#has(vma)) return;
    if (this.#last === null) this.first = vma;
    else {
      this.setNext(this.#last, vma);
      this.setPrevious(vma, this.#last);
    }
    this.#last = vma;
    this.#size++;
  }

  #has(vma: Vma): boolean {
    return this.first === vma || this.previous(vma) !== null;
  }

  delete(vma: Vma): void {
    if (!this.#has(vma)) return;
    const previous = this.previous(vma);
    const next = this.next(vma);
    if (previous === null) this.first = next;
    else this.setNext(previous, next);
    if (next === null) this.#last = previous;
    else this.setPrevious(next, previous);
    this.setPrevious(vma, null);
    this.setNext(vma, null);
    this.#size--;
  }

  /** All, as they are now. */
  all(): Vma[] {
    const out: Vma[] = [];
    for (let vma = this.first; vma !== null; vma = this.next(vma)) out.push(vma);
    return out;
  }

  /** All; the list is empty then. */
  takeAll(): Vma[] {
    const out = this.all();
    for (const vma of out) this.delete(vma);
    return out;
  }
}

/** Live VMAs of an address space. */
export class MmVmas extends VmaList {
  next(vma: Vma): Vma | null {
    return vma.nextOfMm;
  }

  protected previous(vma: Vma): Vma | null {
    return vma.previousOfMm;
  }

  protected setNext(vma: Vma, to: Vma | null): void {
    vma.nextOfMm = to;
  }

  protected setPrevious(vma: Vma, to: Vma | null): void {
    vma.previousOfMm = to;
  }
}

/** Live VMAs of a device. */
export class DeviceVmas extends VmaList {
  next(vma: Vma): Vma | null {
    return vma.nextOfDevice;
  }

  protected previous(vma: Vma): Vma | null {
    return vma.previousOfDevice;
  }

  protected setNext(vma: Vma, to: Vma | null): void {
    vma.nextOfDevice = to;
  }

  protected setPrevious(vma: Vma, to: Vma | null): void {
    vma.previousOfDevice = to;
  }
}

/** Live VMAs of a device that have known pages. */
export class PopulatedVmas extends VmaList {
  /**
   * By their ids: which VMA was populated first depends on how the input was cut, because a call that ran through is
   * taken when it begins.
   */
  override all(): Vma[] {
    return super.all().sort((a, b) => a.id - b.id);
  }

  next(vma: Vma): Vma | null {
    return vma.nextPopulated;
  }

  protected previous(vma: Vma): Vma | null {
    return vma.previousPopulated;
  }

  protected setNext(vma: Vma, to: Vma | null): void {
    vma.nextPopulated = to;
  }

  protected setPrevious(vma: Vma, to: Vma | null): void {
    vma.previousPopulated = to;
  }
}

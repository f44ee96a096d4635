/**
 * Interns 64-bit pointers as small integers. Pointers are identities in a trace (recycled, compared, printed),
 * never arithmetic, and a double cannot hold them; an id can be a Map key, an array index and a number in an event.
 * Open addressing over typed arrays: no allocation per look-up.
 */
export class PointerTable {
  #capacity = 1024;
  #slots = new Int32Array(this.#capacity);
  #hi = new Uint32Array(this.#capacity / 2);
  #lo = new Uint32Array(this.#capacity / 2);
  #count = 1;

  /** Id of the pointer with these halves; 0 for NULL. */
  intern(hi: number, lo: number): number {
    if ((hi | lo) === 0) return 0;
    const mask = this.#capacity - 1;
    let h = Math.imul(lo ^ Math.imul(hi, 0x85ebca6b), 0x9e3779b1);
    h = (h ^ (h >>> 15)) & mask;
    for (;;) {
      const id = this.#slots[h];
      if (id === 0) break;
      if (this.#lo[id] === lo >>> 0 && this.#hi[id] === hi >>> 0) return id;
      h = (h + 1) & mask;
    }
    const id = this.#count++;
    this.#slots[h] = id;
    this.#hi[id] = hi;
    this.#lo[id] = lo;
    if (this.#count * 2 >= this.#capacity) this.#grow();
    return id;
  }

  /** `0x…` as the kernel prints it. */
  text(id: number): string {
    const lo = this.#lo[id];
    const hi = this.#hi[id];
    return hi === 0 ? `0x${lo.toString(16)}` : `0x${hi.toString(16)}${lo.toString(16).padStart(8, '0')}`;
  }

  /** Distinct pointers seen. */
  get size(): number {
    return this.#count - 1;
  }

  #grow(): void {
    this.#capacity *= 2;
    const hi = new Uint32Array(this.#capacity / 2);
    const lo = new Uint32Array(this.#capacity / 2);
    hi.set(this.#hi);
    lo.set(this.#lo);
    this.#hi = hi;
    this.#lo = lo;
    this.#slots = new Int32Array(this.#capacity);
    const mask = this.#capacity - 1;
    for (let id = 1; id < this.#count; id++) {
      let h = Math.imul(lo[id] ^ Math.imul(hi[id], 0x85ebca6b), 0x9e3779b1);
      h = (h ^ (h >>> 15)) & mask;
      while (this.#slots[h] !== 0) h = (h + 1) & mask;
      this.#slots[h] = id;
    }
  }
}

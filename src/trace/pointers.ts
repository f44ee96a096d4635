/**
 * Interns 64-bit pointers as small integers. Pointers are identities in a trace (recycled, compared, printed),
 * never arithmetic, and a double cannot hold them; an id can be a Map key, an array index and a number in an event.
 * Open addressing over typed arrays: no allocation per look-up.
 */
export class PointerTable {
  #capacity = 1024;
  /** Id, high and low word of each slot. In one array, because each that is looked at costs; signed, because V8 compares unsigned words as doubles. */
  #slots = new Int32Array(this.#capacity * 3);
  /** Slot of each id. */
  #slotOf = new Int32Array(this.#capacity / 2);
  #count = 1;

  /** Id of the pointer with these halves, signed or not; 0 for NULL. */
  intern(high: number, low: number): number {
    const hi = high | 0;
    const lo = low | 0;
    if ((hi | lo) === 0) return 0;
    const slots = this.#slots;
    const mask = this.#capacity - 1;
    let slot = hash(hi, lo) & mask;
    for (;;) {
      const id = slots[slot * 3];
      if (id === 0) return this.#add(slot, hi, lo);
      if (slots[slot * 3 + 2] === lo && slots[slot * 3 + 1] === hi) return id;
      slot = (slot + 1) & mask;
    }
  }

  /** `0x…` as the kernel prints it. */
  text(id: number): string {
    const at = this.#slotOf[id] * 3;
    const hi = id === 0 ? 0 : this.#slots[at + 1] >>> 0;
    const lo = id === 0 ? 0 : this.#slots[at + 2] >>> 0;
    return hi === 0 ? `0x${lo.toString(16)}` : `0x${hi.toString(16)}${lo.toString(16).padStart(8, '0')}`;
  }

  /** Distinct pointers seen. */
  get size(): number {
    return this.#count - 1;
  }

  #add(slot: number, hi: number, lo: number): number {
    const id = this.#count++;
    this.#put(slot, id, hi, lo);
    if (this.#count * 2 >= this.#capacity) this.#grow();
    return id;
  }

  #put(slot: number, id: number, hi: number, lo: number): void {
    this.#slots[slot * 3] = id;
    this.#slots[slot * 3 + 1] = hi;
    this.#slots[slot * 3 + 2] = lo;
    this.#slotOf[id] = slot;
  }

  #grow(): void {
    const old = this.#slots;
    const oldSlotOf = this.#slotOf;
    this.#capacity *= 2;
    this.#slots = new Int32Array(this.#capacity * 3);
    this.#slotOf = new Int32Array(this.#capacity / 2);
    const mask = this.#capacity - 1;
    for (let id = 1; id < this.#count; id++) {
      const at = oldSlotOf[id] * 3;
      let slot = hash(old[at + 1], old[at + 2]) & mask;
      while (this.#slots[slot * 3] !== 0) slot = (slot + 1) & mask;
      this.#put(slot, id, old[at + 1], old[at + 2]);
    }
  }
}

function hash(hi: number, lo: number): number {
  const h = Math.imul(lo ^ Math.imul(hi, 0x85ebca6b), 0x9e3779b1);
  return h ^ (h >>> 15);
}

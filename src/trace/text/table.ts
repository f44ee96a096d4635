/**
 * A hash table from byte strings to values, for keys that are looked up in a buffer where they lie: no string is
 * made of them. The caller hashes while it looks for the end of the key.
 */
export class ByteTable<T> {
  #mask = 255;
  #slots = new Int32Array(256);
  readonly #hashes: number[] = [0];
  readonly #keys: Uint8Array[] = [new Uint8Array(0)];
  readonly #values: (T | null)[] = [null];

  get size(): number {
    return this.#keys.length - 1;
  }

  find(buf: Uint8Array, from: number, to: number, hash: number): T | null {
    let slot = spread(hash) & this.#mask;
    for (;;) {
      const id = this.#slots[slot];
      if (id === 0) return null;
      if (this.#hashes[id] === hash && equal(this.#keys[id], buf, from, to)) return this.#values[id];
      slot = (slot + 1) & this.#mask;
    }
  }

  /** The key must not be there yet; its bytes are copied. */
  add(buf: Uint8Array, from: number, to: number, hash: number, value: T): void {
    if (this.#keys.length * 2 > this.#mask) this.#grow();
    this.#place(hash, this.#keys.length);
    this.#hashes.push(hash);
    this.#keys.push(Uint8Array.prototype.slice.call(buf, from, to));
    this.#values.push(value);
  }

  #place(hash: number, id: number): void {
    let slot = spread(hash) & this.#mask;
    while (this.#slots[slot] !== 0) slot = (slot + 1) & this.#mask;
    this.#slots[slot] = id;
  }

  #grow(): void {
    this.#mask = this.#mask * 2 + 1;
    this.#slots = new Int32Array(this.#mask + 1);
    for (let id = 1; id < this.#keys.length; id++) this.#place(this.#hashes[id], id);
  }
}

function equal(key: Uint8Array, buf: Uint8Array, from: number, to: number): boolean {
  const n = key.length;
  if (n !== to - from) return false;
  for (let i = 0; i < n; i++) if (key[i] !== buf[from + i]) return false;
  return true;
}

const spread = (hash: number): number => hash ^ (hash >>> 15);

/** One step of the hash that `ByteTable` expects, from 0. */
export const step = (hash: number, byte: number): number => (Math.imul(hash, 31) + byte) | 0;

export function hashOf(buf: Uint8Array, from: number, to: number): number {
  let hash = 0;
  for (let i = from; i < to; i++) hash = step(hash, buf[i]);
  return hash;
}

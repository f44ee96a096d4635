const CHUNK = 512;
const WORDS = CHUNK / 32;
const chunkOf = (page: number): number => Math.floor(page / CHUNK);

/** Pages, in chunks of 512 as bits; a whole chunk costs one map entry, so a 1 GiB entry costs 512 of them. */
export class PageSet {
  readonly #chunks = new Map<number, Int32Array | null>();
  size = 0;

  /** Adds pages [page, page + pages); returns how many were new. */
  add(page: number, pages: number): number {
    return this.#each(page, pages, true);
  }

  /** Removes pages; returns how many were there. */
  remove(page: number, pages: number): number {
    return this.size === 0 ? 0 : this.#each(page, pages, false);
  }

  clear(): void {
    this.#chunks.clear();
    this.size = 0;
  }

  #each(page: number, pages: number, set: boolean): number {
    let changed = 0;
    for (let at = page; at < page + pages; ) {
      const chunk = chunkOf(at);
      const end = Math.min(page + pages, (chunk + 1) * CHUNK);
      changed += end - at === CHUNK ? this.#whole(chunk, set) : this.#part(chunk, at, end, set);
      at = end;
    }
    this.size += set ? changed : -changed;
    if (this.size === 0) this.#chunks.clear();
    return changed;
  }

  #whole(chunk: number, set: boolean): number {
    const bits = this.#chunks.get(chunk);
    const had = bits === undefined ? 0 : bits === null ? CHUNK : count(bits);
    if (set) this.#chunks.set(chunk, null);
    else this.#chunks.delete(chunk);
    return set ? CHUNK - had : had;
  }

  #part(chunk: number, from: number, to: number, set: boolean): number {
    let bits = this.#chunks.get(chunk);
    if (bits === (set ? null : undefined)) return 0;
    if (bits === undefined || bits === null) {
      bits = new Int32Array(WORDS).fill(bits === null ? -1 : 0);
      this.#chunks.set(chunk, bits);
    }
    let changed = 0;
    for (let page = from; page < to; page++) {
      const at = page - chunk * CHUNK;
      const bit = 1 << (at & 31);
      if (((bits[at >> 5] & bit) !== 0) === set) continue;
      bits[at >> 5] ^= bit;
      changed++;
    }
    return changed;
  }
}

function count(bits: Int32Array): number {
  let sum = 0;
  for (let word of bits) for (; word !== 0; word &= word - 1) sum++;
  return sum;
}

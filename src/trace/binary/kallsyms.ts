/**
 * Looks up kernel functions in the text of /proc/kallsyms that a trace carries:
 *
 *     ffffffff9d98a4c0 T zap_page_range_single
 *     ffffffffc03d05f0 t vfio_pci_mmap_huge_fault	[vfio_pci_core]
 *
 * The core kernel's symbols come sorted, those of modules do not. The text may be trimmed to a few symbols, so the
 * nearest lower symbol proves nothing: a name counts only within a few bytes of the symbol's start.
 */
export class SymbolTable {
  readonly #text: Uint8Array;
  #hi = new Uint32Array(0);
  #lo = new Uint32Array(0);
  /** Where the name begins in the text. */
  #name = new Uint32Array(0);
  #count = 0;

  constructor(text: Uint8Array) {
    this.#text = text;
    this.#parse();
    this.#sort();
  }

  get size(): number {
    return this.#count;
  }

  /**
   * Name of the function that begins at most `within` bytes before this address, without its module; else null.
   * A probe or an ftrace call site sits at +0, or a few bytes in, behind ENDBR, BTI or patched NOPs.
   */
  lookup(hi: number, lo: number, within = 16): string | null {
    let low = 0;
    let high = this.#count;
    while (low < high) {
      const mid = (low + high) >>> 1;
      if (this.#hi[mid] < hi || (this.#hi[mid] === hi && this.#lo[mid] <= lo)) low = mid + 1;
      else high = mid;
    }
    let i = low - 1;
    if (i < 0 || (hi - this.#hi[i]) * 4294967296 + (lo - this.#lo[i]) > within) return null;
    // Aliases share an address: the first in the file is the one that the kernel prints.
    while (i > 0 && this.#hi[i - 1] === this.#hi[i] && this.#lo[i - 1] === this.#lo[i]) i--;
    return this.#nameAt(this.#name[i]);
  }

  #nameAt(start: number): string {
    let end = start;
    while (end < this.#text.length && this.#text[end] > 0x20) end++;
    return Buffer.from(this.#text.buffer, this.#text.byteOffset + start, end - start).toString('latin1');
  }

  #parse(): void {
    const text = this.#text;
    const end = text.length;
    let capacity = (end >>> 5) + 16;
    this.#reserve(capacity);
    let count = 0;
    let at = 0;
    while (at < end) {
      let hi = 0;
      let lo = 0;
      let digits = 0;
      for (; at < end; at++, digits++) {
        const d = HEX[text[at]];
        if (d < 0) break;
        hi = (hi << 4) | (lo >>> 28);
        lo = (lo << 4) | d;
      }
      // "address type name"; only code: w/W are weak functions, i is an indirect one.
      if (
        digits > 0 &&
        at + 3 < end &&
        text[at] === 0x20 &&
        text[at + 2] === 0x20 &&
        CODE[text[at + 1]] === 1
      ) {
        if (count === capacity) {
          capacity *= 2;
          this.#reserve(capacity);
        }
        this.#hi[count] = hi;
        this.#lo[count] = lo;
        this.#name[count++] = at + 3;
      }
      at = text.indexOf(0x0a, at) + 1;
      if (at === 0) break;
    }
    this.#count = count;
  }

  #reserve(capacity: number): void {
    const grow = (old: Uint32Array) => {
      const larger = new Uint32Array(capacity);
      larger.set(old);
      return larger;
    };
    this.#hi = grow(this.#hi);
    this.#lo = grow(this.#lo);
    this.#name = grow(this.#name);
  }

  #sort(): void {
    const [hi, lo, name, count] = [this.#hi, this.#lo, this.#name, this.#count];
    const sorted = (i: number) => hi[i - 1] < hi[i] || (hi[i - 1] === hi[i] && lo[i - 1] <= lo[i]);
    let i = 1;
    while (i < count && sorted(i)) i++;
    if (i >= count) return;
    const order = new Uint32Array(count);
    for (let k = 0; k < count; k++) order[k] = k;
    order.sort((a, b) => hi[a] - hi[b] || lo[a] - lo[b] || a - b);
    this.#hi = order.map((k) => hi[k]);
    this.#lo = order.map((k) => lo[k]);
    this.#name = order.map((k) => name[k]);
  }
}

const HEX = new Int8Array(256).fill(-1);
for (let i = 0; i < 16; i++) HEX['0123456789abcdef'.charCodeAt(i)] = i;
for (let i = 10; i < 16; i++) HEX['0123456789ABCDEF'.charCodeAt(i)] = i;

const CODE = new Uint8Array(256);
for (const c of 'tTwWi') CODE[c.charCodeAt(0)] = 1;

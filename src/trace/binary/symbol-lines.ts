import { latin1 } from './cursor.js';

const MAX_NAME = 512;
/** Types of functions in /proc/kallsyms: w and W are weak, i is indirect. */
const FUNCTION = 'tTwWi';

/** A function of the text, and how far before an address it begins. */
interface Near {
  readonly name: string;
  readonly distance: number;
}

/**
 * A small text of /proc/kallsyms as lines. Addresses have 16 digits, so lines compare as addresses do: a few functions
 * are found without reading all lines, which takes 10 ms of a program that has only begun.
 */
export class SymbolLines {
  readonly #lines: readonly string[];
  /** So many lines at the beginning are sorted; those of modules are not. */
  readonly #sorted: number;

  constructor(text: Uint8Array) {
    const lines = latin1(text).split('\n');
    let n = 1;
    while (n < lines.length && lines[n - 1] <= lines[n]) n++;
    this.#lines = lines;
    this.#sorted = n;
  }

  /**
   * Name of the function that begins at most `within` bytes before this address: the nearest, among aliases the first.
   * Only for addresses whose upper half is the same `within` bytes before.
   */
  lookup(hi: number, lo: number, within: number): string | null {
    const from = address(hi, lo - within);
    // (behind every line of this address)
    const to = `${address(hi, lo)}~`;
    let best = this.#beforeInSorted(from, to, lo);
    if (best?.distance !== 0) {
      for (let i = this.#sorted; i < this.#lines.length; i++) {
        const line = this.#lines[i];
        if (line < from || line > to) continue;
        const found = near(line, lo);
        if (found !== null && (best === null || found.distance < best.distance)) best = found;
      }
    }
    return best?.name ?? null;
  }

  #beforeInSorted(from: string, to: string, lo: number): Near | null {
    const lines = this.#lines;
    let low = 0;
    let high = this.#sorted;
    while (low < high) {
      const mid = (low + high) >>> 1;
      if (lines[mid] < to) low = mid + 1;
      else high = mid;
    }
    let best: Near | null = null;
    for (let i = low - 1; i >= 0 && lines[i] >= from; i--) {
      const found = near(lines[i], lo);
      if (found === null) continue;
      if (best !== null && found.distance > best.distance) break;
      best = found;
    }
    return best;
  }
}

function address(hi: number, lo: number): string {
  return hi.toString(16).padStart(8, '0') + lo.toString(16).padStart(8, '0');
}

/** What the line says when it is that of a function. */
function near(line: string, lo: number): Near | null {
  if (line[16] !== ' ' || line[18] !== ' ' || !FUNCTION.includes(line[17]) || !(line[19] > ' ')) return null;
  const distance = lo - Number(`0x${line.slice(8, 16)}`);
  if (!(distance >= 0)) return null;
  return { name: /^\S*/.exec(line.slice(19, 19 + MAX_NAME))![0], distance };
}

import { latin1 } from './cursor.js';

/** Where the name stands in a line. */
const NAME = 19;
const MAX_NAME = 512;
/** Types of functions in /proc/kallsyms: w and W are weak, i is indirect. */
const FUNCTION = 'tTwWi';

/** A function of the text, and how far before an address it begins. */
interface Near {
  readonly line: string;
  readonly distance: number;
}

/**
 * A small text of /proc/kallsyms as lines. Addresses have 16 digits, so lines compare as addresses do: a few functions
 * are found without reading all lines, which takes 10 ms of a program that has only begun.
 */
export class SymbolLines {
  readonly #lines: readonly string[];
  /** Those at the beginning are sorted; those of modules are not. */
  readonly #core: readonly string[];
  readonly #rest: readonly string[];

  constructor(text: Uint8Array) {
    const lines = latin1(text).split('\n');
    let n = 1;
    while (n < lines.length && lines[n - 1] <= lines[n]) n++;
    this.#lines = lines;
    this.#core = lines.slice(0, n);
    this.#rest = lines.slice(n).sort();
  }

  /**
   * Name of the function that begins at most `within` bytes before this address: the nearest, among aliases the first.
   * Only for addresses whose upper half is the same `within` bytes before.
   */
  lookup(hi: number, lo: number, within: number): string | null {
    const from = address(hi, lo - within);
    // (behind every line of this address)
    const to = `${address(hi, lo)}~`;
    const core = this.#nearest(this.#core, from, to, lo);
    const rest = this.#nearest(this.#rest, from, to, lo);
    const best = core === null || (rest !== null && rest.distance < core.distance) ? rest : core;
    return best === null ? null : /^\S*/.exec(best.line.slice(NAME, NAME + MAX_NAME))![0];
  }

  #nearest(lines: readonly string[], from: string, to: string, lo: number): Near | null {
    let low = 0;
    let high = lines.length;
    while (low < high) {
      const mid = (low + high) >>> 1;
      if (lines[mid] < to) low = mid + 1;
      else high = mid;
    }
    let best: Near | null = null;
    for (let i = low - 1; i >= 0 && lines[i] >= from; i--) {
      const line = lines[i];
      if (!isFunction(line)) continue;
      const distance = lo - Number(`0x${line.slice(8, 16)}`);
      if (!(distance >= 0)) continue;
      if (best !== null && distance > best.distance) break;
      if (best === null || this.#lines.indexOf(line) < this.#lines.indexOf(best.line))
        best = { line, distance };
    }
    return best;
  }
}

function address(hi: number, lo: number): string {
  return hi.toString(16).padStart(8, '0') + lo.toString(16).padStart(8, '0');
}

function isFunction(line: string): boolean {
  return line[16] === ' ' && line[18] === ' ' && FUNCTION.includes(line[17]) && line[NAME] > ' ';
}

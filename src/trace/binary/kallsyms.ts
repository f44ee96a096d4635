import { latin1 } from './cursor.js';
import { SymbolLines } from './symbol-lines.js';

/** Core symbols are looked at in pieces of this size. */
const BLOCK = 8192;
/** A text up to this size is read as a whole, whatever its order. */
const SMALL = 256 * 1024;
/** So many of its functions are looked for in its lines, before they are read. */
const FEW = 100;
const MAX_LINE = 1024;
const MAX_NAME = 512;

/** Functions of a piece of the text, by address; of their names only where they begin. */
interface Functions {
  readonly hi: number[];
  readonly lo: number[];
  readonly at: number[];
}

/** A function and where it begins. */
interface Found {
  readonly hi: number;
  readonly lo: number;
  readonly at: number;
}

/**
 * Looks up kernel functions in the text of /proc/kallsyms that a trace carries:
 *
 *     ffffffff9d98a4c0 T zap_page_range_single
 *     ffffffffc03d05f0 t vfio_pci_mmap_huge_fault	[vfio_pci_core]
 *
 * The core kernel's symbols come sorted, those of modules behind them do not. A trace names few functions, and the
 * text has up to 12 MB: so it is searched where an address must be, and only the modules' part is read as a whole,
 * when an address is not in the core. The text may be trimmed to a few symbols, so the nearest lower symbol proves
 * nothing: a name counts only within a few bytes of the symbol's start.
 */
export class SymbolTable {
  readonly #text: Uint8Array;
  /** Where the pieces of the sorted part begin, and the address in their first line. */
  readonly #at: number[] = [];
  readonly #hi: number[] = [];
  readonly #lo: number[] = [];
  readonly #blocks: (Functions | undefined)[] = [];
  /** Where the part begins that is not sorted. */
  readonly #tailAt: number;
  #tail: Functions | null = null;
  #lines: SymbolLines | null = null;
  #lookups = 0;

  constructor(text: Uint8Array) {
    this.#text = text;
    this.#tailAt = this.#sample();
  }

  /**
   * Name of the function that begins at most `within` bytes before this address, without its module; else null.
   * A probe or an ftrace call site sits at +0, or a few bytes in, behind ENDBR, BTI or patched NOPs.
   */
  lookup(hi: number, lo: number, within = 16): string | null {
    if (this.#text.length <= SMALL && within <= 16 && hi > 0 && lo >= within && this.#lookups++ < FEW) {
      this.#lines ??= new SymbolLines(this.#text);
      return this.#lines.lookup(hi, lo, within);
    }
    const core = this.#inCore(hi, lo);
    if (core !== null && distance(core, hi, lo) <= Math.min(within, 16)) return this.#name(core);
    this.#tail ??= sorted(parse(this.#text, this.#tailAt, this.#text.length));
    const module = last(this.#tail, hi, lo);
    const near =
      module === null || (core !== null && distance(core, hi, lo) < distance(module, hi, lo)) ? core : module;
    return near !== null && distance(near, hi, lo) <= within ? this.#name(near) : null;
  }

  #name({ at }: Found): string {
    return /^[^\s]*/.exec(latin1(this.#text.subarray(at, at + MAX_NAME)))![0];
  }

  /** Notes every BLOCK bytes a line and its address, up to the first line of a module; returns where the rest begins. */
  #sample(): number {
    const text = this.#text;
    if (text.length <= SMALL) return 0;
    for (let at = 0; at < text.length; ) {
      const end = text.indexOf(0x0a, at);
      const line = latin1(text.subarray(at, Math.min(end < 0 ? text.length : end, at + MAX_LINE)));
      const address = /^([0-9a-f]{8})?([0-9a-f]{8}) /.exec(line);
      const hi = address === null ? 0 : Number(`0x${address[1] ?? '0'}`);
      const lo = address === null ? 0 : Number(`0x${address[2]}`);
      const n = this.#at.length - 1;
      const ascends = n < 0 || hi > this.#hi[n] || (hi === this.#hi[n] && lo >= this.#lo[n]);
      // The modules begin somewhere in the piece before: it is part of both.
      if (address === null || !ascends || line.endsWith(']')) break;
      this.#at.push(at);
      this.#hi.push(hi);
      this.#lo.push(lo);
      const next = text.indexOf(0x0a, at + BLOCK);
      if (next < 0) break;
      at = next + 1;
    }
    return this.#at.at(-1) ?? 0;
  }

  #inCore(hi: number, lo: number): Found | null {
    let low = 0;
    let high = this.#at.length;
    while (low < high) {
      const mid = (low + high) >>> 1;
      if (this.#hi[mid] < hi || (this.#hi[mid] === hi && this.#lo[mid] <= lo)) low = mid + 1;
      else high = mid;
    }
    // Data symbols are no functions: the nearest one may be a few pieces back.
    for (let i = low - 1; i >= 0; i--) {
      const found = last(this.#block(i), hi, lo);
      if (found !== null) return found;
    }
    return null;
  }

  #block(i: number): Functions {
    const known = this.#blocks[i];
    if (known !== undefined) return known;
    const end = i + 1 < this.#at.length ? this.#at[i + 1] : this.#text.length;
    const functions = sorted(parse(this.#text, this.#at[i], end));
    this.#blocks[i] = functions;
    return functions;
  }
}

/** w and W are weak functions, i an indirect one; other types are data. */
const FUNCTION = new Uint8Array(256);
for (const type of 'tTwWi') FUNCTION[type.charCodeAt(0)] = 1;

const LF = 0x0a;
const SPACE = 0x20;

/** Functions of the lines from `at` to `end`. Of a kernel's 100,000 symbols a trace names ten: no strings here. */
function parse(text: Uint8Array, at: number, end: number): Functions {
  const functions: Functions = { hi: [], lo: [], at: [] };
  for (let line = at; line < end; ) {
    // 16 digits, or 8 of a 32-bit kernel
    const type = text[line + 8] === SPACE ? line + 9 : line + 17;
    if (FUNCTION[text[type]] === 1 && text[type - 1] === SPACE && text[type + 1] === SPACE) {
      const lo = hex8(text, type - 9);
      const hi = type === line + 9 ? 0 : hex8(text, line);
      if (hi >= 0 && lo >= 0 && type + 2 < end && text[type + 2] > SPACE) {
        functions.hi.push(hi);
        functions.lo.push(lo);
        functions.at.push(type + 2);
      }
    }
    const next = text.indexOf(LF, line);
    if (next < 0) break;
    line = next + 1;
  }
  return functions;
}

/** Eight lower-case hex digits; -1 when they are none. */
function hex8(text: Uint8Array, at: number): number {
  let value = 0;
  for (let i = at; i < at + 8; i++) {
    const c = text[i];
    const digit = c <= 0x39 ? c - 0x30 : c >= 0x61 && c <= 0x66 ? c - 0x57 : -1;
    if (digit < 0) return -1;
    value = (value << 4) | digit;
  }
  return value >>> 0;
}

function sorted(functions: Functions): Functions {
  const { hi, lo, at } = functions;
  let i = 1;
  while (i < hi.length && (hi[i - 1] < hi[i] || (hi[i - 1] === hi[i] && lo[i - 1] <= lo[i]))) i++;
  if (i >= hi.length) return functions;
  const order = hi.map((_, k) => k).sort((a, b) => hi[a] - hi[b] || lo[a] - lo[b] || a - b);
  return { hi: order.map((k) => hi[k]), lo: order.map((k) => lo[k]), at: order.map((k) => at[k]) };
}

/** The last function that begins at or before this address; among aliases the first, which the kernel prints. */
function last({ hi, lo, at }: Functions, wantHi: number, wantLo: number): Found | null {
  let low = 0;
  let high = hi.length;
  while (low < high) {
    const mid = (low + high) >>> 1;
    if (hi[mid] < wantHi || (hi[mid] === wantHi && lo[mid] <= wantLo)) low = mid + 1;
    else high = mid;
  }
  let i = low - 1;
  if (i < 0) return null;
  while (i > 0 && hi[i - 1] === hi[i] && lo[i - 1] === lo[i]) i--;
  return { hi: hi[i], lo: lo[i], at: at[i] };
}

function distance(found: Found, hi: number, lo: number): number {
  return (hi - found.hi) * 4294967296 + (lo - found.lo);
}

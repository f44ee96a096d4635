import type { PointerTable } from '../pointers.js';
import type { FieldKind } from '../record.js';
import { HEX, isDigit, LOWER_X, MINUS, ZERO } from './bytes.js';

export const AS_NUMBER = 0;
export const AS_PAGE = 1;
export const AS_PAGES_UP = 2;
export const AS_LOW52 = 3;
export const AS_POINTER = 4;

export const KIND_CODE: Record<FieldKind, number> = {
  number: AS_NUMBER,
  page: AS_PAGE,
  'pages-up': AS_PAGES_UP,
  low52: AS_LOW52,
  pointer: AS_POINTER,
};

const TWO32 = 2 ** 32;

/**
 * One 64-bit value of a text line as two halves, without BigInt: a double would lose the low bits of a pointer.
 * Reused for every value.
 */
export class Value {
  high = 0;
  low = 0;
  /** The text had a minus sign: `high` and `low` are its two's complement. */
  negative = false;
  /** The text was hex with all 64 bits. */
  #full = false;

  /**
   * Parses `0xff3182df0005bc80`, `ff3182df0005bc80` (`bareHex`, or when it has letters), `-12`, `4096`. Gives the
   * position behind it, or -1 when there is no number: a string, `(fault)`, `{…}`.
   */
  parse(buf: Uint8Array, from: number, end: number, bareHex: boolean): number {
    const c = buf[from];
    if (c === ZERO && buf[from + 1] === LOWER_X) return this.#hex(buf, from + 2, end);
    if (bareHex) return this.#hex(buf, from, end);
    if (isDigit(c)) return this.#decimal(buf, from, end, false);
    if (c === MINUS && isDigit(buf[from + 1])) return this.#decimal(buf, from + 1, end, true);
    return -1;
  }

  #hex(buf: Uint8Array, from: number, end: number): number {
    let high = 0;
    let low = 0;
    let i = from;
    const low8 = from + 8;
    for (; i < end && i < low8; i++) {
      const d = HEX[buf[i]];
      if (d < 0) break;
      low = (low << 4) | d;
    }
    if (i === from) return -1;
    if (i === low8) {
      for (; i < end; i++) {
        const d = HEX[buf[i]];
        if (d < 0) break;
        high = (high << 4) | (low >>> 28);
        low = (low << 4) | d;
      }
    }
    this.high = high >>> 0;
    this.low = low >>> 0;
    this.negative = false;
    this.#full = i - from === 16;
    return i;
  }

  #decimal(buf: Uint8Array, from: number, end: number, negative: boolean): number {
    let i = from;
    let n = 0;
    // 15 digits are exact in a double
    const exact = from + 15;
    while (i < end && i < exact && isDigit(buf[i])) n = n * 10 + buf[i++] - ZERO;
    let high = Math.floor(n / TWO32);
    let low = n % TWO32;
    while (i < end && isDigit(buf[i])) {
      low = low * 10 + buf[i++] - ZERO;
      high = (high * 10 + Math.floor(low / TWO32)) % TWO32;
      low %= TWO32;
    }
    if (i < end && HEX[buf[i]] >= 0 && !negative) return this.#hex(buf, from, end);
    this.negative = negative;
    if (negative) {
      low = -low >>> 0;
      high = (~high + (low === 0 ? 1 : 0)) >>> 0;
    }
    this.high = high;
    this.low = low;
    this.#full = false;
    return i;
  }

  /** Hex of 16 digits with the top bit set is negative: an errno in a 64-bit field would not survive as a double. */
  get number(): number {
    if ((this.negative || this.#full) && this.high >= 0x80000000) return (this.high | 0) * TWO32 + this.low;
    return this.high * TWO32 + this.low;
  }

  as(code: number, pointers: PointerTable): number {
    switch (code) {
      case AS_POINTER:
        return pointers.intern(this.high, this.low);
      case AS_PAGE:
        return this.high * 2 ** 20 + (this.low >>> 12);
      case AS_PAGES_UP:
        return this.high * 2 ** 20 + (this.low >>> 12) + ((this.low & 0xfff) === 0 ? 0 : 1);
      case AS_LOW52:
        return (this.high & 0xfffff) * TWO32 + this.low;
      default:
        return this.number;
    }
  }
}

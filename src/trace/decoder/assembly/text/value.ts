// One value of a line, as text/value.ts reads it.
import { identity } from '../pointers';
import { at, isDigit, LOWER_X, MINUS, ZERO } from './bytes';

/** What becomes of it: as in text/value.ts. */
const AS_PAGE = 1;
const AS_PAGES_UP = 2;
const AS_LOW52 = 3;
const AS_POINTER = 4;

/** Value of a hex digit, 0xff for any other byte. */
const HEX: usize = memory.data(256);
for (let i: usize = 0; i < 256; i++) store<u8>(HEX + i, 0xff);
for (let d: usize = 0; d < 10; d++) store<u8>(HEX + 0x30 + d, <u8>d);
for (let d: usize = 10; d < 16; d++) {
  store<u8>(HEX + 0x61 + d - 10, <u8>d);
  store<u8>(HEX + 0x41 + d - 10, <u8>d);
}

let bits: u64 = 0;
/** The text had a minus sign, or all 64 bits in hex. */
let signed = false;

/** There is no number: a string, `(fault)`, `{…}`. */
export const NONE: usize = 0;
/** It is written in a way that is left to others. */
export const ODD: usize = 1;

/** Reads the value at `from`; gives the place behind it. */
export function parse(from: usize): usize {
  const c = at(from);
  if (c == ZERO && at(from + 1) == LOWER_X) return hex(from + 2);
  if (isDigit(c)) return decimal(from, false);
  if (c == MINUS && isDigit(at(from + 1))) return decimal(from + 1, true);
  return NONE;
}

function hex(from: usize): usize {
  let v: u64 = 0;
  let i = from;
  for (; ; i++) {
    const d = <u32>load<u8>(HEX + at(i));
    if (d > 15) break;
    v = (v << 4) | d;
  }
  if (i == from) return NONE;
  if (i - from > 16) return ODD;
  bits = v;
  signed = i - from == 16;
  return i;
}

function decimal(from: usize, negative: bool): usize {
  let v: u64 = 0;
  let i = from;
  for (; isDigit(at(i)); i++) v = v * 10 + (at(i) - ZERO);
  if (i - from > 15) return ODD;
  if (!negative && load<u8>(HEX + at(i)) <= 15) return hex(from);
  bits = negative ? -v : v;
  signed = negative;
  return i;
}

/** The value that was read last, as it was asked for. */
export function as(what: u32): f64 {
  switch (what) {
    case AS_POINTER:
      return identity(bits);
    case AS_PAGE:
      return <f64>(bits >>> 12);
    case AS_PAGES_UP:
      return <f64>((bits >>> 12) + u64((bits & 4095) != 0));
    case AS_LOW52:
      return <f64>(bits & 0xfffffffffffff);
    default:
      return signed ? <f64>(<i64>bits) : <f64>bits;
  }
}

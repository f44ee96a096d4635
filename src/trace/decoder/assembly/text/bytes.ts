// Bytes of a line, eight at a time. Behind every line there is its newline, and behind a block there are bytes enough.

export const TAB: u32 = 0x09;
export const LF: u32 = 0x0a;
export const SPACE: u32 = 0x20;
export const QUOTE: u32 = 0x22;
export const OPEN: u32 = 0x28;
export const CLOSE: u32 = 0x29;
export const PLUS: u32 = 0x2b;
export const MINUS: u32 = 0x2d;
export const DOT: u32 = 0x2e;
export const SLASH: u32 = 0x2f;
export const ZERO: u32 = 0x30;
export const COLON: u32 = 0x3a;
export const LESS: u32 = 0x3c;
export const OPEN_BRACKET: u32 = 0x5b;
export const CLOSE_BRACKET: u32 = 0x5d;
export const LOWER_X: u32 = 0x78;

const ONES: u64 = 0x0101010101010101;
const HIGHS: u64 = 0x8080808080808080;

/** Marks the bytes of `x` that are `byte`. The first mark is right; behind it there may be false ones. */
export function marks(x: u64, byte: u32): u64 {
  const zero = x ^ (ONES * byte);
  return (zero - ONES) & ~zero & HIGHS;
}

/** Marks the bytes of `x` below `byte`, which is at most 128; as `marks`. */
export function marksBelow(x: u64, byte: u32): u64 {
  return (x - ONES * byte) & ~x & HIGHS;
}

/** Bytes before the first mark. */
export function before(marked: u64): usize {
  return <usize>(ctz(marked) >>> 3);
}

export function at(place: usize): u32 {
  return load<u8>(place);
}

export function isDigit(byte: u32): bool {
  return byte - ZERO <= 9;
}

/** The end of the line. */
export function lineEnd(from: usize): usize {
  let i = from;
  let found = marks(load<u64>(i), LF);
  while (found == 0) {
    i += 8;
    found = marks(load<u64>(i), LF);
  }
  return i + before(found);
}

/** Whether the line goes on until `to`. */
export function goesOnTo(from: usize, to: usize): bool {
  let i = from;
  for (; i + 8 <= to; i += 8) if (marks(load<u64>(i), LF) != 0) return false;
  for (; i < to; i++) if (at(i) == LF) return false;
  return true;
}

function blanks(place: usize): u64 {
  const x = load<u64>(place);
  return marks(x, SPACE) | marks(x, LF);
}

/** The next blank, or the end of the line. */
export function blankOrEnd(from: usize): usize {
  let i = from;
  let found = blanks(i);
  while (found == 0) {
    i += 8;
    found = blanks(i);
  }
  return i + before(found);
}

/** Behind blanks. */
export function skipBlanks(from: usize): usize {
  let i = from;
  while (at(i) == SPACE || at(i) == TAB) i++;
  return i;
}

/** Whether the `length` bytes at `a`, of a line, are those at `b`, behind which there are zeros up to a multiple of 8. */
export function same(a: usize, b: usize, length: usize): bool {
  let i: usize = 0;
  for (; i + 8 <= length; i += 8) if (load<u64>(a + i) != load<u64>(b + i)) return false;
  if (i == length) return true;
  return (load<u64>(a + i) ^ load<u64>(b + i)) << ((8 - (length - i)) << 3) == 0;
}

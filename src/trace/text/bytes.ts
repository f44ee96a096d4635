/** Bytes that the grammars know by name, and what they are made of. */
export const TAB = 0x09;
export const LF = 0x0a;
export const CR = 0x0d;
export const SPACE = 0x20;
export const BANG = 0x21;
export const QUOTE = 0x22;
export const HASH = 0x23;
export const APOSTROPHE = 0x27;
export const OPEN = 0x28;
export const CLOSE = 0x29;
export const PLUS = 0x2b;
export const COMMA = 0x2c;
export const MINUS = 0x2d;
export const DOT = 0x2e;
export const SLASH = 0x2f;
export const ZERO = 0x30;
export const COLON = 0x3a;
export const SEMICOLON = 0x3b;
export const LESS = 0x3c;
export const EQUALS = 0x3d;
export const GREATER = 0x3e;
export const OPEN_BRACKET = 0x5b;
export const CLOSE_BRACKET = 0x5d;
export const LOWER_X = 0x78;
export const OPEN_BRACE = 0x7b;
export const BAR = 0x7c;
export const CLOSE_BRACE = 0x7d;

/** Value of a hex digit, -1 for any other byte. */
export const HEX = new Int8Array(256).fill(-1);
for (let d = 0; d < 10; d++) HEX[ZERO + d] = d;
for (let d = 10; d < 16; d++) {
  HEX[0x61 + d - 10] = d;
  HEX[0x41 + d - 10] = d;
}

/** 1: letter, digit or `_`: an identifier goes on. */
export const WORD = new Uint8Array(256);
for (let c = 0; c < 256; c++) WORD[c] = /[A-Za-z0-9_]/.test(String.fromCharCode(c)) ? 1 : 0;

/** 1: a byte that the columns of irq flags can hold: a letter, a digit or a dot. */
export const FLAG = new Uint8Array(256);
for (let c = 0; c < 256; c++) FLAG[c] = /[A-Za-z0-9.]/.test(String.fromCharCode(c)) ? 1 : 0;

export const isDigit = (c: number): boolean => c >= ZERO && c <= ZERO + 9;

export function literal(text: string): Uint8Array {
  return Uint8Array.from(Buffer.from(text, 'latin1'));
}

/** Whether the bytes at `at` are these; never looks past `end`. */
export function matches(buf: Uint8Array, at: number, end: number, bytes: Uint8Array): boolean {
  const n = bytes.length;
  if (at < 0 || at + n > end) return false;
  for (let i = 0; i < n; i++) if (buf[at + i] !== bytes[i]) return false;
  return true;
}

/** Where `bytes` begin in [from, end), or -1. For lines, not for files. */
export function find(buf: Uint8Array, from: number, end: number, bytes: Uint8Array): number {
  const first = bytes[0];
  const last = end - bytes.length;
  for (let i = from; i <= last; i++) if (buf[i] === first && matches(buf, i, end, bytes)) return i;
  return -1;
}

/** Where `byte` is in [from, end), or -1. `Buffer.indexOf` would go on to the end of the chunk. */
export function indexIn(buf: Uint8Array, byte: number, from: number, end: number): number {
  for (let i = from; i < end; i++) if (buf[i] === byte) return i;
  return -1;
}

export function skipBlanks(buf: Uint8Array, from: number, end: number): number {
  let i = from;
  while (i < end && (buf[i] === SPACE || buf[i] === TAB)) i++;
  return i;
}

/** The end of [from, end) without trailing blanks. */
export function trimEnd(buf: Uint8Array, from: number, end: number): number {
  let i = end;
  while (i > from && (buf[i - 1] === SPACE || buf[i - 1] === TAB || buf[i - 1] === CR)) i--;
  return i;
}

/** The decimal number in [from, to), which holds digits only; exact up to 15 digits. */
export function decimal(buf: Uint8Array, from: number, to: number): number {
  let n = 0;
  for (let i = from; i < to; i++) n = n * 10 + buf[i] - ZERO;
  return n;
}

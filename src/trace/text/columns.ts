import { DOT, isDigit, OPEN_BRACKET, SPACE, skipBlanks, ZERO } from './bytes.js';
import { COMM_WIDTH, type Head } from './head.js';

/**
 * As `Head.parseAt`, with all marks known from the line before: `-`, `]`, the time's `:` and the digits before it. Does
 * not look at what stands between them.
 */
export function parseColumns(
  head: Head,
  buf: Uint8Array,
  from: number,
  dash: number,
  bracket: number,
  colon: number,
  digits: number,
): boolean {
  if (!timeBefore(head, buf, colon, digits) || cpuBefore(head, buf, bracket) <= dash) return false;
  let pid = 0;
  let i = dash + 1;
  for (; isDigit(buf[i]); i++) pid = pid * 10 + buf[i] - ZERO;
  if (i === dash + 1 || buf[i] !== SPACE) return false;
  head.pid = pid;
  head.commFrom = skipBlanks(buf, Math.max(dash - COMM_WIDTH, from), dash);
  head.commTo = dash;
  return true;
}

/** Reads the time that ends at `colon`, with so many digits behind its point. */
export function timeBefore(head: Head, buf: Uint8Array, colon: number, digits: number): boolean {
  const point = colon - digits - 1;
  if (buf[point] !== DOT) return false;
  let low = 0;
  for (let k = point + 1; k < colon; k++) {
    if (!isDigit(buf[k])) return false;
    low = low * 10 + buf[k] - ZERO;
  }
  for (let k = digits; k < 9; k++) low *= 10;
  let high = 0;
  let scale = 1;
  let i = point - 1;
  for (; isDigit(buf[i]); i--) {
    high += (buf[i] - ZERO) * scale;
    scale *= 10;
  }
  if (buf[i] !== SPACE || scale === 1) return false;
  head.high = high;
  head.low = low;
  head.digits = digits;
  head.relative = false;
  return true;
}

/** Reads the cpu before its `]`; gives the position of its `[`, or -1. */
export function cpuBefore(head: Head, buf: Uint8Array, bracket: number): number {
  let cpu = 0;
  let scale = 1;
  let i = bracket - 1;
  for (; isDigit(buf[i]); i--) {
    cpu += (buf[i] - ZERO) * scale;
    scale *= 10;
  }
  if (buf[i] !== OPEN_BRACKET || scale === 1) return -1;
  head.cpu = cpu;
  return i;
}

import {
  CLOSE_BRACKET,
  COLON,
  DOT,
  decimal,
  isDigit,
  MINUS,
  OPEN_BRACKET,
  SLASH,
  SPACE,
  skipBlanks,
} from './bytes.js';
import { cpuBefore, timeBefore } from './columns.js';
import type { Head } from './head.js';

/** The time stands within this many bytes: comm, pid/tid, cpu, misc. */
const SEARCH = 120;

/**
 * The head of a `perf script` line, found from its time backwards: the comm may hold blanks and digits, and without
 * a pid, a cpu or misc letters the columns change.
 *
 *          vfiolab   424 [000]   206.967353:              probe:vmf_insert_pfn: (ffffffffa938a4c4) arg1=0xff13…
 *           perf61   322/322   [001]    67.349842244:       exceptions:page_fault_user: address=0x7f35775b1408 …
 *           perf61   322/322   [001] K        67.349842244: exceptions:page_fault_user: address=0x7f35775b1408 …
 *   perf61   334 [001]    76.662934:                       exceptions:page_fault_user: address=0x7f338ba55408 …
 *          swapper     0 [000]   962.621119:     250000 cpu-clock:  ffffffff821f2c2b pv_native_safe_halt+0xb (…)
 *
 * Sets `head.body` behind the time; a cpu that is not shown is -1.
 */
export function parsePerfHead(head: Head, buf: Uint8Array, from: number, end: number): boolean {
  const limit = end - from > SEARCH ? from + SEARCH : end;
  for (let i = from + 10; i < limit; i++) {
    if (buf[i] !== COLON || !isDigit(buf[i - 1])) continue;
    let point = i - 1;
    while (point > from && isDigit(buf[point])) point--;
    if (buf[point] !== DOT || (i - point !== 7 && i - point !== 10)) continue;
    let start = point;
    while (start > from && isDigit(buf[start - 1])) start--;
    if (start === point || start === from || buf[start - 1] !== SPACE) continue;
    if (before(head, buf, from, start - 1) && head.time(buf, end, start)) return true;
  }
  return false;
}

/** As `parsePerfHead`, with the `]` and the time's `:` known from the line before. */
export function parsePerfColumns(
  head: Head,
  buf: Uint8Array,
  from: number,
  bracket: number,
  colon: number,
  digits: number,
): boolean {
  if (!timeBefore(head, buf, colon, digits)) return false;
  const open = cpuBefore(head, buf, bracket);
  return open > from && task(head, buf, from, back(buf, from, open));
}

/** Reads `comm pid/tid [cpu] misc` backwards from `to`. */
function before(head: Head, buf: Uint8Array, from: number, to: number): boolean {
  let i = back(buf, from, to);
  // -F +misc: K, U, G, H, `K D`, …
  let letters = i;
  while (
    letters > from &&
    ((buf[letters - 1] >= 0x41 && buf[letters - 1] <= 0x5a) || buf[letters - 1] === SPACE)
  )
    letters--;
  if (letters < i && (buf[letters - 1] === CLOSE_BRACKET || isDigit(buf[letters - 1])))
    i = back(buf, from, letters);
  head.dash = -1;
  head.cpu = -1;
  head.bracket = -1;
  if (buf[i - 1] === CLOSE_BRACKET) {
    let k = i - 2;
    while (k > from && isDigit(buf[k])) k--;
    if (buf[k] !== OPEN_BRACKET || k === i - 2) return false;
    head.cpu = decimal(buf, k + 1, i - 1);
    head.bracket = i - 1;
    i = back(buf, from, k);
  }
  return task(head, buf, from, i);
}

/** `comm pid/tid` or `comm tid` before `to`. */
function task(head: Head, buf: Uint8Array, from: number, to: number): boolean {
  let k = to;
  while (k > from && isDigit(buf[k - 1])) k--;
  if (k === to || to - k > 10) return false;
  head.pid = decimal(buf, k, to);
  if (buf[k - 1] === SLASH) {
    k--;
    while (k > from && isDigit(buf[k - 1])) k--;
  }
  if (k === from || buf[k - 1] !== SPACE) {
    // `:-1` stands for a thread that perf does not know
    if (k < from + 2 || buf[k - 1] !== MINUS || buf[k - 2] !== COLON) return false;
    head.pid = -head.pid;
    k -= 2;
  }
  head.commFrom = skipBlanks(buf, from, k);
  head.commTo = back(buf, head.commFrom, k);
  return true;
}

function back(buf: Uint8Array, from: number, to: number): number {
  let i = to;
  while (i > from && buf[i - 1] === SPACE) i--;
  return i;
}

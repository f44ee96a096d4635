import {
  BAR,
  CLOSE,
  CLOSE_BRACKET,
  DOT,
  decimal,
  EQUALS,
  FLAG,
  GREATER,
  isDigit,
  MINUS,
  OPEN_BRACKET,
  SPACE,
  skipBlanks,
  trimEnd,
} from './bytes.js';
import type { Head } from './head.js';

const LOWER_U = 0x75;
const LOWER_S = 0x73;

/** What a line of the function_graph tracer is. */
export const GRAPH_NO = 0;
/** Call, return or comment; `head.body` is its text with the indentation. */
export const GRAPH_CALL = 1;
/** ` 0)  platfor-3210  =>  vmstat-2854  `: the task on this CPU changed. */
export const GRAPH_SWITCH = 2;
/** `==========> |`, rules of dashes: nothing to read. */
export const GRAPH_OTHER = 3;

/**
 * The columns of tracefs' function_graph tracer, each of them an option of it.
 *
 *     168.295582 |   1)     sh-113     | + 62.915 us   |  copy_page_range(dst_vma=0xff24…, src_vma=0xff24…);
 *     168.315103 |   0)  vfiolab-386   | + 22.964 us   |  } /* vfio_pci_mmap_page_fault [vfio_pci_core] *\/
 *    0)  ...1. |   2.974 us    |  vfio_pci_core_ioctl [vfio_pci_core]();
 *    1)               |  vfio_pci_core_mmap [vfio_pci_core]() {
 */
export class GraphColumns {
  /** The line has an absolute time (option funcgraph-abstime). */
  hasTime = false;
  /** The line names its task (option funcgraph-proc); else `head.pid` is -1 and its comm empty. */
  hasTask = false;
  /** Duration in ns; -1: none. */
  duration = -1;

  parse(head: Head, buf: Uint8Array, from: number, end: number): number {
    let i = skipBlanks(buf, from, end);
    if (i >= end) return GRAPH_NO;
    if (buf[i] === MINUS) return rule(buf, i, end) ? GRAPH_OTHER : GRAPH_NO;
    this.hasTime = false;
    const column = this.#absolute(head, buf, i, end);
    if (column > 0) i = skipBlanks(buf, column, end);
    i = skipRelative(buf, i, end);
    const cpu = i;
    while (i < end && isDigit(buf[i])) i++;
    if (i === cpu || i - cpu > 5 || buf[i] !== CLOSE) return GRAPH_NO;
    head.cpu = decimal(buf, cpu, i);
    return this.#segments(head, buf, i + 1, end);
  }

  /** `  168.295582 |  `, cut off, not rounded. */
  #absolute(head: Head, buf: Uint8Array, from: number, end: number): number {
    let i = from;
    while (i < end && isDigit(buf[i])) i++;
    if (i === from || buf[i] !== DOT) return 0;
    const point = i++;
    while (i < end && isDigit(buf[i])) i++;
    if (i - point !== 7) return 0;
    const bar = skipBlanks(buf, i, end);
    if (buf[bar] !== BAR) return 0;
    head.high = decimal(buf, from, point);
    head.low = decimal(buf, point + 1, i) * 1000;
    head.digits = 6;
    head.relative = false;
    this.hasTime = true;
    return bar + 1;
  }

  #segments(head: Head, buf: Uint8Array, from: number, end: number): number {
    this.hasTask = false;
    this.duration = -1;
    head.pid = -1;
    head.commFrom = head.commTo = from;
    let start = from;
    for (let n = 0; n < 4; n++) {
      let bar = start;
      while (bar < end && buf[bar] !== BAR) bar++;
      if (bar >= end) return n === 0 && isSwitch(head, buf, start, end) ? GRAPH_SWITCH : GRAPH_NO;
      const a = skipBlanks(buf, start, bar);
      const b = trimEnd(buf, a, bar);
      if (a === b || this.#isDuration(buf, a, b)) {
        head.body = bar + 1;
        return GRAPH_CALL;
      }
      if (buf[a] === EQUALS || (buf[a] === 0x3c && buf[a + 1] === EQUALS)) return GRAPH_OTHER;
      if (task(head, buf, a, b)) this.hasTask = true;
      else if (!isFlags(buf, a, b)) return GRAPH_NO;
      start = bar + 1;
    }
    return GRAPH_NO;
  }

  /** `+ 62.915 us`, `1.042 us`, `@ 120454.1 us`: a mark for long ones, and fewer digits then. */
  #isDuration(buf: Uint8Array, from: number, to: number): boolean {
    let i = from;
    if (!isDigit(buf[i])) i = skipBlanks(buf, i + 1, to);
    const ns = durationAt(buf, i, to);
    if (ns < 0) return false;
    this.duration = ns;
    return true;
  }
}

/** `12.008 us` as ns; -1 if it is something else. */
export function durationAt(buf: Uint8Array, from: number, to: number): number {
  let i = from;
  while (i < to && isDigit(buf[i])) i++;
  if (i === from || buf[i] !== DOT) return -1;
  const us = decimal(buf, from, i);
  const fraction = ++i;
  while (i < to && isDigit(buf[i])) i++;
  const digits = i - fraction;
  let ns = decimal(buf, fraction, i);
  for (let k = digits; k < 3; k++) ns *= 10;
  i = skipBlanks(buf, i, to);
  if (digits === 0 || digits > 3 || buf[i] !== LOWER_U || buf[i + 1] !== LOWER_S) return -1;
  return us * 1000 + ns;
}

/** `%9llu us |  `, time since the trace began. */
function skipRelative(buf: Uint8Array, from: number, end: number): number {
  let i = from;
  while (i < end && isDigit(buf[i])) i++;
  if (i === from || buf[i] !== SPACE || buf[i + 1] !== LOWER_U || buf[i + 2] !== LOWER_S) return from;
  i = skipBlanks(buf, i + 3, end);
  return buf[i] === BAR ? skipBlanks(buf, i + 1, end) : from;
}

/** `vfiolab-386`: the comm is cut to seven bytes. */
function task(head: Head, buf: Uint8Array, from: number, to: number): boolean {
  let i = to;
  while (i > from && isDigit(buf[i - 1])) i--;
  if (i === to || i === from || buf[i - 1] !== MINUS || to - i > 10) return false;
  head.pid = decimal(buf, i, to);
  head.commFrom = from;
  head.commTo = i - 1;
  return true;
}

function isFlags(buf: Uint8Array, from: number, to: number): boolean {
  for (let i = from; i < to; i++) if (FLAG[buf[i]] === 0) return false;
  return to - from >= 3 && to - from <= 9;
}

function isSwitch(head: Head, buf: Uint8Array, from: number, end: number): boolean {
  for (let i = from; i + 1 < end; i++) {
    if (buf[i] !== EQUALS || buf[i + 1] !== GREATER) continue;
    const a = skipBlanks(buf, i + 2, end);
    return task(head, buf, a, trimEnd(buf, a, end));
  }
  return false;
}

function rule(buf: Uint8Array, from: number, end: number): boolean {
  const to = trimEnd(buf, from, end);
  for (let i = from; i < to; i++) if (buf[i] !== MINUS) return false;
  return to - from > 8;
}

/**
 * `         vfiolab     246   1 0 00000000 00000000 [02a4aa09] 2751.422ms (+0.125ms): vma_complete: …`
 * (latency-format with the verbose option): comm, pid, cpu, flags, preempt count, index, absolute time in us in hex,
 * time since the start of the trace.
 */
export function parseVerboseHead(head: Head, buf: Uint8Array, from: number, end: number): boolean {
  let open = from;
  while (open < end && buf[open] !== OPEN_BRACKET) open++;
  let close = open + 1;
  let us = 0;
  while (close < end && buf[close] !== CLOSE_BRACKET && close - open < 15) {
    const digit = Number.parseInt(String.fromCharCode(buf[close]), 16);
    if (Number.isNaN(digit)) return false;
    us = us * 16 + digit;
    close++;
  }
  if (buf[close] !== CLOSE_BRACKET || close === open + 1) return false;
  const line = Buffer.from(buf.buffer, buf.byteOffset + from, Math.min(end - from, 200)).toString('latin1');
  const match =
    /^(.{16}) +(\d+) +(\d+) \d+ [0-9a-f]{8} [0-9a-f]{8} \[[0-9a-f]+\] +-?\d+\.\d{3}ms \([+-]\d+\.\d{3}ms\): /.exec(
      line,
    );
  if (match === null) return false;
  head.commFrom = skipBlanks(buf, from, from + 16);
  head.commTo = from + 16;
  head.pid = Number(match[2]);
  head.cpu = Number(match[3]);
  head.high = Math.floor(us / 1e6);
  head.low = (us % 1e6) * 1000;
  head.digits = 6;
  head.relative = false;
  head.dash = -1;
  head.bracket = -1;
  head.colon = from + match[0].length - 2;
  head.body = from + match[0].length;
  return true;
}

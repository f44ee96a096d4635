import {
  CLOSE,
  CLOSE_BRACKET,
  COLON,
  DOT,
  decimal,
  FLAG,
  isDigit,
  MINUS,
  OPEN,
  OPEN_BRACKET,
  PLUS,
  SPACE,
  skipBlanks,
  ZERO,
} from './bytes.js';

const LOWER_S = 0x73;
const LOWER_U = 0x75;
const LOWER_X = 0x78;
/** TASK_COMM_LEN is 16 with its NUL; the column is one wider. */
export const COMM_WIDTH = 16;
/** A head begins within this many bytes: a buffer name or a logger's prefix, and the comm. */
const SEARCH = 120;

/**
 * The head of a line: who, where, when. Positions are offsets into the buffer of the last parse. One object is
 * reused for all lines.
 *
 *            <idle>-0     [005] 162534.215764200: cpu_idle:             state=2 cpu_id=5        trace-cmd 3.2 -t
 *            <idle>-0     [005] dNh2. 223087.004012: sched_wakeup:         trace-cmd:89992 …    trace-cmd 3.3
 *           vfiolab-476   [000] .....327332917495: move_page_tables:     (ffffffff9b99c204)     x86-tsc clock
 *           vfiolab-246   [001]-0x0    44.345975: vma_complete:          __probe_ip=…           trace-cmd 3.3 -R
 *   vfiolab-246     1.....    44.345975: vma_complete:         (ffffffffa67b0390) mm=0xff31…     trace-cmd -l
 *    kworker/u17:1-959     (    959) [006] d..2.   538.064674: cpu_idle: state=2 cpu_id=6       tracefs, record-tgid
 *    vfiolab-246       1d.... 2753337us+: page_fault_user: address=0x48fcc8                     tracefs, latency-format
 *   mmbuf:          vfiolab-314   [000] .....    36.280772: move_page_tables:     (ffffffff89…) several buffers
 */
export class Head {
  commFrom = 0;
  commTo = 0;
  /** The task's name when it does not stand in the line; else null. */
  comm: string | null = null;
  pid = 0;
  cpu = 0;
  /** Seconds, or a count's digits above the last nine. */
  high = 0;
  /** Nanoseconds, or the last nine digits of a count. */
  low = 0;
  /** Digits of the fraction as the source has them; 0 for a count. */
  digits = 0;
  /** The time is in microseconds since the start of the trace. */
  relative = false;
  /** First byte after the head: the event's name. */
  body = 0;
  /** Offsets of the bytes that the next line of this layout has in the same columns; -1: has none. */
  dash = 0;
  bracket = -1;
  colon = 0;
  /** Width of the flags column, learned from lines that show it without doubt. */
  flagsWidth = 4;

  /** Parses a line whose `-` between comm and pid is known to be at `dash`. */
  parseAt(buf: Uint8Array, from: number, end: number, dash: number): boolean {
    if (!this.#afterDash(buf, end, dash)) return false;
    const column = Math.max(dash - COMM_WIDTH, from);
    if (column > from && buf[column] !== SPACE && buf[column - 1] !== SPACE) return false;
    this.commFrom = skipBlanks(buf, column, dash);
    this.commTo = dash;
    this.dash = dash;
    return true;
  }

  /**
   * Finds the head wherever it is. The first `-<digits>` that is followed by the rest of a head and preceded by a
   * comm of at most 16 bytes: the comm may hold any byte, and so may the payload.
   */
  search(buf: Uint8Array, from: number, end: number): boolean {
    const limit = end - from > SEARCH ? from + SEARCH : end;
    for (let i = from; i < limit; i++) {
      if (buf[i] !== MINUS) continue;
      if (!isDigit(buf[i + 1]) && buf[i + 1] !== MINUS) continue;
      if (this.parseAt(buf, from, end, i)) return true;
    }
    return false;
  }

  #afterDash(buf: Uint8Array, end: number, dash: number): boolean {
    let i = dash + 1;
    const negative = buf[i] === MINUS;
    if (negative) i++;
    const digits = i;
    while (i < end && isDigit(buf[i])) i++;
    if (i === digits || i - digits > 10 || buf[i] !== SPACE) return false;
    this.pid = negative ? -decimal(buf, digits, i) : decimal(buf, digits, i);
    i = skipBlanks(buf, i, end);
    if (buf[i] === OPEN) {
      // the thread group, `(    959)` or `(-------)`
      i++;
      while (i < end && (isDigit(buf[i]) || buf[i] === SPACE || buf[i] === MINUS)) i++;
      if (buf[i] !== CLOSE) return false;
      i = skipBlanks(buf, i + 1, end);
    }
    if (buf[i] === OPEN_BRACKET) return this.#bracketed(buf, end, i + 1);
    return this.#latency(buf, end, i);
  }

  #bracketed(buf: Uint8Array, end: number, from: number): boolean {
    let i = from;
    while (i < end && isDigit(buf[i])) i++;
    if (i === from || buf[i] !== CLOSE_BRACKET) return false;
    this.cpu = decimal(buf, from, i);
    this.bracket = i;
    i++;
    // -R of trace-cmd 3.3: the flags in hex, glued to the bracket
    if (buf[i] === MINUS && buf[i + 1] === ZERO && buf[i + 2] === LOWER_X)
      while (i < end && buf[i] !== SPACE) i++;
    i = skipBlanks(buf, i, end);
    return isDigit(buf[i]) ? this.time(buf, end, i) : this.#flags(buf, end, i);
  }

  /** `  0d..2. …`: the CPU without brackets, its flags right behind it. */
  #latency(buf: Uint8Array, end: number, from: number): boolean {
    let i = from;
    while (i < end && isDigit(buf[i])) i++;
    if (i === from || i - from > 5) return false;
    this.cpu = decimal(buf, from, i);
    this.bracket = -1;
    return FLAG[buf[i]] === 1 && this.#flags(buf, end, i);
  }

  #flags(buf: Uint8Array, end: number, from: number): boolean {
    let i = from;
    let lastLetter = from;
    while (i < end && FLAG[buf[i]] === 1) {
      if (!isDigit(buf[i])) lastLetter = i;
      i++;
    }
    if (buf[i] === SPACE) {
      if (i - from < 3 || i - from > 9) return false;
      if (i - from > this.flagsWidth) this.flagsWidth = i - from;
      return this.time(buf, end, skipBlanks(buf, i, end));
    }
    if (buf[i] !== COLON) return false;
    // A count of twelve digits and more touches the flags, whose last column may be a digit as well.
    if (lastLetter + 1 - from > this.flagsWidth) this.flagsWidth = lastLetter + 1 - from;
    if (this.flagsWidth > 9) return false;
    return this.time(buf, end, from + this.flagsWidth);
  }

  /** `44.345975:`, `44.345975680:`, a count `327332917495:`, or `236us+:`; then the body. */
  time(buf: Uint8Array, end: number, from: number): boolean {
    let i = from;
    while (i < end && isDigit(buf[i])) i++;
    if (i === from || i - from > 20) return false;
    this.relative = false;
    if (buf[i] === DOT) {
      const whole = i;
      const fraction = ++i;
      while (i < end && isDigit(buf[i])) i++;
      if (i === fraction || i - fraction > 9) return false;
      this.high = decimal(buf, from, whole);
      this.digits = i - fraction;
      let low = decimal(buf, fraction, i);
      for (let k = this.digits; k < 9; k++) low *= 10;
      this.low = low;
    } else if (buf[i] === LOWER_U && buf[i + 1] === LOWER_S) {
      const us = decimal(buf, from, i);
      this.high = Math.floor(us / 1e6);
      this.low = (us % 1e6) * 1000;
      this.digits = 6;
      this.relative = true;
      i += 2;
      if (buf[i] !== COLON) i++;
    } else {
      const last = i - from > 9 ? i - 9 : from;
      this.high = decimal(buf, from, last);
      this.low = decimal(buf, last, i);
      this.digits = 0;
    }
    if (i >= end || buf[i] !== COLON || (i + 1 < end && buf[i + 1] !== SPACE)) return false;
    this.colon = i;
    i = skipBlanks(buf, i + 1, end);
    // --ts-diff: `(+19)    `
    if (buf[i] === OPEN && buf[i + 1] === PLUS) {
      let k = i + 2;
      while (k < end && isDigit(buf[k])) k++;
      if (buf[k] === CLOSE) i = skipBlanks(buf, k + 1, end);
    }
    this.body = i;
    return true;
  }
}

// The head of a line whose marks stand in the columns of those before it, as text/columns.ts and text/head-perf.ts read it.
import {
  at,
  CLOSE,
  CLOSE_BRACKET,
  COLON,
  DOT,
  goesOnTo,
  isDigit,
  MINUS,
  OPEN,
  OPEN_BRACKET,
  SLASH,
  SPACE,
  skipBlanks,
  ZERO,
} from './bytes';

const COMM_WIDTH: usize = 16;

let isPerf = false;
/** The columns of `-`, `]` and the time's `:`, and the digits behind its point. */
let dash: usize = 0;
let bracket: usize = 0;
let colon: usize = 0;
let digits: usize = 0;
/** The widest flags that the reader has seen: it learns from wider ones. */
let flagsWidth: usize = 0;

/** Perf's lines have no dash. The others' have it where it is, and the rest where the pid leaves it. */
export function setHead(
  perf: bool,
  dashAt: u32,
  bracketAt: u32,
  colonAt: u32,
  ofTime: u32,
  flags: u32,
): void {
  isPerf = perf;
  dash = dashAt;
  bracket = bracketAt;
  colon = colonAt;
  digits = ofTime;
  flagsWidth = flags;
}

let baseHigh: f64 = 0;
let baseLow: f64 = 0;

/** The time from which others are counted: seconds and ns, or a count in two parts. */
export function setZero(high: f64, low: f64): void {
  baseHigh = high;
  baseLow = low;
}

export let t: f64 = 0;
export let cpu: i32 = 0;
export let pid: i32 = 0;
export let commFrom: usize = 0;
export let commTo: usize = 0;

/** Where the word behind the time begins; 0: this line has another head. `end`: of the block. */
export function wordOf(from: usize, end: usize): usize {
  if (!hasColumns(from, end) && (isPerf || !findColumns(from, end))) return 0;
  let i = from + colon + 2;
  while (at(i) == SPACE) i++;
  return i;
}

/** The marks stand where the last line had them. */
function hasColumns(from: usize, end: usize): bool {
  const colonAt = from + colon;
  return (
    colonAt + 2 < end &&
    load<u16>(colonAt) == ((SPACE << 8) | COLON) &&
    isDigit(at(colonAt - 1)) &&
    at(from + bracket) == CLOSE_BRACKET &&
    (isPerf || at(from + dash) == MINUS) &&
    goesOnTo(from, colonAt)
  );
}

/** Finds them behind the dash (Head of text/head.ts): a pid of more digits moves them all. */
function findColumns(from: usize, end: usize): bool {
  const dashAt = from + dash;
  if (dashAt >= end || at(dashAt) != MINUS || !goesOnTo(from, dashAt)) return false;
  if (!isDigit(at(dashAt + 1))) return false;
  let i = behindPid(dashAt + 1);
  if (at(i) != OPEN_BRACKET) return false;
  i = behindDigits(i + 1);
  if (at(i) != CLOSE_BRACKET) return false;
  const bracketAt = i;
  const start = behindFlags(i + 1);
  i = behindDigits(start);
  if (i == start || at(i) != DOT) return false;
  const fraction = i + 1;
  i = behindDigits(fraction);
  if (i == fraction || i - fraction > 9 || load<u16>(i) != ((SPACE << 8) | COLON)) return false;
  bracket = bracketAt - from;
  colon = i - from;
  digits = i - fraction;
  return true;
}

function behindDigits(from: usize): usize {
  let i = from;
  while (isDigit(at(i))) i++;
  return i;
}

/** Behind the pid, and the thread group in parentheses: `    959) `. */
function behindPid(from: usize): usize {
  let i = behindDigits(from);
  if (at(i) != SPACE) return i;
  i = skipBlanks(i);
  if (at(i) != OPEN) return i;
  i++;
  while (isDigit(at(i)) || at(i) == SPACE || at(i) == MINUS) i++;
  return at(i) == CLOSE ? skipBlanks(i + 1) : i;
}

/** Behind the flags, where there are any: `d..2. `. */
function behindFlags(from: usize): usize {
  const first = skipBlanks(from);
  if (isDigit(at(first))) return first;
  let i = first;
  while (isFlag(at(i))) i++;
  return i - first >= 3 && i - first <= flagsWidth && at(i) == SPACE ? skipBlanks(i) : first;
}

/** A letter, a digit or a dot. */
function isFlag(byte: u32): bool {
  return (byte | 0x20) - 0x61 < 26 || isDigit(byte) || byte == DOT;
}

/** Reads the head of such a line. */
export function readHead(from: usize): bool {
  if (!time(from + colon)) return false;
  const open = cpuBefore(from, from + bracket);
  if (open == 0) return false;
  return isPerf ? perfTask(from, open) : task(from, open);
}

/** Where it begins. */
let timeFrom: usize = 0;

function time(colonAt: usize): bool {
  const point = colonAt - digits - 1;
  if (at(point) != DOT) return false;
  let low: u64 = 0;
  for (let i = point + 1; i < colonAt; i++) {
    if (!isDigit(at(i))) return false;
    low = low * 10 + (at(i) - ZERO);
  }
  for (let i = digits; i < 9; i++) low *= 10;
  let high: u64 = 0;
  let scale: u64 = 1;
  let i = point - 1;
  for (; isDigit(at(i)); i--) {
    high += (at(i) - ZERO) * scale;
    scale *= 10;
  }
  const length = point - 1 - i;
  if (at(i) != SPACE || length == 0 || length > 15) return false;
  timeFrom = i + 1;
  t = (<f64>high - baseHigh) * 1e9 + (<f64>low - baseLow);
  return true;
}

/** Reads the CPU before its `]`; gives the place of its `[`, or 0. */
function cpuBefore(from: usize, bracketAt: usize): usize {
  let n = 0;
  let scale = 1;
  let i = bracketAt - 1;
  for (; isDigit(at(i)); i--) {
    n += (at(i) - ZERO) * scale;
    scale *= 10;
  }
  const length = bracketAt - 1 - i;
  if (at(i) != OPEN_BRACKET || i < from || length == 0 || length > 8) return 0;
  cpu = n;
  return i;
}

function task(from: usize, open: usize): bool {
  const dashAt = from + dash;
  let n = 0;
  let i = dashAt + 1;
  for (; isDigit(at(i)); i++) n = n * 10 + (at(i) - ZERO);
  const length = i - dashAt - 1;
  if (length == 0 || length > 9 || at(i) != SPACE || behindPid(i) != open) return false;
  // Nothing but flags is between the CPU and the time.
  if (behindFlags(from + bracket + 1) != timeFrom) return false;
  pid = n;
  commFrom = skipBlanks(dash > COMM_WIDTH ? dashAt - COMM_WIDTH : from);
  commTo = dashAt;
  return true;
}

/** `comm pid/tid` or `comm tid` before `to`. */
function perfTask(from: usize, open: usize): bool {
  const to = back(from, open);
  let k = to;
  let n = 0;
  let scale = 1;
  for (; k > from && isDigit(at(k - 1)); k--) {
    n += (at(k - 1) - ZERO) * scale;
    scale *= 10;
  }
  if (k == to || to - k > 9) return false;
  if (at(k - 1) == SLASH) {
    k--;
    while (k > from && isDigit(at(k - 1))) k--;
  }
  if (k == from || at(k - 1) != SPACE) return false;
  pid = n;
  commFrom = skipBlanks(from);
  commTo = back(commFrom, k);
  return true;
}

function back(from: usize, to: usize): usize {
  let i = to;
  while (i > from && at(i - 1) == SPACE) i--;
  return i;
}

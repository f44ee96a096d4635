// The samples of a perf.data: takes them in the order of the file, into the columns of a queue, and makes rows of them
// in the order of the queue. What is not an intact sample of a plain tracepoint is left to the other side.
import { classify, IGNORED } from './kinds';
import { big, table, u16At, u32At, u64At } from './memory';
import { beginRows } from './brackets';
import { NO_PID, ROW, ROWS, rows } from './row';
import { write } from './rows';

/** PERF_RECORD_SAMPLE */
const SAMPLE: u32 = 9;
/** u32 type, u16 misc, u16 size */
const HEADER: usize = 8;

// A layout: i32 offsets of time, CPU (-1: none), thread (-1: none), the first part whose length varies; i32 what that is.
/** The samples cannot be taken here; the part is RAW; it is CALLCHAIN, and RAW follows. */
const OTHER = 0;
const CALLCHAIN = 2;
const LAYOUT_SHIFT = 5;
const MOST_LAYOUTS = 1024;
const layouts: usize = table(MOST_LAYOUTS << LAYOUT_SHIFT);
/** Small ids: u16 1 + number of the event, 0 when there is none. */
const SMALL_IDS = 4096;
const ids: usize = table(SMALL_IDS << 1);
/** Offset of the id; -1: all samples are of event 0. */
let idAt: i32 = -1;

export function setLayout(event: i32, time: i32, cpu: i32, thread: i32, varies: i32, what: i32): void {
  if (event >= MOST_LAYOUTS) return;
  const layout = layouts + ((<usize>event) << LAYOUT_SHIFT);
  store<i32>(layout, time);
  store<i32>(layout, cpu, 4);
  store<i32>(layout, thread, 8);
  store<i32>(layout, varies, 12);
  store<i32>(layout, what, 16);
}

export function setId(id: i32, event: i32): void {
  if (event < MOST_LAYOUTS) store<u16>(ids + ((<usize>id) << 1), <u16>(event + 1));
}

export function setIdAt(offset: i32): void {
  idAt = offset;
}

/** The sample's event, if its samples can be taken here; -1. */
function eventOf(at: usize, size: i32): i32 {
  if (idAt < 0) return load<i32>(layouts, 16) == OTHER ? -1 : 0;
  if (idAt + 8 > size) return -1;
  const id = u64At(at + idAt);
  if (id >= <u64>SMALL_IDS) return -1;
  const event = <i32>load<u16>(ids + ((<usize>id) << 1)) - 1;
  return event >= 0 && load<i32>(layouts + ((<usize>event) << LAYOUT_SHIFT), 16) != OTHER ? event : -1;
}

// Columns of the queue.
let times: usize = 0;
let origins: usize = 0;
let places: usize = 0;
let kinds: usize = 0;
let codes: usize = 0;
let raws: usize = 0;

export function setColumns(
  t: usize,
  origin: usize,
  place: usize,
  kind: usize,
  code: usize,
  raw: usize,
): void {
  times = t;
  origins = origin;
  places = place;
  kinds = kind;
  codes = code;
  raws = raw;
}

let base: u64 = 0;
let newestTime: f64 = -Infinity;
let entryCount = 0;
let ignoredCount = 0;
let atRun = false;

/** The newest time, from the base. */
export function newest(): f64 {
  return newestTime;
}

// After `take`:

/** Entries of the queue. */
export function taken(): i32 {
  return entryCount;
}

/** Samples that nobody wants. */
export function ignored(): i32 {
  return ignoredCount;
}

/** The entry behind the last one is filled in, but begins a run. */
export function startsRun(): bool {
  return atRun;
}

/** Times are counted from here. */
export function setTimeBase(hi: u32, lo: u32): void {
  base = ((<u64>hi) << 32) | lo;
}

/** Another record has this time. */
export function passTime(t: f64): void {
  newestTime = max(newestTime, t);
}

/**
 * Takes the samples from `at` on that begin before `stop` and end at `end` at the latest, behind the `entries` of the
 * queue, whose runs go on if `goesOn`. The origin of the one at `place` is `originBase + ((place - originFrom) >>>
 * originShift)`. Returns where it stopped: there is another record, a sample to be looked at, or one that begins a run.
 */
export function take(
  at: usize,
  stop: usize,
  end: usize,
  entries: i32,
  goesOn: bool,
  originBase: f64,
  originFrom: usize,
  originShift: i32,
): usize {
  const sample = big ? bswap<u32>(SAMPLE) : SAMPLE;
  let n = entries;
  let skipped = 0;
  let last = goesOn ? load<f64>(times + ((n - 1) << 3)) : Infinity;
  atRun = false;
  while (at < stop && load<u32>(at) == sample) {
    const size = <i32>u16At(at + 6);
    if (size < <i32>HEADER || (size & 7) != 0 || at + size > end) break;
    const event = eventOf(at, size);
    if (event < 0) break;
    const layout = layouts + ((<usize>event) << LAYOUT_SHIFT);
    let raw = load<i32>(layout, 12);
    if (load<i32>(layout, 16) == CALLCHAIN) {
      if (raw + 8 > size) break;
      const callers = u64At(at + raw);
      if (callers > <u64>size) break;
      raw += 8 + ((<i32>callers) << 3);
    }
    if (raw + 4 > size) break;
    const length = <i32>u32At(at + raw);
    if (length < 0 || raw + 4 + length > size) break;
    const stamp = u64At(at + load<i32>(layout));
    if (stamp == 0 || stamp == 0xffffffffffffffff) break;
    const t = <f64>(<i64>(stamp - base));
    newestTime = max(newestTime, t);
    const code = classify(at + raw + 4, length);
    if (code == IGNORED) {
      skipped++;
      at += size;
      continue;
    }
    store<f64>(times + (n << 3), t);
    store<f64>(origins + (n << 3), originBase + <f64>((at - originFrom) >>> originShift));
    store<u32>(places + (n << 2), <u32>at);
    store<u16>(kinds + (n << 1), <u16>(event + 1));
    store<i32>(codes + (n << 2), code);
    store<u16>(raws + (n << 1), <u16>raw);
    at += size;
    if (!(t >= last)) {
      atRun = true;
      break;
    }
    last = t;
    n++;
  }
  entryCount = n;
  ignoredCount = skipped;
  return at;
}

let filledCount = 0;

/** How many rows there are after `fill`. */
export function filled(): i32 {
  return filledCount;
}

/**
 * Makes rows, behind the `made` ones, of the queue's entries `from` … `to - 1`, until the rows are full or one is to be
 * looked at. Returns which entry is next.
 */
export function fill(from: i32, to: i32, zero: f64, made: i32): i32 {
  if (made == 0) beginRows();
  let row = rows + <usize>made * ROW;
  const end = rows + <usize>ROWS * ROW;
  let i = from;
  while (i < to && row < end) {
    const code = load<i32>(codes + (i << 2));
    const kind = <i32>load<u16>(kinds + (i << 1));
    if (code <= 0 || kind == 0) break;
    const at = <usize>load<u32>(places + (i << 2));
    const layout = layouts + ((<usize>(kind - 1)) << LAYOUT_SHIFT);
    const cpuAt = load<i32>(layout, 4);
    const threadAt = load<i32>(layout, 8);
    const raw = <usize>load<u16>(raws + (i << 1));
    write(
      row,
      load<f64>(times + (i << 3)) - zero,
      load<f64>(origins + (i << 3)),
      code,
      threadAt < 0 ? NO_PID : <i32>u32At(at + threadAt + 4),
      cpuAt < 0 ? -1 : <i32>u32At(at + cpuAt),
      at + raw + 4,
      <i32>u32At(at + raw),
    );
    row += ROW;
    i++;
  }
  filledCount = <i32>((row - rows) / ROW);
  return i;
}

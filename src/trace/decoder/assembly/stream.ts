// The records of one CPU of one buffer: finds those of a sub-buffer that may be wanted, as columns.
import { classify, IGNORED } from './kinds';
import { big, table, u32At } from './memory';

// type_len of a record header above the data lengths (kernel/trace/ring_buffer.c).
const PADDING: u32 = 29;
const TIME_EXTEND: u32 = 30;
const TIME_STAMP: u32 = 31;

/** Records that are looked at before their turn: most that a sub-buffer of 4096 bytes can hold. */
const BATCH = 512;
const PLACE = 12;

// What is wrong with a sub-buffer; the codes of sub-buffer.ts.
const CUT = 1;
const BAD_PADDING = 2;
const BAD_SIZE = 3;
const TOO_LONG = 4;
const HARMLESS = 5;

@unmanaged
export class Stream {
  /** Time of the next record. */
  t: f64;
  /** Moves the zero of times. */
  offset: f64;
  /** Raw time that all are relative to, of the sub-buffer, and of the record before `pos` (relative). */
  base: u64;
  pageTime: u64;
  raw: i64;
  /** The origin of byte `at` is `originBase + (at >>> originShift)`. */
  originBase: f64;
  originShift: i32;
  /** Order among equal times. */
  index: i32;
  cpu: i32;
  /** Something to tell before the next record. */
  pending: i32;
  pos: usize;
  end: usize;
  /** The batch: `count` records, of which `next` is the next one. Their times; place, length and code of each. */
  count: i32;
  next: i32;
  times: usize;
  places: usize;
  /** What nobody wants, since it was last asked for. */
  ignored: i32;
  /** The damaged record, and the number that is wrong. */
  badAt: usize;
  badValue: u32;
}

export function newStream(cpu: i32, index: i32, originShift: i32): Stream {
  const stream = changetype<Stream>(table(offsetof<Stream>()));
  stream.cpu = cpu;
  stream.index = index;
  stream.originShift = originShift;
  stream.times = table(BATCH * 8);
  stream.places = table(BATCH * PLACE);
  return stream;
}

/** The sub-buffer's data are at `at`. */
export function enter(stream: Stream, at: usize, size: i32, hi: u32, lo: u32, originBase: f64): void {
  stream.pos = at;
  stream.end = at + size;
  stream.pageTime = ((<u64>hi) << 32) | lo;
  stream.raw = <i64>(stream.pageTime - stream.base);
  stream.originBase = originBase;
}

/**
 * Looks at records up to the end of the sub-buffer, or as many as there is room for, and keeps those that may be wanted,
 * and the first one if asked to. Returns 0, or what is wrong with the rest of the sub-buffer.
 */
export function scan(stream: Stream, keepFirst: bool): i32 {
  const end = stream.end;
  const times = stream.times;
  const base = stream.base;
  const offset = stream.offset;
  let place = stream.places;
  let pos = stream.pos;
  let raw = stream.raw;
  let count = 0;
  let ignored = 0;
  let keep = keepFirst;
  let wrong = 0;
  while (pos < end && count < BATCH) {
    const head = pos;
    const word = u32At(pos);
    const type = big ? word >>> 27 : word & 31;
    const delta = big ? word & 0x07ffffff : word >>> 5;
    pos += 4;
    let length = type << 2;
    if (type == 0 || type >= PADDING) {
      if (pos + 4 > end) {
        wrong = type == PADDING && delta == 0 ? HARMLESS : CUT;
        stream.badAt = head;
        break;
      }
      const value = u32At(pos);
      if (type == PADDING) {
        // delta 0: nothing more in the sub-buffer. Else a discarded record, whose length counts from the length word.
        if (delta == 0) {
          pos = end;
          continue;
        }
        raw += delta;
        if (value < 4) {
          wrong = BAD_PADDING;
          stream.badAt = head;
          stream.badValue = value;
          break;
        }
        pos += min(<usize>value, end - pos);
        continue;
      }
      pos += 4;
      if (type == TIME_EXTEND) {
        raw += ((<u64>value) << 27) + delta;
        continue;
      }
      if (type == TIME_STAMP) {
        // 59 bits; the upper 5 come from the running time.
        const stamp = ((<u64>value) << 27) | delta;
        raw = <i64>(((stream.pageTime & 0xf800000000000000) | (stamp & 0x07ffffffffffffff)) - base);
        continue;
      }
      if (value < 4) {
        wrong = BAD_SIZE;
        stream.badAt = head;
        stream.badValue = value;
        break;
      }
      length = (value - 1) & ~3;
    }
    if (<usize>length > end - pos) {
      wrong = TOO_LONG;
      stream.badAt = pos - 4;
      stream.badValue = length;
      break;
    }
    raw += delta;
    const code = classify(pos, length);
    if (code == IGNORED && !keep) {
      ignored++;
      pos += length;
      continue;
    }
    keep = false;
    store<f64>(times + (count << 3), <f64>raw - offset);
    store<u32>(place, pos);
    store<u32>(place, length, 4);
    store<i32>(place, code, 8);
    place += PLACE;
    count++;
    pos += length;
  }
  stream.pos = wrong == 0 ? pos : end;
  stream.raw = raw;
  stream.count = count;
  stream.next = 0;
  stream.ignored += ignored;
  if (count > 0) stream.t = load<f64>(times);
  return wrong;
}

/** Moves the zero of times; of those to come only where they are not converted (see stream.ts of the reader). */
export function rebase(stream: Stream, by: f64, toCome: bool): void {
  if (toCome) stream.offset += by;
  stream.t -= by;
  for (let i = stream.next; i < stream.count; i++) {
    const at = stream.times + (i << 3);
    store<f64>(at, load<f64>(at) - by);
  }
}

/** Raw time that times are relative to, and where they have their zero. */
export function setBase(stream: Stream, hi: u32, lo: u32): void {
  stream.base = ((<u64>hi) << 32) | lo;
}

export function setTime(stream: Stream, t: f64): void {
  stream.t = t;
}

/** There is something to tell before the next record, or there is not. */
export function setPending(stream: Stream, pending: i32): void {
  stream.pending = pending;
}

export function timeOf(stream: Stream): f64 {
  return stream.t;
}

export function countOf(stream: Stream): i32 {
  return stream.count;
}

/** Whether the sub-buffer has been gone through. */
export function isRead(stream: Stream): bool {
  return stream.pos >= stream.end;
}

export function timesOf(stream: Stream): usize {
  return stream.times;
}

export function badAt(stream: Stream): usize {
  return stream.badAt;
}

export function badValue(stream: Stream): u32 {
  return stream.badValue;
}

/** How many records nobody wanted, since it was last asked. */
export function takeIgnored(stream: Stream): i32 {
  const ignored = stream.ignored;
  stream.ignored = 0;
  return ignored;
}

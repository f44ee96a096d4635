import type { Cursor } from '../binary/cursor.js';

/** Bits of `perf_event_attr.sample_type`, from include/uapi/linux/perf_event.h. */
export const SAMPLE = {
  IP: 1 << 0,
  TID: 1 << 1,
  TIME: 1 << 2,
  ADDR: 1 << 3,
  READ: 1 << 4,
  CALLCHAIN: 1 << 5,
  ID: 1 << 6,
  CPU: 1 << 7,
  PERIOD: 1 << 8,
  STREAM_ID: 1 << 9,
  RAW: 1 << 10,
  IDENTIFIER: 1 << 16,
} as const;

const TYPE_TRACEPOINT = 2;
const [FLAG_SAMPLE_ID_ALL, FLAG_USE_CLOCKID] = [18, 25];
/** Oldest attr (PERF_ATTR_SIZE_VER0), and more than any kernel has had. */
const [MIN_ATTR, MAX_ATTR] = [64, 4096];
const [CLOCKID_AT, CLOCKID_END] = [92, 96];

/** What is needed of a perf_event_attr. */
export interface Attr {
  readonly tracepoint: boolean;
  readonly sampleType: number;
  readonly readFormat: number;
  readonly sampleIdAll: boolean;
  /** CLOCK_… number of `perf record -k`; null for perf's own clock. */
  readonly clockId: number | null;
  /** Bytes of the attr. */
  readonly size: number;
}

/**
 * Reads a perf_event_attr: u32 type, u32 size, u64 config, u64 period, u64 sample_type, u64 read_format, u64 flags, …
 * `limit` is the room it has in its container.
 */
export function readAttr(cursor: Cursor, limit: number): Attr {
  const at = cursor.at;
  const type = cursor.u32('an attribute type');
  const size = cursor.u32('an attribute size') || MIN_ATTR;
  if (size < MIN_ATTR || size > MAX_ATTR || size > limit) {
    cursor.at = at;
    throw cursor.error('bad-attr', `expected an attribute of ${MIN_ATTR} to ${limit} bytes, found ${size}`);
  }
  cursor.take(16, 'an attribute');
  const sampleType = cursor.u64('the sample type');
  const readFormat = cursor.u64('the read format');
  const flags = cursor.take(8, 'the attribute flags').slice();
  // Bit fields begin at the high end of a byte on big-endian machines.
  const flag = (n: number) => (flags[n >> 3] >> (cursor.littleEndian ? n & 7 : 7 - (n & 7))) & 1;
  let clockId: number | null = null;
  if (flag(FLAG_USE_CLOCKID) === 1 && size >= CLOCKID_END) {
    cursor.at = at + CLOCKID_AT;
    clockId = cursor.u32('the clock id') | 0;
  }
  const sampleIdAll = flag(FLAG_SAMPLE_ID_ALL) === 1;
  cursor.at = at + size;
  return {
    tracepoint: type === TYPE_TRACEPOINT,
    // All bits in use are below 2^32.
    sampleType: (sampleType % 4294967296) | 0,
    readFormat: (readFormat % 4294967296) | 0,
    sampleIdAll,
    clockId,
    size,
  };
}

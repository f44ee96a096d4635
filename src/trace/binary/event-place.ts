/** `EventPlace.pid` of records whose container has none. */
export const PID_IN_RECORD = -0x80000000;

/** Byte order of this machine. */
export const HOST_LITTLE_ENDIAN = new Uint8Array(new Uint32Array([1]).buffer)[0] === 1;

const EMPTY = new ArrayBuffer(0);

/**
 * Where the next event record is, and what its container says of it. Readers keep one per stream and change it in
 * place: numbers that are passed as arguments would be boxed, two per record.
 */
export class EventPlace {
  /** The buffer, as words in this machine's byte order for the usual aligned reads, and as a view for the others. */
  words: Int32Array = new Int32Array(EMPTY);
  view: DataView = new DataView(EMPTY);
  /** The record's bytes in the buffer. `at` is a multiple of 4. */
  at = 0;
  length = 0;
  /** Time since the base, ns or ticks. Begins as a fraction so that it is stored as a double from the start. */
  t = 0.5;
  cpu = 0;
  /** Thread id; PID_IN_RECORD takes it from the record. */
  pid = PID_IN_RECORD;
  /** The record's origin is `originBase + (at >>> originShift)`. */
  originBase = 0.5;
  originShift = 0;

  get origin(): number {
    return this.originBase + (this.at >>> this.originShift);
  }
}

/** The other byte order. */
export function swap32(w: number): number {
  return ((w & 0xff) << 24) | ((w & 0xff00) << 8) | ((w >>> 8) & 0xff00) | (w >>> 24);
}

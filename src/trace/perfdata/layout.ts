import { type Attr, SAMPLE } from './attr.js';

/** Bytes of a record's header: u32 type, u16 misc, u16 size. */
export const RECORD_HEADER = 8;

/** Where things are in the records of one attribute; offsets from the record's start, -1 for what is not there. */
export interface SampleLayout {
  readonly attr: Attr;
  readonly tracepoint: boolean;
  /** In SAMPLE records. */
  readonly tidAt: number;
  readonly timeAt: number;
  readonly cpuAt: number;
  /** First byte of the parts whose length varies: READ, CALLCHAIN, RAW. */
  readonly variableAt: number;
  /** Of those there is only RAW. */
  readonly plain: boolean;
  /** In all other records of the kernel: distance from the record's end, when `sample_id_all` is set. */
  readonly trailerTime: number;
  readonly trailerCpu: number;
}

/** Layout by `sample_type`: IDENTIFIER first, then the others in the order below (perf_event.h). */
export function sampleLayout(attr: Attr): SampleLayout {
  const has = (bit: number) => (attr.sampleType & bit) !== 0;
  let at = RECORD_HEADER;
  const place = (bit: number) => {
    if (!has(bit)) return -1;
    at += 8;
    return at - 8;
  };
  place(SAMPLE.IDENTIFIER);
  place(SAMPLE.IP);
  const tidAt = place(SAMPLE.TID);
  const timeAt = place(SAMPLE.TIME);
  place(SAMPLE.ADDR);
  place(SAMPLE.ID);
  place(SAMPLE.STREAM_ID);
  const cpuAt = place(SAMPLE.CPU);
  place(SAMPLE.PERIOD);
  const variableAt = at;
  const plain = (attr.sampleType & (SAMPLE.READ | SAMPLE.CALLCHAIN)) === 0;

  let back = 0;
  const behind = (bit: number) => {
    if (!attr.sampleIdAll || !has(bit)) return -1;
    back += 8;
    return back;
  };
  behind(SAMPLE.IDENTIFIER);
  const trailerCpu = behind(SAMPLE.CPU);
  behind(SAMPLE.STREAM_ID);
  behind(SAMPLE.ID);
  const trailerTime = behind(SAMPLE.TIME);
  return {
    attr,
    tracepoint: attr.tracepoint,
    tidAt,
    timeAt,
    cpuAt,
    variableAt,
    plain,
    trailerTime,
    trailerCpu,
  };
}

/** Where the event id is in samples and (from the end) in other records; -1 when there is none. */
export interface IdPlace {
  readonly inSample: number;
  readonly fromEnd: number;
}

/** Position of the id, which must be the same for all attributes or no record can be told from another. */
export function idPlace(attr: Attr): IdPlace {
  const has = (bit: number) => (attr.sampleType & bit) !== 0;
  if (has(SAMPLE.IDENTIFIER)) return { inSample: RECORD_HEADER, fromEnd: attr.sampleIdAll ? 8 : -1 };
  if (!has(SAMPLE.ID)) return { inSample: -1, fromEnd: -1 };
  const before = [SAMPLE.IP, SAMPLE.TID, SAMPLE.TIME, SAMPLE.ADDR].filter(has).length;
  const after = [SAMPLE.CPU, SAMPLE.STREAM_ID].filter(has).length;
  return { inSample: RECORD_HEADER + before * 8, fromEnd: attr.sampleIdAll ? (after + 1) * 8 : -1 };
}

const FORMAT = { ENABLED: 1, RUNNING: 2, ID: 4, GROUP: 8, LOST: 16 } as const;

/**
 * Offset of the RAW data's size word in the sample at `at`, behind READ and CALLCHAIN; -1 when the sample is too
 * short for them. Reads the buffer as words of this machine unless `view` is needed for the other byte order.
 */
export function rawOffset(
  layout: SampleLayout,
  view: DataView,
  at: number,
  length: number,
  littleEndian: boolean,
): number {
  const { sampleType, readFormat } = layout.attr;
  let offset = layout.variableAt;
  if ((sampleType & (SAMPLE.READ | SAMPLE.CALLCHAIN)) === 0) return offset + 4 > length ? -1 : offset;
  if ((sampleType & SAMPLE.READ) !== 0) {
    const group = (readFormat & FORMAT.GROUP) !== 0;
    const times =
      ((readFormat & FORMAT.ENABLED) !== 0 ? 1 : 0) + ((readFormat & FORMAT.RUNNING) !== 0 ? 1 : 0);
    const value = 1 + ((readFormat & FORMAT.ID) !== 0 ? 1 : 0) + ((readFormat & FORMAT.LOST) !== 0 ? 1 : 0);
    let count = 1;
    if (group) {
      if (offset + 8 > length) return -1;
      count = low(view, at + offset, littleEndian);
      offset += 8;
    }
    offset += (times + count * value) * 8;
  }
  if ((sampleType & SAMPLE.CALLCHAIN) !== 0) {
    if (offset + 8 > length) return -1;
    offset += 8 + low(view, at + offset, littleEndian) * 8;
  }
  return offset + 4 > length ? -1 : offset;
}

/** Lower word of a u64 count; a count that needs the upper one does not fit its record anyway. */
function low(view: DataView, at: number, littleEndian: boolean): number {
  const hi = view.getUint32(littleEndian ? at + 4 : at, littleEndian);
  return hi === 0 ? view.getUint32(littleEndian ? at : at + 4, littleEndian) : 0xffffffff;
}

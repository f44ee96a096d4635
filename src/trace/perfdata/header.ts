import type { FileBytes } from '../binary/bytes.js';
import { Cursor } from '../binary/cursor.js';

export interface Section {
  readonly offset: number;
  readonly size: number;
}

/** The beginning of a perf.data: `PERFILE2` (mirrored: the other byte order), then file or pipe form. */
export interface PerfHeader {
  readonly littleEndian: boolean;
  /** Written to a pipe: attributes and features come as records behind a header of 16 bytes. */
  readonly pipe: boolean;
  /** Bytes of one entry of the attribute section. */
  readonly attrSize: number;
  readonly attrs: Section;
  readonly data: Section;
  /** Sections of additional features by feature bit, in a table behind the data. */
  readonly features: ReadonlyMap<number, Section>;
}

/** Feature bits, from tools/perf/util/header.h. */
export const FEATURE = {
  TRACING_DATA: 1,
  OSRELEASE: 4,
  CLOCKID: 23,
  COMPRESSED: 27,
  CLOCK_DATA: 29,
} as const;

const PIPE_HEADER = 16;
const FILE_HEADER = 104;
const FEATURE_BITS = 256;

/** 1 for little-endian, -1 for big-endian, 0 for something else. */
export function perfMagic(head: Uint8Array): 1 | 0 | -1 {
  const text = String.fromCharCode(...head.subarray(0, 8));
  return text === 'PERFILE2' ? 1 : text === '2ELIFREP' ? -1 : 0;
}

/** Reads the header; throws InputError when it is not one of perf.data. */
export function readHeader(file: FileBytes): PerfHeader {
  const start = new Cursor(file, 0, true);
  const magic = perfMagic(start.take(8, 'the perf.data magic').slice());
  if (magic === 0) {
    start.at = 0;
    throw start.error('not-perf-data', 'expected the magic "PERFILE2" of perf.data, found other bytes');
  }
  const cursor = new Cursor(file, 8, magic === 1);
  const size = cursor.u64('the header size');
  const none: Section = { offset: 0, size: 0 };
  if (size === PIPE_HEADER)
    return {
      littleEndian: magic === 1,
      pipe: true,
      attrSize: 0,
      attrs: none,
      data: { offset: PIPE_HEADER, size: file.size - PIPE_HEADER },
      features: new Map(),
    };
  if (size < FILE_HEADER || size > 4096)
    throw cursor.error(
      'bad-header',
      `expected a header size of ${FILE_HEADER} or ${PIPE_HEADER}, found ${size}`,
    );
  const attrSize = cursor.u64('the attribute size');
  const attrs = section(cursor, 'the attribute section');
  const data = section(cursor, 'the data section');
  section(cursor, 'the event type section');
  const bits = features(cursor);
  return {
    littleEndian: magic === 1,
    pipe: false,
    attrSize,
    attrs,
    data,
    features: featureSections(file, magic === 1, data, bits),
  };
}

function section(cursor: Cursor, what: string): Section {
  return { offset: cursor.u64(`the offset of ${what}`), size: cursor.u64(`the size of ${what}`) };
}

/** Set bits of the feature bitmap, four u64 in the file's byte order. */
function features(cursor: Cursor): number[] {
  const bits: number[] = [];
  for (let word = 0; word < FEATURE_BITS / 64; word++) {
    const value = BigInt.asUintN(64, cursor.s64('the feature bits'));
    for (let bit = 0; bit < 64; bit++) if ((value >> BigInt(bit)) & 1n) bits.push(word * 64 + bit);
  }
  return bits;
}

/** A file whose writer did not end has no table: then there are no features. */
function featureSections(
  file: FileBytes,
  littleEndian: boolean,
  data: Section,
  bits: readonly number[],
): Map<number, Section> {
  const sections = new Map<number, Section>();
  const cursor = new Cursor(file, data.offset + data.size, littleEndian);
  for (const bit of bits) {
    if (cursor.left < 16) break;
    sections.set(bit, section(cursor, `feature ${bit}`));
  }
  return sections;
}

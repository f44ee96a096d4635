import type { FileBytes } from '../binary/bytes.js';
import { Cursor, shown } from '../binary/cursor.js';

/** Every trace.dat begins so: `17 08 44 "tracing" "6\0"`, byte order, userspace's long size, page size. */
export interface Preamble {
  readonly version: 6 | 7;
  readonly littleEndian: boolean;
  readonly longSize: 4 | 8;
  readonly pageSize: number;
  /** v7: name of the compression, `none` for v6. */
  readonly compression: string;
  /** v7: first OPTIONS section; 0 for v6. */
  readonly optionsAt: number;
  /** First byte behind it. */
  readonly end: number;
}

const MAGIC = [0x17, 0x08, 0x44, ...Buffer.from('tracing')];

export function hasDatMagic(head: Uint8Array): boolean {
  return head.length >= MAGIC.length && MAGIC.every((byte, i) => head[i] === byte);
}

/** Largest page or sub-buffer that is believed: the kernel's maximum is far below. */
export const MAX_PAGE = 1 << 24;

/** Reads the beginning of the file; throws InputError when it is not a trace.dat that can be read. */
export function readPreamble(file: FileBytes): Preamble {
  const start = new Cursor(file, 0, true);
  if (!hasDatMagic(start.take(MAGIC.length, 'the trace.dat magic')))
    throw new Cursor(file, 0, true).error(
      'not-trace-dat',
      'expected the trace.dat magic 17 08 44 "tracing", found other bytes',
    );
  const version = start.string('the file version', 16);
  if (version !== '6' && version !== '7')
    throw start.error('unknown-version', `expected trace.dat version 6 or 7, found "${shown(version)}"`);
  const endian = start.u8('the byte order');
  if (endian > 1)
    throw start.error('bad-header', `expected byte order 0 (little) or 1 (big), found ${endian}`);
  const longSize = start.u8('the size of long');
  if (longSize !== 4 && longSize !== 8)
    throw start.error('bad-header', `expected a long size of 4 or 8, found ${longSize}`);
  const cursor = new Cursor(file, start.at, endian === 0);
  const pageSize = cursor.u32('the page size');
  if (!validPageSize(pageSize))
    throw cursor.error('bad-header', `expected a page size from 256 to ${MAX_PAGE}, found ${pageSize}`);
  let compression = 'none';
  let optionsAt = 0;
  if (version === '7') {
    compression = cursor.string('the compression name', 64);
    cursor.string('the compression version', 64);
    optionsAt = cursor.u64('the offset of the first options section');
  }
  return {
    version: version === '6' ? 6 : 7,
    littleEndian: endian === 0,
    longSize,
    pageSize,
    compression,
    optionsAt,
    end: cursor.at,
  };
}

/** Sub-buffers are whole words and hold at least a header and an event. */
export function validPageSize(size: number): boolean {
  return size >= 256 && size <= MAX_PAGE && size % 4 === 0;
}

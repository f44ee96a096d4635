import { type Bytes, type FileBytes, MemoryBytes } from '../binary/bytes.js';
import { Cursor } from '../binary/cursor.js';
import { type Decompressor, plausibleSize } from '../binary/decompress.js';

const COMPRESSED = 1;
const SECTION_HEADER = 16;

interface Section {
  readonly id: number;
  readonly compressed: boolean;
  /** Bytes in the file behind the section header. */
  readonly size: number;
  readonly at: number;
}

/** Section header: u16 id, u16 flags, u32 description, u64 size in the file. */
export function readSection(file: Bytes, at: number, littleEndian: boolean): Section {
  const cursor = new Cursor(file, at, littleEndian);
  const id = cursor.u16('a section id');
  const flags = cursor.u16('section flags');
  cursor.u32('a section description');
  const size = cursor.u64('a section size');
  return { id, compressed: (flags & COMPRESSED) !== 0, size, at: at + SECTION_HEADER };
}

/** Opens a section's contents; a compressed one is u32 compressed size, u32 size, data. */
export function openSection(
  file: FileBytes,
  at: number,
  id: number,
  what: string,
  littleEndian: boolean,
  decompressor: Decompressor | null,
): Cursor {
  const section = readSection(file, at, littleEndian);
  const cursor = new Cursor(file, section.at, littleEndian);
  if (section.id !== id) {
    cursor.at = at;
    throw cursor.error('bad-section', `expected the section "${what}" (id ${id}), found id ${section.id}`);
  }
  if (!section.compressed)
    return new Cursor(file, section.at, littleEndian, Math.min(file.size, section.at + section.size));
  const compressed = cursor.u32('the compressed size');
  const size = cursor.u32('the decompressed size');
  const block = cursor.copy(compressed, `the section "${what}"`);
  if (decompressor === null)
    throw cursor.error('bad-section', 'compressed section in a file without compression');
  if (!plausibleSize(compressed, size))
    throw cursor.error('bad-block', `section "${what}" claims to hold ${size} bytes in ${compressed}`);
  const data = new Uint8Array(size);
  try {
    decompressor.inflate(block, data);
    return new Cursor(new MemoryBytes(file.input, data, at), 0, littleEndian);
  } catch (e) {
    cursor.at = at;
    throw cursor.error('bad-block', `section "${what}" is ${(e as Error).message}`);
  }
}

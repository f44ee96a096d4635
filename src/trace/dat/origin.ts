/**
 * `origin` of a record in a trace.dat. In plain sub-buffers it is the record's byte offset in the file. In compressed
 * ones a record has none; there it is
 *
 *     byte offset of the chunk (its two size words) * 1,000,000 + 4-byte word inside the decompressed chunk
 *
 * so that the last six decimal digits are the word and the others the place in the file: stable, unique, and enough
 * to read the record again. (A chunk is ten sub-buffers; it would take sub-buffers of 400 kB to exceed the digits.)
 */
const WORDS = 1_000_000;

/** Bytes to words: records are aligned to 4 bytes. */
export const WORD_SHIFT = 2;

/** Origin of the first byte of the chunk whose size words are at this byte of the file. */
export function chunkOrigin(chunkAt: number): number {
  return chunkAt * WORDS;
}

/** The chunk's byte offset and the byte in the decompressed chunk. */
export function unpackOrigin(origin: number): { chunkAt: number; at: number } {
  return { chunkAt: Math.floor(origin / WORDS), at: (origin % WORDS) * 4 };
}

/**
 * `origin` of a record in a trace.dat. In plain sub-buffers it is the record's byte offset in the file. In compressed
 * ones a record has none; there it is
 *
 *     byte offset of the chunk (its two size words) * 1,000,000 + 4-byte word inside the decompressed chunk
 *
 * so that the last six decimal digits are the word and the others the place in the file: stable, unique, and enough
 * to read the record again. (Chunks are ten sub-buffers; words beyond 999,999 are counted as the last.)
 */
const WORDS = 1_000_000;

/** `at` is the byte in the decompressed chunk. */
export function packOrigin(chunkAt: number, at: number): number {
  return chunkAt * WORDS + Math.min(at >>> 2, WORDS - 1);
}

/** The chunk's byte offset and the byte in the decompressed chunk. */
export function unpackOrigin(origin: number): { chunkAt: number; at: number } {
  return { chunkAt: Math.floor(origin / WORDS), at: (origin % WORDS) * 4 };
}

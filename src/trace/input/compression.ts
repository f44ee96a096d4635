export type Compression = 'gzip' | 'zstd' | 'xz' | 'bzip2' | 'lz4';

const MAGIC: readonly (readonly [Compression, readonly number[]])[] = [
  ['gzip', [0x1f, 0x8b, 0x08]],
  ['zstd', [0x28, 0xb5, 0x2f, 0xfd]],
  ['xz', [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00]],
  ['bzip2', [0x42, 0x5a, 0x68]],
  ['lz4', [0x04, 0x22, 0x4d, 0x18]],
];

/** What the first bytes say: the file name's suffix is not asked, captures are renamed too often. */
export function compressionOf(head: Uint8Array): Compression | null {
  for (const [name, magic] of MAGIC) if (magic.every((byte, i) => head[i] === byte)) return name;
  return null;
}

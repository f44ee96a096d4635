import type { ByteSource } from '../../src/trace/source.js';

/** Text as an input. */
export function textSource(text: string): ByteSource {
  const bytes = Buffer.from(text);
  return {
    name: 'test',
    path: null,
    size: bytes.length,
    head: bytes.subarray(0, 65_536),
    async *chunks() {
      yield bytes;
    },
    async close() {},
  };
}

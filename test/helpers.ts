import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ByteSource } from '../src/trace/source.js';

/** The root of the repository, wherever the tests were compiled to. */
export const root: string = (() => {
  let directory = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(directory, 'package.json')) || !existsSync(join(directory, 'fixtures'))) {
    const parent = dirname(directory);
    if (parent === directory) return process.cwd();
    directory = parent;
  }
  return directory;
})();

/** Path of a fixture, `text/report-3.1.6.txt.gz`. */
export const fixture = (name: string): string => join(root, 'fixtures', name);

/** A source that gives these bytes in chunks of `chunk` bytes, each overwritten when the next one is asked for. */
export function bytesSource(data: Uint8Array | string, chunk = 1 << 20, name = 'test'): ByteSource {
  const bytes = typeof data === 'string' ? Buffer.from(data) : data;
  return {
    name,
    path: null,
    size: bytes.length,
    head: bytes.subarray(0, 64 * 1024),
    async *chunks() {
      const buffer = Buffer.alloc(Math.min(chunk, Math.max(bytes.length, 1)));
      for (let at = 0; at < bytes.length; at += chunk) {
        const part = bytes.subarray(at, at + chunk);
        buffer.fill(0);
        buffer.set(part);
        yield buffer.subarray(0, part.length);
      }
    },
    close: () => Promise.resolve(),
  };
}

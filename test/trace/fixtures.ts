import { existsSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ByteSource } from '../../src/trace/source.js';

/** Path of a fixture, found from the package root wherever the tests were built to. */
export function fixturePath(...parts: string[]): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, 'package.json')) || !existsSync(join(folder, 'fixtures'))) {
    const parent = dirname(folder);
    if (parent === folder) throw new Error('no package.json with fixtures above this test');
    folder = parent;
  }
  return join(folder, 'fixtures', ...parts);
}

/** A regular file as the readers of binary formats see it. */
export function fileSource(path: string): ByteSource {
  return {
    name: path,
    path,
    size: statSync(path).size,
    head: new Uint8Array(0),
    chunks() {
      throw new Error('binary formats read by position');
    },
    async close() {},
  };
}

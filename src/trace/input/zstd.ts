import { closeSync, openSync, readSync } from 'node:fs';
import { setImmediate } from 'node:timers/promises';
import { InputError } from '../reader.js';
import type { Bytes } from './raw.js';

const READ = 1 << 17;
/** Decoded bytes after which timers and signals get their turn. */
const BREATH = 1 << 22;

/**
 * Decodes a zstd file of any number of frames, with or without a stated size. Not with zlib: Node 20 cannot, and what
 * later versions do behind the first frame is not documented. The decoder pulls its input from a synchronous iterable,
 * so the file is read synchronously.
 */
export async function* zstdFile(path: string, name: string): Bytes {
  const { ZSTDDecoder } = await import('zstddec/stream');
  const decoder = new ZSTDDecoder();
  await decoder.init();
  const fd = openSync(path, 'r');
  const input = Buffer.allocUnsafeSlow(READ);
  let pulls = 0;
  let lastPull = 0;
  let empty = 0;
  let decoded = 0;
  function* blocks(): Generator<Uint8Array> {
    for (;;) {
      const n = readSync(fd, input, 0, READ, null);
      pulls++;
      if (n === 0) return;
      yield input.subarray(0, n);
    }
  }
  try {
    for (const out of decoder.decodeStreaming(blocks())) {
      // The decoder takes an error of zstd for "no output yet" and would ask again for ever.
      if (out.length === 0) {
        if (pulls === lastPull && ++empty > 1)
          throw new InputError('compressed-damaged', `${name}: damaged zstd data`, name);
      } else {
        empty = 0;
        decoded += out.length;
        yield out;
        if (decoded > BREATH) {
          decoded = 0;
          await setImmediate();
        }
      }
      lastPull = pulls;
    }
  } catch (error) {
    if (error instanceof InputError) throw error;
    throw new InputError('compressed-cut', `${name}: the zstd data end in the middle (a cut file?)`, name);
  } finally {
    closeSync(fd);
  }
}

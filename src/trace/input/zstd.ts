import { openZstdStream } from '../binary/zstd-stream.js';
import { InputError } from '../reader.js';
import type { Bytes } from './raw.js';

/**
 * Decodes any number of zstd frames, with or without a stated size. Not with zlib: Node 20 cannot, and what later versions
 * do behind the first frame is not documented.
 */
export async function* unpackZstd(raw: Bytes, name: string): Bytes {
  const stream = await openZstdStream();
  if (stream === null) {
    const message = `${name}: zstd data cannot be read: other code in this process has started zstddec/stream before`;
    throw new InputError('no-decoder', message, name);
  }
  try {
    // Copies: the decoder's memory is filled anew while the consumer still has the last part.
    for await (const piece of raw)
      for (const part of decoded(stream.decode(piece), name)) yield Uint8Array.from(part);
    if (stream.inFrame)
      throw new InputError('compressed-cut', `${name}: the zstd data end in the middle (a cut file?)`, name);
  } finally {
    stream.close();
  }
}

function* decoded(parts: Iterable<Uint8Array>, name: string): Generator<Uint8Array, void, void> {
  try {
    yield* parts;
  } catch {
    throw new InputError('compressed-damaged', `${name}: damaged zstd data`, name);
  }
}

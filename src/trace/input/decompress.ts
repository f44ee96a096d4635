import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { Readable, type Transform } from 'node:stream';
import * as zlib from 'node:zlib';
import { InputError } from '../reader.js';
import type { Compression } from './compression.js';
import type { Bytes } from './raw.js';
import { unpackZstd } from './zstd.js';

/**
 * The decompressed bytes of an input. Concatenated gzip members and zstd frames are one stream, as for the tools.
 * Damage throws an InputError after all bytes before it: `compressed-cut` at a sudden end, `compressed-damaged`.
 */
export function decompress(raw: Bytes, kind: Compression, name: string): Bytes {
  switch (kind) {
    case 'gzip':
      return through(raw, zlib.createGunzip({ chunkSize: 1 << 18 }), kind, name);
    case 'zstd':
      return unpackZstd(raw, name);
    case 'xz':
      return xz(raw, name);
    default:
      throw new InputError(
        'compression-unsupported',
        `${name}: ${kind} compression is not read here; decompress it first (gzip, zstd and xz are read as they are)`,
        name,
      );
  }
}

async function* through(bytes: Bytes, decoder: Transform, kind: Compression, name: string): Bytes {
  // Copies: the decoder may hold on to an input chunk while the next one is already being read into its buffer.
  const source = Readable.from(copies(bytes));
  source.on('error', (error) => decoder.destroy(error));
  source.pipe(decoder);
  try {
    yield* decoder;
  } catch (error) {
    throw damage(error as NodeJS.ErrnoException, kind, name);
  } finally {
    source.destroy();
    decoder.destroy();
  }
}

async function* copies(bytes: Bytes): AsyncGenerator<Buffer, void, void> {
  for await (const chunk of bytes) yield Buffer.from(chunk);
}

function damage(error: NodeJS.ErrnoException, kind: Compression, name: string): Error {
  if (error instanceof InputError) return error;
  if (error.code === 'Z_BUF_ERROR' || /unexpected end/i.test(error.message)) {
    return new InputError(
      'compressed-cut',
      `${name}: the ${kind} data end in the middle (a cut file?)`,
      name,
    );
  }
  return new InputError('compressed-damaged', `${name}: damaged ${kind} data: ${error.message}`, name);
}

async function* xz(bytes: Bytes, name: string): Bytes {
  const child = spawn('xz', ['-dc'], { stdio: ['pipe', 'pipe', 'pipe'] });
  let missing: Error | null = null;
  let complaint = '';
  child.on('error', (error) => {
    missing = error;
  });
  child.stderr.on('data', (text: Buffer) => {
    if (complaint.length < 1000) complaint += text.toString();
  });
  // Writing fails when xz stops early (EPIPE); its exit status tells why.
  child.stdin.on('error', () => {});
  const closed = once(child, 'close').catch(() => [null]);
  const source = Readable.from(copies(bytes));
  source.on('error', () => child.kill());
  source.pipe(child.stdin);
  // An input that is opened and then left alone does not keep the process alive.
  const output = child.stdout as Socket;
  for (const handle of [child, child.stdin as Socket, child.stderr as Socket]) handle.unref();
  try {
    for await (const chunk of output) {
      output.unref();
      yield chunk;
      if (!output.destroyed) output.ref();
    }
    child.ref();
    const [status] = await closed;
    if (missing !== null) {
      throw new InputError(
        'xz-missing',
        `${name}: xz data, but the program xz is not on PATH; install it or decompress the file first`,
        name,
      );
    }
    if (status !== 0) {
      const reason = complaint.trim().replace(/^xz: (\(stdin\): )?/, '');
      const code = /unexpected end/i.test(reason) ? 'compressed-cut' : 'compressed-damaged';
      throw new InputError(code, `${name}: xz: ${reason || `exit status ${status}`}`, name);
    }
  } finally {
    source.destroy();
    if (child.exitCode === null) child.kill();
  }
}

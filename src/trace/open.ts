import { closeSync, fstatSync, openSync, readSync, statSync } from 'node:fs';
import { type Compression, compressionOf } from './input/compression.js';
import { explain, explained } from './input/errors.js';
import { HEAD_SIZE, PeekedSource } from './input/peeked.js';
import { type Bytes, Control, readDescriptor, readFile, readRegularFile, readStdin } from './input/raw.js';
import { InputError } from './reader.js';
import type { ByteSource } from './source.js';

/**
 * Opens an input by name; `-` is standard input. Compression is known by its first bytes and undone. Throws an
 * InputError for what is missing, is a directory or may not be read. An empty input opens, with an empty head; so does
 * a silent pipe when the signal aborts.
 */
export async function openSource(name: string, signal?: AbortSignal): Promise<ByteSource> {
  const control = new Control();
  if (signal?.aborted) control.abort();
  signal?.addEventListener('abort', () => control.abort(), { once: true });
  try {
    if (name === '-') {
      return await openStream(
        name,
        fstatSync(0).isFile() ? readDescriptor(0, control) : readStdin(control),
        control,
      );
    }
    const info = statSync(name);
    if (info.isDirectory())
      throw new InputError('is-directory', `${name}: is a directory, not a trace`, name);
    // Files of tracefs have size 0, and trace_pipe can be read only once.
    if (!info.isFile() || info.size === 0) return await openStream(name, readFile(name, control), control);
    const head = readHead(name);
    const kind = compressionOf(head);
    if (kind === null) return new FileSource(name, name, info.size, head, () => {});
    return await PeekedSource.open(name, await decompressed(readFile(name, control), kind, name), control);
  } catch (error) {
    throw explain(error, name);
  }
}

/**
 * Copies a source into a temporary file that can be read by position, for the formats that need it. The file goes
 * away when the copy is closed, at the latest with the process; the source is closed here. What comes before damage is
 * copied.
 */
export async function spool(source: ByteSource, signal?: AbortSignal): Promise<ByteSource> {
  // (Node's promises for files, a temporary directory: only for what needs them)
  const { spoolBytes } = await import('./input/spool.js');
  let damage: InputError | undefined;
  const bytes = untilDamage(source.chunks(signal), (error) => {
    damage = error;
  });
  const file = await spoolBytes(bytes, source.name);
  await source.close();
  return new FileSource(source.name, file.path, file.size, source.head, file.remove, damage);
}

async function* untilDamage(
  bytes: AsyncIterable<Uint8Array>,
  found: (damage: InputError) => void,
): AsyncGenerator<Uint8Array, void, void> {
  try {
    yield* bytes;
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    found(error);
  }
}

async function openStream(name: string, bytes: Bytes, control: Control): Promise<ByteSource> {
  const source = await PeekedSource.open(name, bytes, control);
  const kind = compressionOf(source.head);
  if (kind === null) return source;
  const compressed = source.chunks() as Bytes;
  return PeekedSource.open(name, await decompressed(compressed, kind, name), control);
}

/** What decompresses is loaded only for what is compressed: streams and child processes take milliseconds. */
async function decompressed(raw: Bytes, kind: Compression, name: string): Promise<Bytes> {
  return (await import('./input/decompress.js')).decompress(raw, kind, name);
}

/** Of a regular file, which is read at once: without a thread that waits for it. */
function readHead(path: string): Uint8Array {
  const fd = openSync(path, 'r');
  try {
    const buffer = Buffer.alloc(HEAD_SIZE);
    return buffer.subarray(0, readSync(fd, buffer, 0, HEAD_SIZE, 0));
  } finally {
    closeSync(fd);
  }
}

/** A regular file, which any reader may also open by its path. */
class FileSource implements ByteSource {
  constructor(
    readonly name: string,
    readonly path: string,
    readonly size: number,
    readonly head: Uint8Array,
    private readonly remove: () => void,
    readonly damage?: InputError,
  ) {}

  chunks(signal?: AbortSignal, follow = false): AsyncIterable<Uint8Array> {
    const control = new Control();
    control.follow = follow;
    if (signal?.aborted) control.abort();
    signal?.addEventListener('abort', () => control.abort(), { once: true });
    const bytes = follow ? readFile(this.path, control) : readRegularFile(this.path, this.size, control);
    return explained(this.damage === undefined ? bytes : thenThrow(bytes, this.damage), this.name);
  }

  close(): Promise<void> {
    this.remove();
    return Promise.resolve();
  }
}

async function* thenThrow(bytes: Bytes, error: InputError): Bytes {
  yield* bytes;
  throw error;
}

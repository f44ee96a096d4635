import { fstatSync, read } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { InputError } from '../reader.js';
import { orAborted, sleep } from './abort.js';

/** How an input is to be read; what opened it may still change its mind while it is being read. */
export class Control {
  readonly #controller = new AbortController();
  /** At the end of a file wait for more, as `tail -f` does. */
  follow = false;

  /** Ends the bytes early, without an error. */
  abort(): void {
    this.#controller.abort();
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }
}

export type Bytes = AsyncGenerator<Uint8Array, void, void>;

const CHUNK = 1 << 20;
const POLL_MS = 250;

/** A file from its start. Throws an InputError `shrunk` at its end when it was longer before. */
export async function* readFile(path: string, control: Control): Bytes {
  const handle = await open(path, 'r');
  yield* readSequentially(
    (buffer) => handle.read(buffer, 0, CHUNK, null).then((result) => result.bytesRead),
    control,
    path,
    handle.fd,
    handle,
  );
}

/** An open descriptor of a regular file (`zaptrace < file`), from where it stands. */
export async function* readDescriptor(fd: number, control: Control): Bytes {
  yield* readSequentially(
    (buffer) =>
      new Promise((resolve, reject) => {
        read(fd, buffer, 0, CHUNK, null, (error, bytes) => (error ? reject(error) : resolve(bytes)));
      }),
    control,
    '-',
    fd,
    null,
  );
}

/**
 * The next chunk is read while the consumer works on the last one, into two buffers in turn. Reads have no position:
 * files of tracefs cannot seek.
 */
async function* readSequentially(
  readInto: (buffer: Buffer) => Promise<number>,
  control: Control,
  name: string,
  fd: number,
  handle: FileHandle | null,
): Bytes {
  const { signal } = control;
  const { size } = fstatSync(fd);
  let spare = Buffer.allocUnsafeSlow(CHUNK);
  let target = Buffer.allocUnsafeSlow(CHUNK);
  let offset = 0;
  let reading = readInto(target);
  try {
    for (;;) {
      const bytes = await orAborted(reading, signal);
      if (bytes === null) return;
      if (bytes === 0) {
        if (!control.follow) {
          notShorter(fd, size, name);
          return;
        }
        await sleep(POLL_MS, signal);
        if (signal.aborted || (handle !== null && (await shrunk(handle, offset)))) return;
        reading = readInto(target);
        continue;
      }
      offset += bytes;
      const chunk = target.subarray(0, bytes);
      [spare, target] = [target, spare];
      reading = readInto(target);
      yield chunk;
    }
  } finally {
    if (handle !== null) await closeAfter(reading, handle, signal.aborted);
  }
}

/** A read of trace_pipe may block for ever: after an abort nobody waits for it. */
async function closeAfter(reading: Promise<unknown>, handle: FileHandle, aborted: boolean): Promise<void> {
  const closed = reading.catch(() => {}).then(() => handle.close());
  if (aborted) closed.catch(() => {});
  else await closed;
}

/** What is cut off while a trace is read would otherwise look like its end. */
function notShorter(fd: number, before: number, name: string): void {
  const { size } = fstatSync(fd);
  if (size < before)
    throw new InputError(
      'shrunk',
      `${name}: was cut from ${before} to ${size} bytes while it was read`,
      name,
    );
}

/** A followed file that was truncated or rotated has ended. */
async function shrunk(handle: FileHandle, offset: number): Promise<boolean> {
  const { size } = await handle.stat();
  return size > 0 && size < offset;
}

/** Standard input when it is a pipe or a terminal. */
export async function* readStdin(control: Control): Bytes {
  const stdin = process.stdin;
  try {
    for (;;) {
      const chunk: Uint8Array | null = stdin.read();
      if (chunk !== null) yield chunk;
      else if (control.signal.aborted || stdin.readableEnded || stdin.destroyed) return;
      else await orAborted(moreOrEnd(stdin), control.signal);
    }
  } finally {
    // An unfinished pipe would keep the process alive.
    stdin.destroy();
  }
}

function moreOrEnd(stream: Readable): Promise<void> {
  return new Promise((resolve, reject) => {
    const done = (error?: Error): void => {
      stream.off('readable', done).off('end', done).off('close', done).off('error', done);
      if (error instanceof Error) reject(error);
      else resolve();
    };
    stream.on('readable', done).on('end', done).on('close', done).on('error', done);
  });
}

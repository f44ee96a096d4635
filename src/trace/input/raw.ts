import { closeSync, fstatSync, open, openSync, read, readSync } from 'node:fs';
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
/** A file up to this size is read at once. */
const SMALL = 256 * 1024;
const POLL_MS = 250;

/** A file from its start. Throws an InputError `shrunk` at its end when it was longer before. */
export async function* readFile(path: string, control: Control): Bytes {
  const fd = await new Promise<number>((resolve, reject) => {
    open(path, 'r', (error, opened) => (error ? reject(error) : resolve(opened)));
  });
  yield* readSequentially(fd, control, path, true);
}

/** A regular file of this size, as `readFile`. */
export async function* readRegularFile(path: string, size: number, control: Control): Bytes {
  // What is read at once needs no thread that waits for it, and none of Node's promises for files: milliseconds.
  if (size > SMALL) yield* readFile(path, control);
  else yield* readSequentially(openSync(path, 'r'), control, path, true, readNow);
}

/** An open descriptor of a regular file (`zaptrace < file`), from where it stands. */
export async function* readDescriptor(fd: number, control: Control): Bytes {
  yield* readSequentially(fd, control, '-', false);
}

type ReadInto = (fd: number, buffer: Buffer) => Promise<number>;

const readLater: ReadInto = (fd, buffer) =>
  new Promise((resolve, reject) => {
    read(fd, buffer, 0, CHUNK, null, (error, bytes) => (error ? reject(error) : resolve(bytes)));
  });

const readNow: ReadInto = async (fd, buffer) => readSync(fd, buffer, 0, CHUNK, null);

/**
 * The next chunk is read while the consumer works on the last one, into two buffers in turn. Reads have no position:
 * files of tracefs cannot seek.
 */
async function* readSequentially(
  fd: number,
  control: Control,
  name: string,
  own: boolean,
  readInto: ReadInto = readLater,
): Bytes {
  const { signal } = control;
  const { size } = fstatSync(fd);
  let spare = Buffer.allocUnsafeSlow(CHUNK);
  let target = Buffer.allocUnsafeSlow(CHUNK);
  let offset = 0;
  let reading = readInto(fd, target);
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
        if (signal.aborted || (own && shrunk(fd, offset))) return;
        reading = readInto(fd, target);
        continue;
      }
      offset += bytes;
      const chunk = target.subarray(0, bytes);
      [spare, target] = [target, spare];
      reading = readInto(fd, target);
      yield chunk;
    }
  } finally {
    if (own) await closeAfter(reading, fd, signal.aborted);
  }
}

/** A read of trace_pipe may block for ever: after an abort nobody waits for it. */
async function closeAfter(reading: Promise<unknown>, fd: number, aborted: boolean): Promise<void> {
  const closed = reading.catch(() => {}).then(() => closeSync(fd));
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
function shrunk(fd: number, offset: number): boolean {
  const { size } = fstatSync(fd);
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

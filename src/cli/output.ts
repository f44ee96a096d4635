import { closeSync, openSync, writeSync } from 'node:fs';
import type { Output } from '../report/report.js';
import { systemMessage, UsageError } from './errors.js';

const CHUNK = 1 << 16;

/** An output that collects small writes, and tells when its reader is behind. */
export interface Sink extends Output {
  /** The reader is behind: await `drain` before writing more. */
  readonly full: boolean;
  drain(): Promise<void>;
  end(): Promise<void>;
}

/** The reader of the output went away (EPIPE). Not an error: nobody wants the rest. */
export class OutputClosed extends Error {
  override readonly name = 'OutputClosed';
}

/** What is wrong with standard output, for people. */
export const unwritable = (error: unknown): string => `cannot write the output: ${systemMessage(error)}`;

/**
 * Text that waits to be written, as bytes at once: pieces of strings would outlive the young generation by the
 * thousands, and cost more than what is written.
 */
class Chunk {
  #bytes: Buffer | null = null;
  #length = 0;

  constructor(
    private readonly pass: (bytes: Buffer) => void,
    /** What was passed is done with when `pass` returns. */
    private readonly reusable: boolean,
  ) {}

  get empty(): boolean {
    return this.#length === 0;
  }

  /** Takes text, and passes on what fills the chunk. */
  add(text: string): void {
    const most = text.length * 3;
    if (most > CHUNK - this.#length) this.flush();
    if (most > CHUNK) {
      this.pass(Buffer.from(text));
      return;
    }
    this.#bytes ??= Buffer.allocUnsafeSlow(CHUNK);
    this.#length += this.#bytes.write(text, this.#length);
  }

  /** Passes on what there is, if any. */
  flush(): void {
    if (this.#bytes === null || this.#length === 0) return;
    const bytes = this.#bytes.subarray(0, this.#length);
    if (!this.reusable) this.#bytes = null;
    this.#length = 0;
    this.pass(bytes);
  }
}

/**
 * Standard output or another stream. Text is collected up to 64 KiB, and passed on at the latest when the event loop
 * turns, so that a finding of a growing trace is seen at once.
 */
export class StreamSink implements Sink {
  readonly #chunk: Chunk;
  #scheduled: NodeJS.Immediate | null = null;
  #broken: Error | null = null;
  readonly #stream: NodeJS.WritableStream & { writableNeedDrain?: boolean };

  constructor(stream: NodeJS.WritableStream) {
    this.#stream = stream;
    this.#chunk = new Chunk((bytes) => {
      if (this.#broken === null) stream.write(bytes);
    }, false);
    stream.on('error', (error: NodeJS.ErrnoException) => {
      this.#broken = error.code === 'EPIPE' ? new OutputClosed() : new UsageError(unwritable(error));
    });
  }

  get full(): boolean {
    return this.#broken !== null || this.#stream.writableNeedDrain === true;
  }

  write(text: string): void {
    this.#chunk.add(text);
    if (!this.#chunk.empty) this.#scheduled ??= setImmediate(() => this.#flush());
  }

  async drain(): Promise<void> {
    while (this.#stream.writableNeedDrain && this.#broken === null) {
      await new Promise<void>((resolve) => {
        const done = () => {
          this.#stream.off('drain', done).off('error', done).off('close', done);
          resolve();
        };
        this.#stream.on('drain', done).on('error', done).on('close', done);
      });
    }
    if (this.#broken) throw this.#broken;
  }

  async end(): Promise<void> {
    this.#flush();
    // The callback of an empty write comes after all earlier writes, also when one of them failed.
    await new Promise<void>((resolve) => this.#stream.write('', () => resolve()));
    if (this.#broken) throw this.#broken;
  }

  #flush(): void {
    if (this.#scheduled) clearImmediate(this.#scheduled);
    this.#scheduled = null;
    this.#chunk.flush();
  }
}

/** A file. Opened at once, so that a wrong path is told before the trace is read. */
export class FileSink implements Sink {
  readonly full = false;
  readonly #chunk = new Chunk((bytes) => this.#put(bytes), true);
  readonly #fd: number;

  constructor(readonly path: string) {
    try {
      this.#fd = openSync(path, 'w');
    } catch (error) {
      throw new UsageError(`cannot write '${path}': ${systemMessage(error)}`);
    }
  }

  write(text: string): void {
    this.#chunk.add(text);
  }

  async drain(): Promise<void> {}

  async end(): Promise<void> {
    this.#chunk.flush();
    closeSync(this.#fd);
  }

  #put(bytes: Buffer): void {
    try {
      for (let at = 0; at < bytes.length; ) at += writeSync(this.#fd, bytes, at);
    } catch (error) {
      throw new UsageError(`cannot write '${this.path}': ${systemMessage(error)}`);
    }
  }
}

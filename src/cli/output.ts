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
 * Standard output or another stream. Text is collected up to 64 KiB, and passed on at the latest when the event loop
 * turns, so that a finding of a growing trace is seen at once.
 */
export class StreamSink implements Sink {
  #text = '';
  #scheduled: NodeJS.Immediate | null = null;
  #broken: Error | null = null;
  readonly #stream: NodeJS.WritableStream & { writableNeedDrain?: boolean };

  constructor(stream: NodeJS.WritableStream) {
    this.#stream = stream;
    stream.on('error', (error: NodeJS.ErrnoException) => {
      this.#broken = error.code === 'EPIPE' ? new OutputClosed() : new UsageError(unwritable(error));
    });
  }

  get full(): boolean {
    return this.#broken !== null || this.#stream.writableNeedDrain === true;
  }

  write(text: string): void {
    this.#text += text;
    if (this.#text.length >= CHUNK) this.#flush();
    else this.#scheduled ??= setImmediate(() => this.#flush());
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
    const text = this.#text;
    this.#text = '';
    if (text !== '' && this.#broken === null) this.#stream.write(text);
  }
}

/** A file. Opened at once, so that a wrong path is told before the trace is read. */
export class FileSink implements Sink {
  readonly full = false;
  #text = '';
  readonly #fd: number;

  constructor(readonly path: string) {
    try {
      this.#fd = openSync(path, 'w');
    } catch (error) {
      throw new UsageError(`cannot write '${path}': ${systemMessage(error)}`);
    }
  }

  write(text: string): void {
    this.#text += text;
    if (this.#text.length >= CHUNK) this.#flush();
  }

  async drain(): Promise<void> {}

  async end(): Promise<void> {
    this.#flush();
    closeSync(this.#fd);
  }

  #flush(): void {
    const bytes = Buffer.from(this.#text);
    this.#text = '';
    try {
      for (let at = 0; at < bytes.length; ) at += writeSync(this.#fd, bytes, at);
    } catch (error) {
      throw new UsageError(`cannot write '${this.path}': ${systemMessage(error)}`);
    }
  }
}

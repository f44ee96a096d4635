import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { InputError } from '../reader.js';

/** Bytes that can be read by position: a file, or a decompressed section. */
export interface Bytes {
  /** As the user named the input. */
  readonly input: string;
  readonly size: number;
  /** What `read` returns stays as it is. */
  readonly stable: boolean;
  /** `length` bytes from `at`; fewer at the end. Unless `stable`, the result is valid only until the next read. */
  read(at: number, length: number): Uint8Array;
  /** Where byte `at` stands, for messages: `byte 4711` or `byte 12 of the section at byte 4711`. */
  place(at: number): string;
  /** The byte offset in the file that a diagnostic about byte `at` shows. */
  origin(at: number): number;
}

/** A regular file, read by position with a window so that parsing small items costs few system calls. */
export class FileBytes implements Bytes {
  readonly stable = false;
  readonly size: number;
  readonly #fd: number;
  readonly #window = new Uint8Array(64 * 1024);
  #windowAt = 0;
  #windowLength = 0;

  constructor(
    readonly input: string,
    path: string,
  ) {
    try {
      this.#fd = openSync(path, 'r');
    } catch (e) {
      throw new InputError('unreadable', `${input}: ${(e as Error).message}`, input);
    }
    this.size = fstatSync(this.#fd).size;
  }

  read(at: number, length: number): Uint8Array {
    if (at >= this.size) return new Uint8Array(0);
    if (length > this.#window.length) {
      const own = new Uint8Array(Math.min(length, this.size - at));
      return own.subarray(0, this.readInto(own, at));
    }
    if (at < this.#windowAt || at + length > this.#windowAt + this.#windowLength) {
      this.#windowAt = at;
      this.#windowLength = this.readInto(this.#window, at);
    }
    const from = at - this.#windowAt;
    return this.#window.subarray(from, Math.min(from + length, this.#windowLength));
  }

  /** Fills `target` from byte `at` of the file; returns how many bytes there were. */
  readInto(target: Uint8Array, at: number): number {
    let done = 0;
    while (done < target.length) {
      let n: number;
      try {
        n = readSync(this.#fd, target, done, target.length - done, at + done);
      } catch (e) {
        throw new InputError('unreadable', `${this.input}: ${(e as Error).message}`, this.input, at + done);
      }
      if (n === 0) break;
      done += n;
    }
    return done;
  }

  place(at: number): string {
    return `byte ${at}`;
  }

  origin(at: number): number {
    return at;
  }

  close(): void {
    closeSync(this.#fd);
  }
}

/** Bytes in memory that came out of a compressed section which begins at byte `fileAt` of the file. */
export class MemoryBytes implements Bytes {
  readonly stable = true;
  readonly size: number;

  constructor(
    readonly input: string,
    readonly data: Uint8Array,
    readonly fileAt: number,
  ) {
    this.size = data.length;
  }

  read(at: number, length: number): Uint8Array {
    return this.data.subarray(at, at + length);
  }

  place(at: number): string {
    return `byte ${at} of the decompressed section at byte ${this.fileAt}`;
  }

  origin(): number {
    return this.fileAt;
  }
}

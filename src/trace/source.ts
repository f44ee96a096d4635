import type { InputError } from './reader.js';

/** Bytes at the door: a file or a pipe, read in chunks (text) or by position (binary formats). */
export interface ByteSource {
  /** As the user named it; `-` for standard input. Shown in `origin.input`. */
  readonly name: string;
  /** Path of a regular file that can be read by position, else null (pipe, compressed). */
  readonly path: string | null;
  /** Size in bytes, when known. */
  readonly size: number | null;
  /** The first bytes (up to 64 KiB), without consuming them. */
  readonly head: Uint8Array;
  /** Where the bytes end because the input is damaged there (a copy of a compressed file that was cut). */
  readonly damage?: InputError;
  /**
   * All bytes in order, once. A chunk is valid only until the next one is asked for. An aborted signal ends them
   * early, without an error. With `follow`, a growing file goes on after its end until the signal aborts.
   */
  chunks(signal?: AbortSignal, follow?: boolean): AsyncIterable<Uint8Array>;
  close(): Promise<void>;
}

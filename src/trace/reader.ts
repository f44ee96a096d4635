import type { Clock } from './clock.js';
import type { PointerTable } from './pointers.js';
import type { Diagnostic, TraceSink } from './record.js';
import type { ByteSource } from './source.js';

/** The names `--input-format` takes and the header record shows. */
export type FormatName = 'trace-cmd-report' | 'tracefs' | 'perf-script' | 'trace.dat' | 'perf.data';

/** What is known of a trace; a reader fills it while it reads, `clock` and `format` before the first record. */
export interface TraceInfo {
  format: FormatName;
  readonly clock: Clock;
  readonly pointers: PointerTable;
  /** Records read, wanted or not. */
  records: number;
  /** Lines or records that could not be read. */
  unparsed: number;
  /** `origin` of records: line numbers or byte offsets. */
  origin: 'line' | 'offset';
  /** Kernel release, when the trace tells (uname option, header); else null. */
  release: string | null;
  diagnostics: Diagnostic[];
  /** Names of the events that were recorded, whether one came or not; absent where the trace does not tell (text). */
  described?: () => Iterable<string>;
}

export interface ReadOptions {
  /** Ends the input early; what was read stays valid. */
  readonly signal?: AbortSignal;
  /** Called at most every few chunks, with bytes consumed so far. */
  readonly progress?: (bytes: number) => void;
  /** Awaited between chunks when it returns a promise: the consumer is behind. */
  readonly pause?: () => Promise<void> | null;
  /** Keep reading at the end of a file, as `tail -f` does. */
  readonly follow?: boolean;
  /** Have a second thread decompress, where there is something compressed; default: where it pays. */
  readonly secondThread?: boolean;
}

/** An opened trace. `read` may be called once. */
export interface TraceReader {
  readonly info: TraceInfo;
  /** Pushes all records into the sink, synchronously between chunks. Throws InputError if nothing can be read. */
  read(sink: TraceSink, options?: ReadOptions): Promise<void>;
}

/** A format: how to know it and how to open it. One file per format; the registry lists them. */
export interface TraceFormat {
  readonly name: FormatName;
  /** How sure the first bytes (up to 64 KiB) make it: 0 no, 1 certain. */
  sniff(head: Uint8Array): number;
  open(source: ByteSource): TraceReader;
}

/** The input cannot be read at all: what was expected, what was found, and where. Exit code 2. */
export class InputError extends Error {
  override readonly name = 'InputError';
  constructor(
    readonly code: string,
    message: string,
    readonly input: string,
    /** Byte offset or line, -1 if it has none. */
    readonly origin: number = -1,
  ) {
    super(message);
  }
}

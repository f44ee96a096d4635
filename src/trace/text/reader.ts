import { Clock } from '../clock.js';
import { PointerTable } from '../pointers.js';
import {
  type FormatName,
  InputError,
  type ReadOptions,
  type TraceInfo,
  type TraceReader,
} from '../reader.js';
import type { Diagnostic, TraceSink } from '../record.js';
import type { ByteSource } from '../source.js';
import { TextCore } from './core.js';

/** Bytes between two reports of progress. */
const PROGRESS = 1 << 22;

class TextInfo implements TraceInfo {
  readonly clock = new Clock();
  readonly pointers = new PointerTable();
  records = 0;
  unparsed = 0;
  readonly origin = 'line';
  release: string | null = null;
  diagnostics: Diagnostic[] = [];
  constructor(readonly format: FormatName) {}
}

/** Reads the text of any tool: what the format decides is how times were rounded and which dialect is tried first. */
export class TextReader implements TraceReader {
  readonly info: TraceInfo;

  constructor(
    private readonly source: ByteSource,
    format: FormatName,
    /** Lines may be decoded in WebAssembly when so many bytes have been read; default: when that pays. */
    private readonly decodeFrom?: number,
  ) {
    this.info = new TextInfo(format);
  }

  async read(sink: TraceSink, options: ReadOptions = {}): Promise<void> {
    const { info, source } = this;
    const core = new TextCore(info, sink, info.format, this.decodeFrom);
    let bytes = 0;
    let reported = 0;
    try {
      for await (const chunk of source.chunks(options.signal, options.follow)) {
        if (options.signal?.aborted) break;
        core.feed(chunk);
        bytes += chunk.length;
        if (options.progress !== undefined && bytes - reported >= PROGRESS) {
          reported = bytes;
          options.progress(bytes);
        }
        const pause = options.pause?.();
        if (pause != null) await pause;
      }
    } catch (error) {
      // What was read before a damaged place stays valid.
      if (!(error instanceof InputError) || info.records === 0) throw error;
      info.diagnostics.push({
        code: error.code,
        severity: 'error',
        message: error.message,
        count: 1,
        origin: core.lines,
      });
    }
    core.end(options.signal?.aborted === true);
    options.progress?.(bytes);
    if (info.records === 0) throw this.#nothing(core.lines);
  }

  #nothing(lines: number): InputError {
    const { name } = this.source;
    const found = this.info.diagnostics.find((d) => d.severity !== 'note');
    const what =
      found === undefined ? 'only headers and blank lines' : `e.g. line ${found.origin}: ${found.message}`;
    const unit = lines === 1 ? 'line' : 'lines';
    return new InputError(
      'no-records',
      `${name}: no readable record in ${lines} ${unit} of ${this.info.format} text (expected lines such as "task-123 [000] 12.345678: event: …"); found ${what}`,
      name,
      found?.origin ?? -1,
    );
  }
}

import { Clock } from '../clock.js';
import { PointerTable } from '../pointers.js';
import {
  type FormatName,
  InputError,
  type ReadOptions,
  type TraceInfo,
  type TraceReader,
} from '../reader.js';
import type { TraceSink } from '../record.js';
import type { ByteSource } from '../source.js';
import { FileBytes } from './bytes.js';

/** A reader of a binary trace, which goes to and fro in its file: it takes no stream. */
export abstract class BinaryFileReader implements TraceReader {
  readonly info: TraceInfo;

  constructor(
    readonly source: ByteSource,
    format: FormatName,
  ) {
    this.info = {
      format,
      clock: new Clock(),
      pointers: new PointerTable(),
      records: 0,
      unparsed: 0,
      origin: 'offset',
      release: null,
      diagnostics: [],
    };
  }

  async read(sink: TraceSink, options: ReadOptions = {}): Promise<void> {
    const { name, path } = this.source;
    if (path === null) {
      const message = `${name}: a ${this.info.format} must be a regular file, found a stream`;
      throw new InputError('not-seekable', message, name);
    }
    const file = new FileBytes(name, path);
    try {
      await this.readFile(file, sink, options);
    } finally {
      file.close();
    }
  }

  /** Pushes all records of the opened file into the sink. */
  protected abstract readFile(file: FileBytes, sink: TraceSink, options: ReadOptions): Promise<void>;
}

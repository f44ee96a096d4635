import type { FileBytes } from '../binary/bytes.js';
import { DiagnosticLog } from '../binary/diagnostics.js';
import { BinaryFileReader } from '../binary/file-reader.js';
import { InputError, type ReadOptions } from '../reader.js';
import type { TraceSink } from '../record.js';
import type { ByteSource } from '../source.js';
import { readAttrs } from './attrs.js';
import { readFeature } from './features.js';
import { FEATURE, type PerfHeader, readHeader, type Section } from './header.js';
import { RecordReader } from './records.js';
import { PerfSession } from './session.js';
import { readTracingData } from './tracing-data.js';

/** Pieces of the file between two looks at the abort signal. */
const SLICE = 32;
/** The features that are read are small. */
const MAX_FEATURE = 4096;

/** Reads a perf.data: header, attributes, formats, then all samples of tracepoints in time order. */
export class PerfDataReader extends BinaryFileReader {
  constructor(source: ByteSource) {
    super(source, 'perf.data');
  }

  protected async readFile(file: FileBytes, sink: TraceSink, options: ReadOptions): Promise<void> {
    const { info } = this;
    const log = new DiagnosticLog(info.diagnostics);
    const header = readHeader(file);
    const session = new PerfSession(file.input, info, sink, log, header.littleEndian);
    try {
      if (!header.pipe) {
        readAttrs(file, header, session.events, log);
        this.#features(file, header, session, log);
      }
      await this.#records(file, session, this.#data(file, header, log), log, options);
      this.#expectSomething(file, session);
    } finally {
      session.close();
    }
  }

  async #records(
    file: FileBytes,
    session: PerfSession,
    data: Section,
    log: DiagnosticLog,
    options: ReadOptions,
  ): Promise<void> {
    const reader = new RecordReader(file, session, data, log);
    try {
      for (let steps = SLICE; await reader.step(); ) {
        // A compressed piece may hold hundreds of times its size.
        if (--steps > 0 && !reader.isCompressed) continue;
        const pause = options.pause?.() ?? null;
        // What waits for a consumer that takes many records should not outlive the young generation.
        steps = pause === null ? SLICE : 1;
        options.progress?.(reader.position);
        await new Promise<void>((resolve) => setImmediate(resolve));
        if (options.signal?.aborted) break;
        await pause;
      }
    } finally {
      reader.close();
    }
    session.finish();
    options.progress?.(file.size);
  }

  #features(file: FileBytes, header: PerfHeader, session: PerfSession, log: DiagnosticLog): void {
    for (const [id, { offset, size }] of header.features) {
      try {
        if (id === FEATURE.TRACING_DATA) session.setTracing(readTracingData(file, offset, size, log));
        else readFeature(id, file.read(offset, Math.min(size, MAX_FEATURE)), header.littleEndian, this.info);
      } catch (e) {
        if (!(e instanceof InputError)) throw e;
        log.add('bad-feature', 'error', `feature ${id} is damaged: ${e.message}`, offset);
      }
    }
  }

  /** The data section, as far as the file has it. perf record writes its size when it ends. */
  #data(file: FileBytes, header: PerfHeader, log: DiagnosticLog): Section {
    const { offset, size } = header.data;
    if (size === 0 && !header.pipe && file.size > offset) {
      log.add('unfinished', 'warning', 'the data size is 0: perf record did not end properly', offset);
      return { offset, size: file.size - offset };
    }
    if (offset + size > file.size) {
      const message = `data should end at byte ${offset + size}, but the file has ${file.size} bytes: the rest is lost`;
      log.add('truncated', 'error', message, offset);
    }
    return header.data;
  }

  /** A trace without events is fine; one in which nothing could be read is not. */
  #expectSomething(file: FileBytes, session: PerfSession): void {
    const { records, unparsed, diagnostics } = this.info;
    if (records > unparsed) return;
    const error = diagnostics.find((d) => d.severity === 'error');
    if (error !== undefined)
      throw new InputError(
        'no-readable-record',
        `${file.input}: expected samples of tracepoints, found none that can be read: ${error.message}`,
        file.input,
        error.origin,
      );
    if (session.events.count > 0 && !session.events.hasTracepoints)
      throw new InputError(
        'no-tracepoints',
        `${file.input}: expected samples of tracepoints or probes, found only other events`,
        file.input,
      );
  }
}

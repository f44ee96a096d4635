import { availableParallelism } from 'node:os';
import type { FileBytes } from '../binary/bytes.js';
import { CommTable } from '../binary/comms.js';
import { shown } from '../binary/cursor.js';
import type { Decompressor } from '../binary/decompress.js';
import { DiagnosticLog } from '../binary/diagnostics.js';
import { RecordEmitter } from '../binary/emitter.js';
import { BinaryFileReader } from '../binary/file-reader.js';
import { SymbolTable } from '../binary/kallsyms.js';
import { Decoder } from '../decoder/decoder.js';
import { InputError, type ReadOptions } from '../reader.js';
import type { TraceSink } from '../record.js';
import type { ByteSource } from '../source.js';
import type { Ahead } from './ahead.js';
import { setClock } from './dat-clock.js';
import type { DatLayout } from './layout.js';
import { Merge } from './merge.js';
import { openDat } from './open.js';
import { CompressedPages, chunksEnd, PlainPages } from './pages.js';
import { readPreamble } from './preamble.js';
import { CpuStream } from './stream.js';
import { startStreams } from './time-zero.js';

/** Read-ahead of all CPUs together, and of one. */
const READ_AHEAD = 16 * 1024 * 1024;
const CPU_READ_AHEAD = 256 * 1024;
/** Chunks of all CPUs together, one of each is in memory. trace-cmd's are ten sub-buffers: so much room each CPU has. */
const CHUNKS = 256 * 1024 * 1024;
const CHUNK_PAGES = 16;
/** Sub-buffers between two looks at the abort signal: few at first, so that V8 sees the end of each loop before it optimizes. */
const FIRST_SLICE = 16;
const SLICE = 2048;

/** Below this size a compressed file is read before a second thread can help. */
const WORTH_THREAD = 8 * 1024 * 1024;

/** Reads a trace.dat: opens the file, tells its clock, then pushes all records in time order. */
export class DatReader extends BinaryFileReader {
  constructor(source: ByteSource) {
    super(source, 'trace.dat');
  }

  protected async readFile(file: FileBytes, sink: TraceSink, options: ReadOptions): Promise<void> {
    const log = new DiagnosticLog(this.info.diagnostics);
    const preamble = readPreamble(file);
    const worth = options.secondThread ?? (file.size >= WORTH_THREAD && availableParallelism() > 1);
    const ahead = worth ? await this.#ahead(preamble.compression) : null;
    let decoder: Decoder | null = null;
    try {
      const { layout, decompressor } = await openDat(file, log, preamble);
      this.info.release = layout.options.release;
      setClock(this.info.clock, layout, log);
      decoder = new Decoder(file.input, layout.littleEndian, this.info.pointers);
      const emitter = this.#emitter(decoder, layout, sink, log);
      const compressed = layout.buffers.filter((buffer) => buffer.compressed);
      const regions = compressed.flatMap(({ cpus }) =>
        cpus.map((region) => ({ offset: region.offset, end: chunksEnd(region, file.size) })),
      );
      ahead?.start(regions, Math.max(0, ...compressed.map(({ pageSize }) => pageSize)), decoder);
      const streams = this.#streams(file, layout, decompressor, emitter, log, ahead);
      if (await this.#run(file, layout, emitter, streams, options)) return;
      this.#expectSomething(file, layout);
    } finally {
      await ahead?.close();
      decoder?.close();
    }
  }

  async #ahead(compression: string): Promise<Ahead | null> {
    if (compression === 'none') return null;
    const { Ahead } = await import('./ahead.js');
    return new Ahead({ path: this.source.path as string, compression });
  }

  /** Returns whether it was aborted. */
  async #run(
    file: FileBytes,
    layout: DatLayout,
    emitter: RecordEmitter,
    streams: CpuStream[],
    options: ReadOptions,
  ): Promise<boolean> {
    startStreams(streams, layout, this.info.clock);
    for (const stat of layout.options.stats) {
      const count = stat.overrun + stat.dropped;
      if (count > 0) emitter.sink.lost({ cpu: stat.cpu, count, where: 'total', origin: stat.origin });
    }
    for (const stream of streams) if (stream.t === Number.POSITIVE_INFINITY) stream.tell();
    const merge = new Merge(emitter, streams);
    for (let slice = FIRST_SLICE; merge.run(slice); ) {
      const pause = options.pause?.() ?? null;
      // What waits for a consumer that takes many records should not outlive the young generation.
      slice = pause === null ? Math.min(SLICE, slice * 2) : FIRST_SLICE;
      options.progress?.(streams.reduce((sum, s) => sum + s.source.consumed, 0));
      await new Promise<void>((resolve) => setImmediate(resolve));
      if (options.signal?.aborted) return true;
      await pause;
    }
    options.progress?.(file.size);
    return false;
  }

  #emitter(decoder: Decoder, layout: DatLayout, sink: TraceSink, log: DiagnosticLog): RecordEmitter {
    const comms = new CommTable();
    comms.addSaved(layout.cmdlines);
    let symbols: SymbolTable | null | undefined;
    return new RecordEmitter(decoder, this.info, layout.events, comms, sink, log, () => {
      if (symbols === undefined) {
        const text = layout.kallsyms();
        symbols = text === null ? null : new SymbolTable(text);
      }
      return symbols;
    });
  }

  #streams(
    file: FileBytes,
    layout: DatLayout,
    decompressor: Decompressor | null,
    emitter: RecordEmitter,
    log: DiagnosticLog,
    ahead: Ahead | null,
  ): CpuStream[] {
    const { decoder } = emitter;
    const regions = layout.buffers.reduce((sum, b) => sum + b.cpus.length, 0);
    const window = Math.min(CPU_READ_AHEAD, Math.floor(READ_AHEAD / Math.max(1, regions)));
    const streams: CpuStream[] = [];
    let chunked = 0;
    for (const buffer of layout.buffers) {
      for (const region of buffer.cpus) {
        if (buffer.compressed && decompressor === null) {
          log.add(
            'bad-buffer',
            'error',
            `buffer "${shown(buffer.name)}" is compressed in a file without compression`,
            -1,
          );
          continue;
        }
        const source =
          buffer.compressed && decompressor !== null
            ? new CompressedPages(
                file,
                region,
                buffer.pageSize,
                window,
                decoder,
                decompressor,
                log,
                Math.max(CHUNK_PAGES * buffer.pageSize, Math.floor(CHUNKS / regions)),
                ahead,
                chunked++,
              )
            : new PlainPages(file, region, buffer.pageSize, window, decoder);
        streams.push(new CpuStream(region.cpu, streams.length, source, layout.page, emitter, log));
      }
    }
    return streams;
  }

  /** An empty trace is fine; one in which nothing could be read is not. */
  #expectSomething(file: FileBytes, layout: DatLayout): void {
    if (this.info.records > this.info.unparsed) return;
    const error = this.info.diagnostics.find((d) => d.severity === 'error');
    if (error === undefined) return;
    throw new InputError(
      'no-readable-record',
      `${file.input}: expected records of ${layout.events.size} described events, found none that can be read: ${error.message}`,
      file.input,
      error.origin,
    );
  }
}

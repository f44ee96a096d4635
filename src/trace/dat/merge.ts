import type { RecordEmitter } from '../binary/emitter.js';
import { ALL_DONE, NEEDS_PAGE, TO_TELL } from '../decoder/decoder.js';
import type { CpuStream } from './stream.js';

/**
 * Emits the records of all streams in the order of `trace-cmd report`: always the stream whose next record is the
 * earliest, among equal times the one with the lowest index. The decoder goes on until a stream needs a sub-buffer.
 */
export class Merge {
  readonly #emitter: RecordEmitter;
  /** By their indices. */
  readonly #streams: readonly CpuStream[];

  constructor(emitter: RecordEmitter, streams: readonly CpuStream[]) {
    this.#emitter = emitter;
    this.#streams = streams;
    const { run } = emitter.decoder;
    run.expect(streams.length);
    for (const stream of streams) if (stream.t !== Number.POSITIVE_INFINITY) run.join(stream.place);
  }

  /** Emits about `budget` sub-buffers' worth of records; false when all are done. */
  run(budget: number): boolean {
    const { run } = this.#emitter.decoder;
    let left = budget;
    while (left > 0) {
      const why = run.merge();
      this.#emitter.rows(run.rowCount());
      if (why === ALL_DONE) return false;
      if (why === TO_TELL) this.#streams[run.running()].tell();
      else if (why === NEEDS_PAGE) left -= this.#next(this.#streams[run.running()]);
    }
    return true;
  }

  /** Returns how many sub-buffers it took to find the stream's next records. */
  #next(stream: CpuStream): number {
    const before = stream.pages;
    stream.fill();
    if (stream.t === Number.POSITIVE_INFINITY) {
      stream.tell();
      this.#emitter.decoder.run.leave();
    }
    return stream.pages - before;
  }
}

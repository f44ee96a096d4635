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
    let goesOn = false;
    while (left > 0) {
      const why = run.merge(goesOn);
      if (why === ALL_DONE) {
        this.#emitter.rows(run.rowCount());
        return false;
      }
      const stream = this.#streams[run.running()];
      const before = stream.pages;
      // Rows are handed on while the records are in memory, and before others of a kind that is to be decided on are
      // looked at. More rows at once mean fewer calls that are torn apart.
      goesOn = !run.takeUnknown() && why === NEEDS_PAGE && stream.fill(false);
      if (!goesOn) {
        this.#emitter.rows(run.rowCount());
        if (why === TO_TELL) stream.tell();
        else if (why === NEEDS_PAGE) this.#next(stream);
      }
      left -= stream.pages - before;
    }
    if (goesOn) this.#emitter.rows(run.rowCount());
    return true;
  }

  /** Finds the stream's next records, or that there are none. */
  #next(stream: CpuStream): void {
    stream.fill(true);
    if (stream.t !== Number.POSITIVE_INFINITY) return;
    stream.tell();
    this.#emitter.decoder.run.leave();
  }
}

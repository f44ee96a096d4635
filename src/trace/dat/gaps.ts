import type { TraceSink } from '../record.js';

/** What one CPU lost, until the record after it has its turn: a batch of records is found before that of the first. */
export class Gaps {
  /** Before the next record: 0 none, -1 unknown count. */
  #count = 0;
  #origin = 0;
  /** Where the records after the batch begin to be missing; -1: none are. */
  #after = -1;

  /** The next record comes after a gap. */
  get any(): boolean {
    return this.#count !== 0;
  }

  /** So many are missing before the next record (-1: nobody knows), from this place on. */
  before(count: number, origin: number): void {
    if (this.#count === 0) this.#origin = origin;
    this.#count = this.#count < 0 || count < 0 ? -1 : this.#count + count;
  }

  /** Some are missing behind the records of the batch. */
  after(origin: number): void {
    this.#after = origin;
  }

  /** The batch is over: what was missing behind it is missing before the next record. */
  next(): void {
    if (this.#after >= 0) this.before(-1, this.#after);
    this.#after = -1;
  }

  tell(sink: TraceSink, cpu: number): void {
    const count = this.#count;
    this.#count = 0;
    sink.lost({ cpu, count, where: 'gap', origin: this.#origin });
  }
}

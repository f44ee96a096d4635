/**
 * Records pushed on one side, pulled on the other, as many at a time as there are: a promise for each of a million
 * records costs more than most of them. The pushing side can wait when the other is behind.
 */
export class RecordQueue<T> implements AsyncIterable<T[]> {
  /**
   * From so many records on that wait or are worked on, the reader is asked to pause between chunks. What waits long
   * outlives the young generation and costs the garbage collector several times as much.
   */
  static readonly HIGH = 512;
  #items: T[] = [];
  /** Records of the batch that the consumer has. */
  #taken = 0;
  #ended = false;
  #failure: { error: unknown } | null = null;
  #wakeReader: (() => void) | null = null;
  #wakeConsumer: (() => void) | null = null;
  readonly #abandoned = new AbortController();

  push(item: T): void {
    if (this.#abandoned.signal.aborted) return;
    this.#items.push(item);
    this.#wake();
  }

  end(): void {
    this.#ended = true;
    this.#wake();
  }

  fail(error: unknown): void {
    this.#failure = { error };
    this.end();
  }

  /** The consumer stopped, maybe early: nothing more is wanted. */
  abandon(): void {
    // An abort without need costs milliseconds.
    if (!this.#ended) this.#abandoned.abort();
    this.#items = [];
    this.#wakeReader?.();
  }

  /** A promise to wait for when the consumer is behind, else null. */
  pause(): Promise<void> | null {
    if (this.#items.length + this.#taken < RecordQueue.HIGH || this.#abandoned.signal.aborted) return null;
    return new Promise((resolve) => {
      this.#wakeReader = resolve;
    });
  }

  /** Aborts when the given signal does, or when the consumer has left. */
  signal(other: AbortSignal | undefined): AbortSignal {
    if (other === undefined) return this.#abandoned.signal;
    // (AbortSignal.any() is younger than Node 20.0)
    const either = new AbortController();
    for (const signal of [other, this.#abandoned.signal]) {
      if (signal.aborted) either.abort();
      else signal.addEventListener('abort', () => either.abort(), { once: true });
    }
    return either.signal;
  }

  async *[Symbol.asyncIterator](): AsyncIterator<T[]> {
    for (;;) {
      if (this.#items.length > 0) {
        const batch = this.#items;
        this.#items = [];
        this.#taken = batch.length;
        yield batch;
        this.#taken = 0;
        continue;
      }
      const wake = this.#wakeReader;
      this.#wakeReader = null;
      wake?.();
      if (this.#ended) break;
      await new Promise<void>((resolve) => {
        this.#wakeConsumer = resolve;
        if (this.#items.length > 0 || this.#ended) resolve();
      });
    }
    if (this.#failure !== null) throw this.#failure.error;
  }

  #wake(): void {
    const wake = this.#wakeConsumer;
    this.#wakeConsumer = null;
    wake?.();
  }
}

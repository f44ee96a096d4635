/** Records pushed on one side, pulled on the other; the pushing side can wait when the other is behind. */
export class RecordQueue<T> implements AsyncIterable<T> {
  /** Above this many waiting records the reader is asked to pause between chunks. */
  static readonly HIGH = 4096;
  #items: T[] = [];
  #head = 0;
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
    if (this.#items.length - this.#head < RecordQueue.HIGH || this.#abandoned.signal.aborted) return null;
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

  async *[Symbol.asyncIterator](): AsyncIterator<T> {
    for (;;) {
      while (this.#head < this.#items.length) yield this.#items[this.#head++];
      this.#items = [];
      this.#head = 0;
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

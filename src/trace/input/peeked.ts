import type { ByteSource } from '../source.js';
import { explained } from './errors.js';
import type { Control } from './raw.js';

/** How many first bytes a format may look at. */
export const HEAD_SIZE = 64 * 1024;
/** A live pipe may hold back its next bytes for minutes: after this long it is judged by what it gave. */
const HEAD_WAIT_MS = 200;

type Step = Promise<IteratorResult<Uint8Array, void>>;

/** An input that can only be read once: its first bytes were read to know its format, and come again before the rest. */
export class PeekedSource implements ByteSource {
  readonly path = null;
  readonly size = null;

  private constructor(
    readonly name: string,
    readonly head: Uint8Array,
    private readonly first: readonly Uint8Array[],
    /** A read that is under way, and may have failed: its error comes where its bytes would. */
    private readonly pending: Step | null,
    private readonly rest: AsyncGenerator<Uint8Array, void, void>,
    private readonly control: Control,
  ) {}

  /** `bytes` obeys `control`. Waits for at least one byte, or the end. */
  static async open(
    name: string,
    bytes: AsyncGenerator<Uint8Array, void, void>,
    control: Control,
  ): Promise<PeekedSource> {
    const first: Uint8Array[] = [];
    let size = 0;
    let pending: Step | null = null;
    let deadline = 0;
    while (size < HEAD_SIZE) {
      const step = bytes.next();
      step.catch(() => {});
      if (size > 0 && !(await settled(step, deadline - Date.now()))) {
        pending = step;
        break;
      }
      try {
        const { done, value } = await step;
        if (done) break;
        first.push(Buffer.from(value));
        if (size === 0) deadline = Date.now() + HEAD_WAIT_MS;
        size += value.length;
      } catch (error) {
        if (size === 0) throw error;
        pending = step;
        break;
      }
    }
    const head = Buffer.concat(first).subarray(0, HEAD_SIZE);
    return new PeekedSource(name, head, first, pending, bytes, control);
  }

  chunks(signal?: AbortSignal, follow = false): AsyncIterable<Uint8Array> {
    this.control.follow = follow;
    if (signal?.aborted) this.control.abort();
    signal?.addEventListener('abort', () => this.control.abort(), { once: true });
    return explained(this.#all(), this.name);
  }

  async *#all(): AsyncGenerator<Uint8Array, void, void> {
    const { signal } = this.control;
    yield* this.first;
    try {
      if (this.pending !== null) {
        const { done, value } = await this.pending;
        if (done) return;
        yield value;
      }
      for await (const chunk of this.rest) {
        if (signal.aborted) return;
        yield chunk;
      }
    } catch (error) {
      // To a decoder, an aborted input is a cut one.
      if (!signal.aborted) throw error;
    }
  }

  close(): Promise<void> {
    this.control.abort();
    // A generator that waits for a silent pipe answers when it likes: it is not waited for.
    this.rest.return().catch(() => {});
    return Promise.resolve();
  }
}

async function settled(step: Step, ms: number): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(false), Math.max(ms, 0));
  });
  const done = step.then(
    () => true,
    () => true,
  );
  const answer = await Promise.race([done, late]);
  clearTimeout(timer);
  return answer;
}

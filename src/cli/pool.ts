import { Worker } from 'node:worker_threads';
import type { AnalyzeOptions } from '../analyze.js';
import type { AnyRecord } from '../report/records.js';
import type { Failure } from './engine.js';
import type { FromWorker, ToWorker, TraceProgress } from './worker.js';

/** One trace on its way: batches that came, and whether more will. */
interface Job {
  readonly input: string;
  worker: Worker | null;
  batches: AnyRecord[][];
  failure: Failure | null;
  done: boolean;
  wake: (() => void) | null;
}

export interface PoolOptions {
  readonly engine: string | null;
  readonly analyze: AnalyzeOptions;
  readonly workers: number;
  readonly progress: (job: number, progress: TraceProgress) => void;
}

/**
 * Worker threads over traces. Traces start in order, as workers get free; `records(i)` gives those of one trace, so
 * that the caller's order is stable whoever finishes first.
 */
export class Pool {
  readonly #jobs: Job[];
  readonly #options: PoolOptions;
  readonly #workers = new Set<Worker>();
  #next = 0;

  constructor(inputs: readonly string[], options: PoolOptions) {
    this.#options = options;
    this.#jobs = inputs.map((input) => ({
      input,
      worker: null,
      batches: [],
      failure: null,
      done: false,
      wake: null,
    }));
    for (let i = 0; i < Math.min(options.workers, inputs.length); i++) this.#start();
  }

  /** All records of one trace; gives its Failure at the end when it could not be read. May be called once each. */
  async *records(index: number): AsyncGenerator<AnyRecord[], Failure | null> {
    const job = this.#jobs[index];
    for (;;) {
      const batch = job.batches.shift();
      if (batch !== undefined) {
        yield batch;
        if (!job.done) job.worker?.postMessage({ type: 'used', job: index } satisfies ToWorker);
      } else if (job.done) {
        return job.failure;
      } else {
        await new Promise<void>((resolve) => {
          job.wake = resolve;
        });
      }
    }
  }

  /** Ends the inputs: what was read stays valid and every trace still gets its summary. */
  stop(): void {
    for (const worker of this.#workers) worker.postMessage({ type: 'stop' } satisfies ToWorker);
  }

  async close(): Promise<void> {
    await Promise.all([...this.#workers].map(end));
  }

  #start(): void {
    const worker = new Worker(new URL('./worker.js', import.meta.url));
    this.#workers.add(worker);
    let current = -1;
    const next = () => {
      current = this.#next++;
      const job = this.#jobs[current];
      if (job === undefined) {
        this.#workers.delete(worker);
        void end(worker);
        return;
      }
      job.worker = worker;
      const { engine, analyze } = this.#options;
      worker.postMessage({
        type: 'trace',
        job: current,
        engine,
        input: job.input,
        options: analyze,
      } satisfies ToWorker);
    };
    worker.on('message', (message: FromWorker) => {
      const job = this.#jobs[message.job];
      if (message.type === 'progress') this.#options.progress(message.job, message.progress);
      else if (message.type === 'records') job.batches.push(message.records);
      else {
        finish(job, message.failure);
        next();
      }
      job.wake?.();
    });
    // A worker that dies (out of memory, native crash) fails its own trace; a new one takes the rest.
    worker.on('error', (error) => {
      this.#workers.delete(worker);
      finish(this.#jobs[current], { kind: 'internal', message: error.message, stack: error.stack });
      if (this.#next < this.#jobs.length) this.#start();
    });
    next();
  }
}

/** A worker that does not end by itself for so long (ms) hangs in a read. */
const PATIENCE = 5000;

/** Ends a worker: not from outside while it may be decompressing, which Node.js does not survive with zlib. */
async function end(worker: Worker): Promise<void> {
  const gone = new Promise((resolve) => worker.once('exit', resolve));
  worker.postMessage({ type: 'end' } satisfies ToWorker);
  const timer = setTimeout(() => void worker.terminate(), PATIENCE);
  await gone;
  clearTimeout(timer);
}

function finish(job: Job, failure: Failure | null): void {
  job.done = true;
  job.failure = failure;
  job.wake?.();
}

import { statSync } from 'node:fs';
import type { AnalyzeOptions } from '../analyze.js';
import type { AnyRecord, TotalRecord, Verdict } from '../report/records.js';
import { type Analyze, type Failure, failureOf, loadEngine } from './engine.js';
import { expectBytes } from './pace.js';
import type { TraceProgress } from './worker.js';

export interface TracesOptions {
  readonly engine: string | null;
  readonly analyze: AnalyzeOptions;
  /** Puts something between the engine and its records; keeps everything in this thread. */
  readonly through?: (analyze: Analyze) => Analyze;
  /** Most threads; 1 reads everything in this one. */
  readonly jobs: number;
  /** Changes records before they are counted (baselines). */
  readonly judge: (record: AnyRecord) => AnyRecord;
  /** Ends all inputs; verdicts on what was read still come. */
  readonly signal: AbortSignal;
  readonly progress: (trace: number, progress: TraceProgress) => void;
  /** Called before a pipe is copied to a temporary file, because its format is read by position. */
  readonly copying: (input: string, format: string) => void;
  /** Called when a trace fails, at once. */
  readonly failed: (input: string, failure: Failure) => void;
}

/** From here on a trace is worth the 5 ms that it takes to load code for it. */
const WORTH_CODE = 8 << 20;
/** Below this much input, starting threads costs more than it gains. */
const WORTH_THREADS = 4 << 20;

/**
 * The records of all traces in the order of `inputs`, each from header to summary, then a `total` when there are
 * several or one failed; as many at a time as there are. A trace that fails never hides the others.
 */
export async function* readTraces(
  inputs: readonly string[],
  options: TracesOptions,
): AsyncGenerator<AnyRecord[]> {
  const total = new Total();
  const source = await openLanes(inputs, options);
  try {
    for (let i = 0; i < inputs.length; i++) {
      const lane = source.records(i);
      let step = await lane.next();
      for (; !step.done; step = await lane.next()) {
        const records = step.value.map(options.judge);
        for (const record of records) total.write(record);
        yield records;
      }
      if (step.value !== null) {
        total.fail(inputs[i], step.value);
        options.failed(inputs[i], step.value);
      }
    }
  } finally {
    await source.close();
  }
  if (inputs.length > 1 || total.failed.length > 0) yield [total.record()];
}

interface Lanes {
  records(index: number): AsyncGenerator<AnyRecord[], Failure | null>;
  close(): Promise<void>;
}

async function openLanes(inputs: readonly string[], options: TracesOptions): Promise<Lanes> {
  const size = inputs.reduce((sum, input) => sum + sizeOf(input), 0);
  expectBytes(size);
  if (size >= WORTH_CODE) (await import('./zstd-code.js')).useZstdCode();
  const here: Lanes = {
    records: (i) => readHere(inputs[i], i, options),
    close: async () => {},
  };
  if (
    options.through !== undefined ||
    options.jobs < 2 ||
    options.analyze.follow ||
    inputs.length < 2 ||
    inputs.includes('-')
  )
    return here;
  if (size < WORTH_THREADS) return here;
  const { Pool } = await import('./pool.js');
  const { engine, analyze, jobs, progress, signal } = options;
  const pool = new Pool(inputs, { engine, analyze, workers: jobs, progress });
  signal.addEventListener('abort', () => pool.stop(), { once: true });
  return pool;
}

async function* readHere(
  input: string,
  index: number,
  options: TracesOptions,
): AsyncGenerator<AnyRecord[], Failure | null> {
  const engine = await loadEngine(options.engine);
  const analyze = options.through?.(engine) ?? engine;
  const progress = (p: TraceProgress) => options.progress(index, p);
  const secondThread = options.jobs < 2 ? false : undefined;
  try {
    const copying = (format: string) => {
      if (!isFile(input)) options.copying(input, format);
    };
    yield* analyze(input, { ...options.analyze, secondThread, signal: options.signal, progress, copying });
    return null;
  } catch (error) {
    return failureOf(error);
  }
}

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}

function isFile(input: string): boolean {
  return input !== '-' && statSync(input, { throwIfNoEntry: false })?.isFile() === true;
}

const WORSE: readonly Verdict[] = ['clean', 'inconclusive', 'violation'];

/** The worst verdict of a run. Nothing read, or something unreadable, is never clean. */
export class Total {
  readonly failed: (TotalRecord['failed'][number] & { kind: Failure['kind'] })[] = [];
  readonly #verdicts: Record<Verdict, number> = { clean: 0, inconclusive: 0, violation: 0 };
  #worst: Verdict = 'clean';

  write(record: AnyRecord): void {
    if (record.type !== 'summary') return;
    this.#verdicts[record.verdict]++;
    if (WORSE.indexOf(record.verdict) > WORSE.indexOf(this.#worst)) this.#worst = record.verdict;
  }

  fail(input: string, failure: Failure): void {
    this.failed.push({ input, message: failure.message, kind: failure.kind });
  }

  record(): TotalRecord {
    const { clean, inconclusive, violation } = this.#verdicts;
    const read = clean + inconclusive + violation;
    const unsure = this.failed.length > 0 || read === 0;
    return {
      type: 'total',
      verdict: this.#worst === 'clean' && unsure ? 'inconclusive' : this.#worst,
      traces: read + this.failed.length,
      verdicts: { ...this.#verdicts },
      failed: this.failed.map(({ input, message }) => ({ input, message })),
    };
  }
}

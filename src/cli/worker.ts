import { parentPort } from 'node:worker_threads';
import type { AnalyzeOptions } from '../analyze.js';
import type { AnyRecord } from '../report/records.js';
import { type Failure, failureOf, loadEngine } from './engine.js';

/** What the main thread says to a worker. */
export type ToWorker =
  | { type: 'trace'; job: number; engine: string | null; input: string; options: AnalyzeOptions }
  /** A batch was used up: one more may be sent. */
  | { type: 'used'; job: number }
  /** End the input of the trace at hand and of all later ones. */
  | { type: 'stop' }
  /** The same, and then the thread. */
  | { type: 'end' };

/** What a worker says to the main thread. */
export type FromWorker =
  | { type: 'records'; job: number; records: AnyRecord[] }
  | { type: 'progress'; job: number; progress: TraceProgress }
  | { type: 'done'; job: number; failure: Failure | null };

export type TraceProgress = Parameters<NonNullable<AnalyzeOptions['progress']>>[0];

const BATCH = 256;
/** Batches that may wait in the main thread: bounds its memory while an earlier trace is still being written. */
const AHEAD = 8;

const port = parentPort!;
const stop = new AbortController();
let current = -1;
let waiting = 0;
let wake: (() => void) | null = null;
let busy = false;
let ends = false;

port.on('message', (message: ToWorker) => {
  if (message.type === 'stop' || message.type === 'end') {
    ends ||= message.type === 'end';
    stop.abort();
    wake?.();
    if (ends && !busy) port.close();
  } else if (message.type === 'used') {
    // The last batches of an earlier trace may be used up while this one runs.
    if (message.job === current) waiting--;
    wake?.();
  } else void trace(message);
});

const say = (message: FromWorker) => port.postMessage(message);

async function trace({ job, engine, input, options }: Extract<ToWorker, { type: 'trace' }>): Promise<void> {
  let failure: Failure | null = null;
  busy = true;
  current = job;
  waiting = 0;
  try {
    const analyze = await loadEngine(engine);
    let records: AnyRecord[] = [];
    const send = async () => {
      say({ type: 'records', job, records });
      records = [];
      waiting++;
      while (waiting >= AHEAD && !stop.signal.aborted) await new Promise<void>((resolve) => (wake = resolve));
    };
    const progress = (p: TraceProgress) => say({ type: 'progress', job, progress: p });
    // The other CPUs have traces of their own.
    const here = { ...options, secondThread: false, signal: stop.signal, progress };
    for await (const batch of analyze(input, here)) {
      for (const record of batch) {
        records.push(record);
        if (records.length >= BATCH) await send();
      }
    }
    if (records.length > 0) await send();
  } catch (error) {
    failure = failureOf(error);
  }
  say({ type: 'done', job, failure });
  busy = false;
  if (ends) port.close();
}

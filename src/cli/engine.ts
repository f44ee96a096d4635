import type { AnalyzeOptions } from '../analyze.js';
import type { AnyRecord } from '../report/records.js';
import type { ByteSource } from '../trace/source.js';
import { systemMessage } from './errors.js';

/** The records of one trace, header to summary, as many at a time as there are. */
export type Analyze = (source: string | ByteSource, options: AnalyzeOptions) => AsyncIterable<AnyRecord[]>;

/**
 * Loads the engine only when a trace is to be read: help and version need none of it. `address` is another module's
 * URL, for tests; null is the library itself (a literal, so that bundlers see it).
 */
export async function loadEngine(address: string | null): Promise<Analyze> {
  if (address === null) return (await import('../analyze.js')).analyzeBatches;
  const { analyze } = (await import(address)) as Partial<typeof import('../analyze.js')>;
  if (typeof analyze !== 'function') throw new Error(`${address} exports no function analyze()`);
  return async function* (source, options) {
    for await (const record of analyze(source, options)) yield [record];
  };
}

/** The records of an engine one by one. */
export async function* oneByOne(batches: AsyncIterable<AnyRecord[]>): AsyncGenerator<AnyRecord> {
  for await (const batch of batches) yield* batch;
}

/** Why a trace could not be read to its end. `input`: the trace's fault; `internal`: ours. */
export interface Failure {
  readonly kind: 'input' | 'internal';
  readonly message: string;
  readonly stack?: string;
}

/** Sorts an error of the engine: unreadable inputs and errors of the operating system against our own bugs. */
export function failureOf(error: unknown): Failure {
  const e = error as NodeJS.ErrnoException;
  if (e?.name === 'InputError') return { kind: 'input', message: e.message };
  if (typeof e?.code === 'string' && typeof e.syscall === 'string') {
    return { kind: 'input', message: systemMessage(e) };
  }
  return { kind: 'internal', message: String(e?.message ?? error), stack: e?.stack };
}

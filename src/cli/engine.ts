import type { AnalyzeOptions } from '../analyze.js';
import type { AnyRecord } from '../report/records.js';
import { systemMessage } from './errors.js';

/** The library's one function: the records of one trace, header to summary. */
export type Analyze = (source: string, options: AnalyzeOptions) => AsyncIterable<AnyRecord>;

/** Where the engine lives. Worker threads load it by the same address. */
export const ENGINE = new URL('../analyze.js', import.meta.url).href;

/** Loads the engine only when a trace is to be read: help and version need none of it. */
export async function loadEngine(address: string): Promise<Analyze> {
  const { analyze } = (await import(address)) as { analyze?: Analyze };
  if (typeof analyze !== 'function') throw new Error(`${address} exports no function analyze()`);
  return analyze;
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

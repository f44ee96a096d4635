import type { AnalyzeOptions } from '../../src/analyze.js';
import type { AnyRecord } from '../../src/report/records.js';
import { InputError } from '../../src/trace/reader.js';
import { cleanTrace, event, header, inconclusiveTrace, summary, violationTrace } from '../report/sample.js';

/**
 * An engine for tests of the command line: what it gives depends on the input's name. It is loaded by its address,
 * in worker threads too.
 */
export async function* analyze(input: string, options: AnalyzeOptions): AsyncGenerator<AnyRecord> {
  const name = input.replace(/^.*\//, '');
  if (name.startsWith('unreadable')) throw new InputError('unknown-format', `${input}: not a trace`, input);
  if (name.startsWith('die')) {
    setImmediate(() => {
      throw new Error('out of luck');
    });
    await new Promise(() => {});
  }
  if (name.startsWith('bug')) throw new TypeError('x is not a function');
  if (name.startsWith('race')) yield* violationTrace(input);
  else if (name.startsWith('lossy')) yield* inconclusiveTrace(input);
  else if (name.startsWith('many')) yield* many(input, options);
  else if (name.startsWith('slow')) yield* slow(input, options);
  else if (name.startsWith('stuck')) {
    yield header(input);
    // Deaf to the signal, and alive: only the end of the process ends it.
    await new Promise((resolve) => setTimeout(resolve, 60_000));
  } else if (name.startsWith('half')) {
    yield header(input);
    throw new InputError('cut', `${input}: cut in the middle`, input);
  } else yield* cleanTrace(input);
}

async function* many(input: string, options: AnalyzeOptions): AsyncGenerator<AnyRecord> {
  yield header(input);
  for (let i = 0; i < 20_000 && !options.signal?.aborted; i++) {
    yield event(input, { t_ns: i });
    if (i % 100 === 0) {
      options.progress?.({ bytes: i, size: 20_000, events: i, lost: 0, findings: 0 });
      await new Promise((resolve) => setImmediate(resolve));
    }
  }
  yield summary(input);
}

async function* slow(input: string, options: AnalyzeOptions): AsyncGenerator<AnyRecord> {
  yield header(input);
  for (let i = 0; i < 12; i++) {
    options.progress?.({ bytes: i * 1000, size: 12_000, events: i, lost: 0, findings: 0 });
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  yield summary(input);
}

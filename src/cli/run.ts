import { availableParallelism } from 'node:os';
import type { AnalyzeOptions } from '../analyze.js';
import type { ReportFormat } from '../report/formats.js';
import type { AnyRecord, Verdict } from '../report/records.js';
import { printable } from '../report/sanitize.js';
import { analyzeOptions } from './analyze-options.js';
import { tellBug } from './bug.js';
import type { Cli } from './cli.js';
import type { Analyze, Failure } from './engine.js';
import { UsageError } from './errors.js';
import { expandInputs } from './inputs.js';
import type { SharedOptions } from './options.js';
import { OutputClosed } from './output.js';
import { expectRecords } from './pace.js';
import { Progress } from './progress.js';
import { endOnSignals } from './signals.js';
import { Reports } from './sinks.js';
import { sniffFile } from './sniff.js';
import { readTraces } from './traces.js';

/** What a run came to. */
export interface Outcome {
  /** Worst of all traces; null when not one could be read. */
  readonly verdict: Verdict | null;
  readonly failures: readonly Failure[];
}

export interface Run {
  /** Name of the command: decides which formats there are. */
  readonly command: string;
  readonly traces: readonly string[];
  readonly options: SharedOptions;
  /** Rows per list in outputs for people, unless the user says. */
  readonly limit: number;
  /** Which records the engine gives. */
  readonly records: AnalyzeOptions['records'];
  /** Puts something between the engine and its records (explain reads a trace twice). */
  readonly through?: (analyze: Analyze) => Analyze;
  /** What outputs of this command are told beyond the shared options. */
  readonly look?: object;
  /** Which formats take event records; absent: all. */
  readonly eventsFor?: (format: ReportFormat) => boolean;
  /** Sees, and may replace, every record before it is counted and written. */
  readonly judge?: (record: AnyRecord) => AnyRecord;
}

/** A message for people, on standard error, one line, safe for a terminal. */
export function sayTo(cli: Cli, text: string): void {
  cli.stderr.write(`zaptrace: ${printable(text)}\n`);
}

/**
 * The way of every command that reads traces: operands → traces → records → outputs. Messages go to standard error.
 */
export async function run(cli: Cli, what: Run): Promise<Outcome> {
  const { traces, options, records, judge } = what;
  const say = (text: string) => sayTo(cli, text);
  const analyze = analyzeOptions(options, records);
  if (analyze.records?.events !== 'none') expectRecords();
  const operands = traces.length > 0 ? traces : ['-'];
  if (operands.includes('-') && cli.stdinIsTerminal) {
    throw new UsageError('no trace given, and standard input is a terminal; name a file, or pipe a trace in');
  }
  const { paths, skipped } = await expandInputs(operands, sniffFile);
  if (skipped.length > 0 && !options.quiet) {
    const what =
      skipped.length === 1 ? '1 file is no trace and was' : `${skipped.length} files are no traces and were`;
    say(`${what} left out: ${some(skipped)}`);
  }

  const reports = await Reports.open(cli, what, paths);
  const showProgress = options.progress ?? (cli.stderr.isTTY === true && !options.quiet);
  const progress = showProgress ? new Progress(cli.stderr, paths.length) : null;
  const signals = endOnSignals(cli, () => {
    progress?.clear();
    if (!options.quiet) say('interrupted: the verdict is on what was read so far (again to stop at once)');
  });
  const failures: Failure[] = [];
  let verdict: Verdict | null = null;
  let finished = false;
  try {
    const stream = readTraces(paths, {
      engine: cli.engine,
      analyze,
      through: what.through,
      jobs: options.jobs ?? (paths.length > 1 ? availableParallelism() : 2),
      judge: judge ?? ((record) => record),
      signal: signals.signal,
      progress: (trace, p) => progress?.update(trace, p),
      copying: (input, format) => {
        progress?.clear();
        if (!options.quiet) tellCopy(say, input, format);
      },
      failed: (input, failure) => {
        progress?.clear();
        failures.push(failure);
        tellFailure(say, cli, input, failure);
      },
    });
    for await (const records of stream) {
      for (const record of records) {
        if (record.type === 'summary' && verdict === null) verdict = record.verdict;
        if (record.type === 'total' && verdict !== null) verdict = record.verdict;
        if (reports.full) await reports.drain();
        reports.write(record);
      }
    }
    finished = true;
    await reports.end();
  } catch (error) {
    // Nobody reads on, but the verdict is known: it is still the exit code.
    if (!(error instanceof OutputClosed) || !finished) throw error;
  } finally {
    progress?.clear();
    signals.off();
  }
  return { verdict, failures };
}

/** Why a trace could not be read, as a message for people. */
export function tellFailure(say: (text: string) => void, cli: Cli, input: string, failure: Failure): void {
  if (failure.kind === 'input') {
    say(failure.message.startsWith(input) ? failure.message : `${input}: ${failure.message}`);
    return;
  }
  tellBug(cli, `${input}: `, failure.message, failure.stack);
}

/** That a pipe takes room on the disk. */
export function tellCopy(say: (text: string) => void, input: string, format: string): void {
  say(`${input}: a ${format} is read by position: the pipe is copied to a temporary file`);
}

function some(paths: readonly string[]): string {
  const shown = paths.slice(0, 3).join(', ');
  return paths.length > 3 ? `${shown}, …` : shown;
}

import type { Command } from 'commander';
import { compare } from '../../report/diff/compare.js';
import { DiffSide } from '../../report/diff/side.js';
import { analyzeOptions } from '../analyze-options.js';
import type { Cli } from '../cli.js';
import { type Failure, oneByOne } from '../engine.js';
import { UsageError } from '../errors.js';
import { EXIT } from '../exit.js';
import { examples } from '../help.js';
import {
  addInputOptions,
  addOutputOptions,
  addRuleOptions,
  addSelectionOptions,
  type SharedOptions,
} from '../options.js';
import { OutputClosed } from '../output.js';
import { Progress } from '../progress.js';
import { type Run, sayTo, tellCopy, tellFailure } from '../run.js';
import { endOnSignals } from '../signals.js';
import { Reports } from '../sinks.js';
import { readTraces } from '../traces.js';

const LIMIT = 20;

/** `zaptrace diff <before> <after>`: what a patch changed. Exits 1 if the after trace is worse. */
export function registerDiff(command: Command, cli: Cli): void {
  command.argument('<before>', 'trace without the change; - for standard input');
  command.argument('<after>', 'trace with it');
  addOutputOptions(command, LIMIT);
  addRuleOptions(command);
  addSelectionOptions(command);
  addInputOptions(command);
  examples(command, [
    ['zaptrace diff before.dat after.dat', 'findings, faults, times: what changed'],
    ['zaptrace diff -f markdown before.dat after.dat', 'for a cover letter'],
    ['zaptrace diff -f json before.dat after.dat | jq .counts', 'for a script'],
  ]);
  command.action(async (before: string, after: string, options: SharedOptions) => {
    cli.exitCode = await diff(cli, [before, after], options);
  });
}

async function diff(cli: Cli, traces: string[], options: SharedOptions): Promise<number> {
  check(cli, traces, options);
  const records: Run['records'] = {
    findings: true,
    vmas: 'none',
    zaps: 'none',
    events: 'none',
    faults: true,
  };
  const analyze = analyzeOptions(options, records);
  const reports = await Reports.open(
    cli,
    { command: 'diff', traces, options, limit: LIMIT, records },
    traces,
  );
  const sides = [new DiffSide(), new DiffSide()];
  const failures: Failure[] = [];
  const showProgress = options.progress ?? (cli.stderr.isTTY === true && !options.quiet);
  const progress = showProgress ? new Progress(cli.stderr, traces.length) : null;
  const signals = endOnSignals(cli, () => progress?.clear());
  let side = -1;
  try {
    const stream = readTraces(traces, {
      engine: cli.engine,
      analyze,
      jobs: options.jobs ?? traces.length,
      judge: (record) => record,
      signal: signals.signal,
      progress: (trace, p) => progress?.update(trace, p),
      copying: (input, format) => {
        progress?.clear();
        if (!options.quiet) tellCopy((text) => sayTo(cli, text), input, format);
      },
      failed: (input, failure) => {
        progress?.clear();
        failures.push(failure);
        tellFailure((text) => sayTo(cli, text), cli, input, failure);
      },
    });
    for await (const record of oneByOne(stream)) {
      if (record.type === 'header') side++;
      if (side >= 0) sides[side].write(record);
    }
    progress?.clear();
    if (signals.signal.aborted) {
      sayTo(cli, 'interrupted: nothing is compared, since one of the traces was not read to its end');
      return EXIT.interrupted;
    }
    if (failures.length > 0)
      return failures.some(({ kind }) => kind === 'internal') ? EXIT.internal : EXIT.usage;
    const record = compare(sides[0], sides[1], cli.version);
    reports.write(record);
    await reports.end().catch((error: unknown) => {
      // Nobody reads on, but the answer is known: it is still the exit code.
      if (!(error instanceof OutputClosed)) throw error;
    });
    return record.worse ? EXIT.violation : EXIT.clean;
  } finally {
    progress?.clear();
    signals.off();
  }
}

function check(cli: Cli, traces: readonly string[], options: SharedOptions): void {
  if (options.follow) throw new UsageError('diff compares finished traces: --follow has no meaning here');
  if (traces.every((trace) => trace === '-'))
    throw new UsageError("standard input ('-') can be read only once");
  if (traces.includes('-') && cli.stdinIsTerminal) {
    throw new UsageError('standard input is a terminal; name a file, or pipe a trace in');
  }
}

import { type Command, Option } from 'commander';
import type { FindingRecord } from '../../report/records.js';
import { NewBaseline, readBaseline } from '../baseline.js';
import type { Cli } from '../cli.js';
import { exitCode } from '../exit.js';
import { differences, readExpectation } from '../expect.js';
import { examples } from '../help.js';
import { FAIL_LEVELS, type FailLevel, Judge } from '../judge.js';
import {
  addAllOption,
  addInputOptions,
  addOutputOptions,
  addRuleOptions,
  addSelectionOptions,
  type SharedOptions,
} from '../options.js';
import { run, sayTo } from '../run.js';
import { choice } from '../values.js';

interface CheckOptions extends SharedOptions {
  baseline?: string;
  writeBaseline?: string;
  expect?: string;
  failOn: FailLevel;
  allowInconclusive?: boolean;
  exitZero?: boolean;
}

/** `zaptrace check`: the verdict. */
export function registerCheck(command: Command, cli: Cli): void {
  command.argument('[trace...]', 'traces, directories or patterns; - or nothing: standard input');
  addOutputOptions(command, 20);
  addRuleOptions(command);
  addAllOption(command, 'all VMAs and zaps in the output, not only those that findings name');
  addVerdictOptions(command);
  addSelectionOptions(command);
  addInputOptions(command);
  examples(command, [
    ['zaptrace trace.dat', 'verdict on a capture'],
    ['trace-cmd report | zaptrace', 'the same from a pipe'],
    ['zaptrace -f ndjson trace.dat | jq ...', 'findings for a script'],
    ['zaptrace -f table -f sarif=out.sarif captures/', 'a directory of traces, for people and for CI'],
    ['zaptrace --baseline known.json trace.dat', 'only new findings count'],
  ]);
  command.action(async (traces: string[], options: CheckOptions) => {
    cli.exitCode = await check(cli, traces, options);
  });
}

function addVerdictOptions(command: Command): void {
  const failOn = new Option(
    '--fail-on <level>',
    'exit 1 from such findings on, each level with those before it',
  )
    .choices(FAIL_LEVELS)
    .argParser((value) => choice(value, FAIL_LEVELS, 'level of --fail-on'))
    .default('error');
  command
    .option('--baseline <file>', 'findings in this file are known and do not count')
    .option('--write-baseline <file>', 'write the findings of this run as a baseline')
    .option(
      '--expect <file>',
      'exit 0 if exactly the findings in this file are there, else 1 and the differences',
    )
    .addOption(failOn)
    .option('--allow-inconclusive', 'exit 0 when the verdict is inconclusive')
    .option('--exit-zero', 'exit 0 whatever the verdict; errors still exit 2');
}

async function check(cli: Cli, traces: string[], options: CheckOptions): Promise<number> {
  const baseline = options.baseline === undefined ? null : readBaseline(options.baseline);
  const expectation = options.expect === undefined ? null : readExpectation(options.expect);
  const findings: FindingRecord[] = [];
  const next = new NewBaseline();
  const judge = new Judge(baseline, (finding) => {
    if (expectation !== null) findings.push(finding);
    if (options.writeBaseline !== undefined) next.add(finding);
  });
  const which = options.all ? 'all' : 'named';
  const outcome = await run(cli, {
    command: 'check',
    traces,
    options,
    limit: 20,
    records: { findings: true, vmas: which, zaps: which, events: 'none' },
    judge: (record) => judge.record(record),
  });
  if (options.writeBaseline !== undefined && outcome.verdict !== null) next.write(options.writeBaseline);
  const { allowInconclusive, exitZero } = options;
  if (expectation === null) {
    const failed = outcome.verdict === 'violation' || judge.reaches(options.failOn);
    return exitCode(outcome, { allowInconclusive, exitZero, failed });
  }
  if (outcome.verdict === null) return exitCode(outcome, {});
  const found = differences(expectation, findings, outcome.verdict);
  for (const line of found) sayTo(cli, `not as expected: ${line}`);
  // A verdict that the expectation names is part of the answer; else an inconclusive trace leaves it open.
  const settled = allowInconclusive === true || expectation.verdict !== null;
  return exitCode(outcome, { allowInconclusive: settled, exitZero, failed: found.length > 0 });
}

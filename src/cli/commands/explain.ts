import { type Command, InvalidArgumentError, Option } from 'commander';
import type { By } from '../../report/explain/lanes.js';
import type { Cli } from '../cli.js';
import { readExitCode } from '../exit.js';
import { explainer } from '../explain.js';
import { examples } from '../help.js';
import {
  addAllOption,
  addInputOptions,
  addOutputOptions,
  addRuleOptions,
  addSelectionOptions,
  type SharedOptions,
} from '../options.js';
import { run } from '../run.js';
import { choice, whole } from '../values.js';

interface ExplainOptions extends SharedOptions {
  by: By;
  width?: number;
}

const BY: readonly By[] = ['auto', 'cpu', 'task'];

/** `zaptrace explain`: the proof of each finding. Exits 0 whatever the verdict: it shows, `check` judges. */
export function registerExplain(command: Command, cli: Cli): void {
  command.argument('<trace>', 'a trace; -: standard input');
  command.argument('[finding...]', 'ids (F2), rules, or beginnings of fingerprints; nothing: all findings');
  addOutputOptions(command, 0);
  addAllOption(command, 'show each finding, also those of the same shape');
  const by = new Option(
    '--by <what>',
    'a column per CPU or per task; auto: per CPU, unless tasks moved between CPUs or shared one',
  )
    .choices(BY)
    .argParser((value) => choice(value, BY, 'kind of column'))
    .default('auto');
  command.addOption(by).option('--width <columns>', 'width of the drawing (default: 72)', columns);
  addRuleOptions(command);
  addSelectionOptions(command);
  addInputOptions(command);
  examples(command, [
    ['zaptrace explain trace.dat', 'the proof of every kind of finding, for a mail'],
    ['zaptrace explain trace.dat F2', 'one finding'],
    ['zaptrace explain -f markdown trace.dat zap-missed-unlinked-vma', 'one rule, for an issue'],
  ]);
  command.action(async (trace: string, findings: string[], options: ExplainOptions) => {
    const outcome = await run(cli, {
      command: 'explain',
      traces: [trace],
      options: { ...options, jobs: 1 },
      limit: 0,
      records: { findings: true, vmas: 'named', zaps: 'named', events: 'none' },
      through: explainer({ names: findings, each: options.all === true }),
      look: { by: options.by, columns: options.width },
    });
    cli.exitCode = readExitCode(outcome);
  });
}

function columns(value: string): number {
  const n = whole(value);
  if (n < 60 || n > 400) throw new InvalidArgumentError(`Expected 60 to 400 columns, found ${value}.`);
  return n;
}

import type { Command } from 'commander';
import type { Cli } from '../cli.js';
import { exitCode } from '../exit.js';
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

interface CheckOptions extends SharedOptions {
  allowInconclusive?: boolean;
  exitZero?: boolean;
}

/** `zaptrace check`: the verdict. */
export function registerCheck(command: Command, cli: Cli): void {
  addOutputOptions(command);
  addRuleOptions(command);
  addAllOption(command, 'all VMAs and zaps in the output, not only those that findings name');
  command
    .option('--allow-inconclusive', 'exit 0 when the verdict is inconclusive')
    .option('--exit-zero', 'exit 0 whatever the verdict; errors still exit 2');
  addSelectionOptions(command);
  addInputOptions(command);
  examples(command, [
    ['zaptrace trace.dat', 'verdict on a capture'],
    ['trace-cmd report | zaptrace', 'the same from a pipe'],
    ['zaptrace -f ndjson trace.dat | jq ...', 'findings for a script'],
    ['zaptrace -f table -f sarif=out.sarif captures/', 'a directory of traces, for people and for CI'],
  ]);
  command.argument('[trace...]', 'traces, directories or patterns; - or nothing: standard input');
  command.action(async (traces: string[], options: CheckOptions) => {
    const which = options.all ? 'all' : 'named';
    const outcome = await run(cli, {
      command: 'check',
      traces,
      options,
      records: { findings: true, vmas: which, zaps: which, events: 'none' },
    });
    cli.exitCode = exitCode(outcome, {
      allowInconclusive: options.allowInconclusive === true,
      exitZero: options.exitZero === true,
    });
  });
}

import type { Command } from 'commander';
import type { Cli } from '../cli.js';
import { readExitCode } from '../exit.js';
import { examples } from '../help.js';
import {
  addAllOption,
  addInputOptions,
  addOutputOptions,
  addSelectionOptions,
  type SharedOptions,
} from '../options.js';
import { run } from '../run.js';

/** `zaptrace events`: the events that a probe map knows, normalised; with `--all` all others too. */
export function registerEvents(command: Command, cli: Cli): void {
  command.argument('[trace...]', 'traces, directories or patterns; - or nothing: standard input');
  addOutputOptions(command, 0);
  addAllOption(
    command,
    'also events that no probe map knows (kind "other"), and the fields of all as recorded',
  );
  addSelectionOptions(command);
  addInputOptions(command);
  examples(command, [
    ['zaptrace events trace.dat', 'one JSON object per event'],
    ['zaptrace events -f table --pid 506 trace.dat', 'one task, for people'],
    ['zaptrace events trace.dat | jq \'select(.kind == "zap")\'', 'only the zaps'],
  ]);
  command.action(async (traces: string[], options: SharedOptions) => {
    const outcome = await run(cli, {
      command: 'events',
      traces,
      options,
      limit: 0,
      records: { findings: false, vmas: 'none', zaps: 'none', events: options.all ? 'all' : 'mapped' },
    });
    cli.exitCode = readExitCode(outcome);
  });
}

import type { Command } from 'commander';
import type { Cli } from '../cli.js';
import { readExitCode } from '../exit.js';
import { examples } from '../help.js';
import { addInputOptions, addOutputOptions, addSelectionOptions, type SharedOptions } from '../options.js';
import { run } from '../run.js';

const LIMIT = 20;

/** `zaptrace faults`: how well BARs are mapped, and what zaps cost. Exits 0 whatever it finds: it shows, `check` judges. */
export function registerFaults(command: Command, cli: Cli): void {
  command.argument('[trace...]', 'traces, directories or patterns; - or nothing: standard input');
  addOutputOptions(command, LIMIT);
  addSelectionOptions(command);
  addInputOptions(command);
  examples(command, [
    ['zaptrace faults trace.dat', 'orders, faults, why huge mappings fell back, times'],
    ['zaptrace faults --vma vma3 trace.dat', 'one VMA'],
    [
      'zaptrace faults -f ndjson trace.dat | jq \'select(.scope == "vma" and .fewest.best < .fewest.own)\'',
      'for a script',
    ],
  ]);
  command.action(async (traces: string[], options: SharedOptions) => {
    const outcome = await run(cli, {
      command: 'faults',
      traces,
      options,
      limit: LIMIT,
      records: { findings: false, vmas: 'none', zaps: 'none', events: 'none', faults: true },
    });
    cli.exitCode = readExitCode(outcome);
  });
}

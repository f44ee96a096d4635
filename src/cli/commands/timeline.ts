import type { Command } from 'commander';
import { formatsOf } from '../../report/formats.js';
import { DRAWN } from '../../report/timeline/picture.js';
import type { Cli } from '../cli.js';
import { readExitCode } from '../exit.js';
import { examples } from '../help.js';
import {
  addInputOptions,
  addOutputOptions,
  addRuleOptions,
  addSelectionOptions,
  type SharedOptions,
} from '../options.js';
import { run } from '../run.js';
import { requests } from '../sinks.js';

/** `zaptrace timeline`: all VMAs and zaps, with the findings. Exits 0 whatever the verdict: it shows, `check` judges. */
export function registerTimeline(command: Command, cli: Cli): void {
  command.argument('[trace...]', 'traces, directories or patterns; - or nothing: standard input');
  addOutputOptions(command, 0);
  addSelectionOptions(command);
  addRuleOptions(command);
  addInputOptions(command);
  examples(command, [
    ['zaptrace timeline trace.dat', 'what every VMA went through'],
    ['zaptrace timeline --vma vma12 trace.dat', 'one VMA'],
    ['zaptrace timeline -f html -o race.html trace.dat', 'a page to zoom and search, in one file'],
    ['zaptrace timeline -f svg --until +0.14 -o race.svg trace.dat', 'a picture of its beginning'],
    ['zaptrace timeline -f perfetto -o race.json trace.dat', 'for ui.perfetto.dev'],
    ['zaptrace timeline -f ndjson --since +1.5 --until +1.6 trace.dat', 'a tenth of a second, for a script'],
  ]);
  command.action(async (traces: string[], options: SharedOptions) => {
    const drawn = new Set(
      formatsOf('timeline')
        .filter((f) => f.events)
        .map((f) => f.name),
    );
    const drawing = requests('timeline', options).some(({ name }) => drawn.has(name));
    const outcome = await run(cli, {
      command: 'timeline',
      traces,
      options,
      limit: 0,
      records: {
        findings: true,
        vmas: 'all',
        zaps: 'all',
        events: drawing ? 'mapped' : 'none',
        kinds: DRAWN,
      },
      eventsFor: (format) => format.events === true,
      look: { since: options.since, until: options.until },
    });
    cli.exitCode = readExitCode(outcome);
  });
}

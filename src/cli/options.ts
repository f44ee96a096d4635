import { type Command, Option } from 'commander';
import { formatsOf } from '../report/formats.js';
import { formats } from '../trace/registry.js';
import { CLOCKS, RULE_IDS } from './known.js';
import { choice, nanoseconds, pids, traceTime, vmaName, whole } from './values.js';

/**
 * Options that several commands share: one place for names, values and help, so that they mean the same everywhere.
 * Each function adds one group to a command. What the parsers give is typed in `SharedOptions`.
 */
export interface SharedOptions {
  format?: string[];
  output?: string;
  /** Absent: the command's own default. */
  limit?: number;
  color: 'auto' | 'always' | 'never';
  ascii?: boolean;
  progress?: boolean;
  quiet?: boolean;
  inputFormat?: (typeof formats)[number]['name'];
  probeMap?: string[];
  clock?: string;
  skew?: number;
  follow?: boolean;
  jobs?: number;
  device?: string;
  vma?: string;
  pid?: number[];
  comm?: string;
  since?: string;
  until?: string;
  rule?: string[];
  minConfidence?: 'confirmed' | 'possible';
  all?: boolean;
}

/** An option whose value is one of a few words; commander shows them, completion offers them. */
function oneOf(flags: string, text: string, known: readonly string[], what: string): Option {
  return new Option(flags, text).choices(known).argParser((value) => choice(value, known, what));
}

const append = <T>(value: T, before: T[] | undefined): T[] => [...(before ?? []), value];

/** How the input is read. */
export function addInputOptions(command: Command): Command {
  const names = formats.map((f) => f.name);
  return command
    .addOption(
      oneOf(
        '--input-format <name>',
        'read the input as this format instead of sniffing',
        names,
        'input format',
      ),
    )
    .option('--probe-map <file>', 'add a probe map for another driver; repeatable', append<string>)
    .addOption(oneOf('--clock <name>', 'trace clock, where the trace does not say', CLOCKS, 'trace clock'))
    .option(
      '--skew <ns>',
      'how far the clocks of two CPUs may differ (500, 20us); default by clock',
      nanoseconds,
    )
    .option('--follow', 'keep reading a growing file; findings come the moment they are proven')
    .option(
      '-j, --jobs <n>',
      'threads, for several traces and to read a large one (default: one per CPU)',
      (v) => whole(v, 1, 256),
    );
}

/** Which part of a trace. */
export function addSelectionOptions(command: Command): Command {
  return command
    .option('--device <name>', 'only this device')
    .option('--vma <vma>', 'only this VMA: a pointer or an id (vma12)', vmaName)
    .option('--pid <pid>', 'only these tasks, separated by commas; repeatable', pids)
    .option('--comm <name>', 'only tasks of this name')
    .option(
      '--since <time>',
      'from this time on: as the trace prints it, or +seconds from its start',
      traceTime,
    )
    .option('--until <time>', 'up to this time', traceTime);
}

/** Which rules. */
export function addRuleOptions(command: Command): Command {
  const rule = new Option('--rule <id>', 'only this rule; repeatable')
    .choices(RULE_IDS)
    .argParser<string[]>((value, before) => append(choice(value, RULE_IDS, 'rule'), before));
  const levels = ['confirmed', 'possible'];
  return command
    .addOption(rule)
    .addOption(oneOf('--min-confidence <level>', 'leave out findings below this', levels, 'confidence'));
}

/** Where the output goes and how it looks. `formatsOf(name)` tells which formats the command has. */
export function addOutputOptions(command: Command, limit: number): Command {
  const names = formatsOf(command.name()).map((f) => f.name);
  const format = new Option(
    '-f, --format <name[=file]>',
    'output format; repeatable, each further one with a file: -f table -f json=out.json',
  )
    .choices(names)
    .default(undefined, names[0])
    .argParser<string[]>((value, before) => {
      choice(value.split('=', 1)[0], names, `format of '${command.name()}'`);
      return append(value, before);
    });
  return command
    .addOption(format)
    .option('-o, --output <file>', 'write to a file instead of standard output')
    .option('--limit <n>', `rows per list in outputs for people; 0: all (default: ${limit})`, (v) => whole(v))
    .addOption(
      oneOf('--color <when>', 'colours', ['auto', 'always', 'never'], 'value of --color').default('auto'),
    )
    .option('--ascii', 'no characters beyond ASCII in outputs for people')
    .option('--progress', 'show progress on standard error even if it is no terminal')
    .option('--no-progress', 'never show progress')
    .option('-q, --quiet', 'the verdict and nothing else; no messages');
}

/** `--all`, whose meaning depends on the command. */
export function addAllOption(command: Command, text: string): Command {
  return command.option('--all', text);
}

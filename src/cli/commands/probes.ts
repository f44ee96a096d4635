import type { Command } from 'commander';
import { Option } from 'commander';
import type { ProbeMap } from '../../probes/map.js';
import { BUILTIN_MAPS } from '../../probes/maps/index.js';
import { LEVELS, type Level } from '../../probes/recipe/definition.js';
import {
  ANY_KERNEL,
  GENERATIONS,
  type Kernels,
  parseVersion,
  SINCE,
  versionText,
} from '../../probes/recipe/kernel.js';
import { recipe } from '../../probes/recipe/recipe.js';
import { TOOLS, type Tool } from '../../probes/recipe/script.js';
import { mapsFor, select } from '../../probes/recipe/select.js';
import type { FormChoice } from '../../probes/recipe/table.js';
import { recordingText } from '../../report/probes-table.js';
import { safeJson } from '../../report/sanitize.js';
import { readProbeMap } from '../analyze-options.js';
import type { Cli } from '../cli.js';
import { UsageError } from '../errors.js';
import { EXIT } from '../exit.js';
import { examples } from '../help.js';
import { reportContext } from '../look.js';
import { FileSink } from '../output.js';
import { about } from '../recipe-about.js';
import { checkRecording } from '../recording.js';
import { didYouMean } from '../suggest.js';
import { choice, pids } from '../values.js';

interface ProbesOptions {
  tool: Tool;
  kernel?: string;
  generation?: string;
  driver?: string[];
  level: Level;
  form: FormChoice;
  pid?: number[];
  instance: string;
  check?: string[];
  format: 'table' | 'json';
  output?: string;
  color: 'auto' | 'always' | 'never';
  ascii?: boolean;
  quiet?: boolean;
}

const FORMS: FormChoice[] = ['auto', 'btf', 'raw'];

/** `zaptrace probes`: a recording script for the target; `--check`: what a recording can decide. */
export function registerProbes(command: Command, cli: Cli): void {
  const words = (flags: string, text: string, known: readonly string[], preset?: string): Option => {
    const what = `value of ${/--\w+/.exec(flags)?.[0]}`;
    return new Option(flags, text)
      .choices(known)
      .default(preset)
      .argParser((value) => choice(value, known, what));
  };
  command
    .addOption(words('--tool <name>', 'the tool that records', TOOLS, 'trace-cmd'))
    .option('--kernel <version>', 'for this kernel (6.12.95+deb12-amd64); without it the script finds out')
    .addOption(words('--generation <name>', 'for this generation of vfio-pci', Object.keys(GENERATIONS)))
    .option(
      '--driver <name>',
      `${BUILTIN_MAPS.slice(1)
        .map((m) => m.name)
        .join(', ')}, or a probe map (FILE.json); repeatable`,
      (value, before: string[] | undefined) => [...(before ?? []), value],
    )
    .addOption(
      words(
        '--level <name>',
        'state: what blocks the device; verdict: all rules; full: page faults, system calls',
        LEVELS,
        'verdict',
      ),
    )
    .addOption(words('--form <name>', 'btf: C names; raw: registers and struct offsets', FORMS, 'auto'))
    .option(
      '--pid <pid>',
      'only these processes with threads and children, separated by commas; repeatable',
      pids,
    )
    .option('--instance <name>', 'ftrace instance to record into', 'zaptrace')
    .option(
      '--check <file...>',
      'a trace, dynamic_events, kprobe_profile: what can it decide, what is missing?',
    )
    .addOption(words('-f, --format <name>', 'format of --check', ['table', 'json'], 'table'))
    .option('-o, --output <file>', 'write to a file instead of standard output')
    .addOption(words('--color <when>', 'colours', ['auto', 'always', 'never'], 'auto'))
    .option('--ascii', 'no characters beyond ASCII')
    .option('-q, --quiet', 'of --check: one line');
  examples(command, [
    ['zaptrace probes > record.sh', 'a script that finds out on the target what to probe'],
    ['sudo sh record.sh run ./my-test', 'records while the test runs'],
    ['zaptrace probes --kernel 6.1 --tool tracefs', 'the definitions for one kernel'],
    ['zaptrace probes --check trace.dat', 'what a recording can decide, and what to add'],
  ]);
  command.action(async (options: ProbesOptions) => {
    const { maps, drivers } = driversOf(options.driver ?? []);
    if (options.check !== undefined) return check(cli, options, maps, drivers);
    return print(
      cli,
      options,
      script(options, maps, drivers.length > 0 ? drivers : ['vfio-pci'], cli.version),
    );
  });
}

/** Names as they are, files read and checked. */
function driversOf(values: readonly string[]): { maps: ProbeMap[]; drivers: string[] } {
  const maps: ProbeMap[] = [...BUILTIN_MAPS];
  const drivers = values.map((value) => {
    if (/[./]/.test(value)) {
      const map = readProbeMap(value);
      maps.push(map);
      return map.name;
    }
    const names = BUILTIN_MAPS.map((m) => m.name);
    if (names.includes(value)) return value;
    throw new UsageError(
      `no probe map for the driver '${value}'${didYouMean(value, names)}; known: ${names.join(', ')}, or a file FILE.json`,
    );
  });
  for (const map of maps) {
    for (const name of map.with ?? []) {
      if (!maps.some((m) => m.name === name))
        throw new UsageError(`the probe map '${map.name}' builds on '${name}', which is not known`);
    }
  }
  return { maps, drivers };
}

function kernelsOf({ kernel, generation }: ProbesOptions): Kernels | null {
  if (kernel !== undefined && generation !== undefined)
    throw new UsageError('--kernel and --generation exclude each other');
  if (generation !== undefined) return GENERATIONS[generation];
  if (kernel === undefined) return null;
  const version = parseVersion(kernel);
  if (version === null)
    throw new UsageError(
      `'${kernel}' is not a kernel version; expected one like 6.12 or 6.12.95+deb12-amd64`,
    );
  return { from: version, to: version };
}

function script(
  options: ProbesOptions,
  known: readonly ProbeMap[],
  drivers: readonly string[],
  version: string,
): string {
  const { tool, level, form, instance } = options;
  const kernels = kernelsOf(options);
  if (form === 'btf' && kernels !== null && kernels.from < SINCE.btfMembers) {
    throw new UsageError(
      `C names in probes need Linux ${versionText(SINCE.btfMembers)} or newer: leave --form out, or use --form raw`,
    );
  }
  if (!/^[\w-]+$/.test(instance))
    throw new UsageError(`'${instance}' cannot be the name of an instance (letters, digits, - and _)`);
  const maps = mapsFor(drivers, known);
  const selection = select(maps, level, kernels ?? ANY_KERNEL);
  const lines = about({ selection, form, kernels, tool, drivers, version });
  return recipe(tool, { selection, form, kernels, pids: options.pid ?? [], instance, about: lines });
}

async function check(
  cli: Cli,
  options: ProbesOptions,
  maps: readonly ProbeMap[],
  drivers: readonly string[],
): Promise<void> {
  const record = await checkRecording(options.check ?? [], {
    maps,
    drivers,
    level: options.level,
    kernels: kernelsOf(options),
  });
  const context = reportContext(
    cli,
    { color: options.color, ascii: options.ascii, quiet: options.quiet },
    0,
    options.output !== undefined,
  );
  await print(
    cli,
    options,
    options.format === 'json' ? `${safeJson(record, 2)}\n` : recordingText(record, context),
  );
  const whole = record.rules.every((rule) => rule.optional || rule.coverage === 'checked');
  cli.exitCode = whole ? EXIT.clean : EXIT.inconclusive;
}

async function print(cli: Cli, { output }: ProbesOptions, text: string): Promise<void> {
  if (output === undefined) {
    cli.stdout.write(text);
    return;
  }
  const sink = new FileSink(output);
  sink.write(text);
  await sink.end();
}

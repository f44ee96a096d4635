import { Command } from 'commander';
import type { Cli } from './cli.js';
import { COMMANDS, type CommandEntry } from './commands.js';
import { examples } from './help.js';

const EXIT_CODES = `
Exit codes:
  0  clean          every rule had the evidence to run, and found nothing
  1  violation      at least one confirmed error
  2  usage or input error
  3  inconclusive   the evidence supports neither verdict; the reasons are given
`;

/**
 * The commander program. Only the commands in `loaded` get their options and action; the others are there by name
 * and summary.
 */
export async function createProgram(cli: Cli, loaded: (entry: CommandEntry) => boolean): Promise<Command> {
  const program = new Command('zaptrace');
  program
    .description('Proves or refutes from ftrace and perf captures that no stray PTE survives a zap.')
    .version(cli.version, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'show help')
    .helpCommand('help [command]', 'show help for a command')
    .showSuggestionAfterError(true)
    .configureHelp({ subcommandTerm: (command) => command.name() })
    .addHelpText('after', EXIT_CODES);
  examples(program, [
    ['zaptrace trace.dat', 'verdict on a capture'],
    ['trace-cmd report | zaptrace', 'the same from a pipe'],
    ['zaptrace help check', 'all options'],
  ]);
  settle(program, cli);
  for (const entry of COMMANDS) {
    const command = program.command(entry.name, { isDefault: entry.isDefault === true });
    command.description(entry.summary);
    settle(command, cli);
    if (loaded(entry)) (await entry.load())(command, cli);
  }
  return program;
}

/** Errors are thrown, not exited on; text goes where the Cli says. */
function settle(command: Command, cli: Cli): void {
  command.exitOverride().configureOutput({
    writeOut: (text) => cli.stdout.write(text),
    writeErr: (text) => cli.stderr.write(text),
    outputError: (text, write) => write(text.replace(/^error: /, 'zaptrace: ')),
    getOutHelpWidth: () => 100,
    getErrHelpWidth: () => 100,
  });
}

import { existsSync } from 'node:fs';
import { CommanderError } from 'commander';
import { printable } from '../report/sanitize.js';
import { VERSION } from '../version.js';
import { tellBug } from './bug.js';
import { type Cli, processCli } from './cli.js';
import { COMMANDS } from './commands.js';
import { UsageError } from './errors.js';
import { EXIT } from './exit.js';
import { withLoop } from './leave.js';
import { OutputClosed, unwritable } from './output.js';
import { createProgram } from './program.js';
import { didYouMean, nearest } from './suggest.js';

/** Runs the command line and gives the exit code. `argv` is what follows the program's name. */
export async function main(argv: readonly string[], cli: Cli): Promise<number> {
  try {
    const named = COMMANDS.find((entry) => entry.name === argv[0]);
    const help = argv[0] === 'help' ? helpTopic(argv[1]) : undefined;
    const wanted = help ?? (named ?? COMMANDS.find((entry) => entry.isDefault))?.name;
    const program = await createProgram(cli, (entry) => entry.name === wanted || named?.needsAll === true);
    program.hook('preAction', (_, command) => {
      if (named === undefined) refuseMistakenCommand(command.args);
    });
    await program.parseAsync(argv, { from: 'user' });
    return cli.exitCode;
  } catch (error) {
    return failed(error, cli);
  }
}

function failed(error: unknown, cli: Cli): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.clean : EXIT.usage;
  if (error instanceof OutputClosed) return EXIT.pipe;
  const { name, message, stack } = error as Error;
  if (error instanceof UsageError || name === 'InputError') {
    // A list of what is wrong stands on lines of its own.
    cli.stderr.write(`zaptrace: ${message.split('\n').map(printable).join('\n')}\n`);
    return EXIT.usage;
  }
  tellBug(cli, '', String(message ?? error), stack);
  return EXIT.internal;
}

function helpTopic(word: string | undefined): string | undefined {
  const names = COMMANDS.map((entry) => entry.name);
  if (word === undefined || word.startsWith('-') || names.includes(word)) return word;
  throw new UsageError(`no command '${word}'${didYouMean(word, names)}; known: ${names.join(', ')}`);
}

/**
 * An operand that is no file but looks like a command: a slip of the keyboard, or the command behind an option, where
 * it would be taken for a trace.
 */
function refuseMistakenCommand(operands: readonly string[]): void {
  const [word] = operands;
  if (word === undefined || !/^[a-z]+$/i.test(word) || existsSync(word)) return;
  const names = COMMANDS.map((entry) => entry.name);
  if (names.includes(word))
    throw new UsageError(`'${word}' must be the first word: zaptrace ${word} [options] ...`);
  const near = nearest(word, [...names, 'help']);
  if (near !== null) throw new UsageError(`'${word}' is no file and no command (did you mean '${near}'?)`);
}

/** What bin/zaptrace calls. */
export async function start(cli: Cli = processCli(VERSION)): Promise<void> {
  // Nobody can be told that messages cannot be written.
  process.stderr.on('error', () => {});
  // A reader that goes away is no error of ours; reports notice both themselves (output.ts). A full disk must never
  // look like a verdict.
  let code: number | null = null;
  let full: string | null = null;
  const end = (): void => {
    if (code === null) return;
    if (full !== null && code !== EXIT.usage) {
      cli.stderr.write(`zaptrace: ${full}\n`);
      code = EXIT.usage;
    }
    process.exitCode = code;
  };
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') return;
    full = unwritable(error);
    end();
  });
  await withLoop(async () => {
    code = await main(process.argv.slice(2), cli);
    end();
  });
}

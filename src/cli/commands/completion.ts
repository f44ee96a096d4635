import { Argument, type Command } from 'commander';
import type { Cli } from '../cli.js';
import { bash } from '../completion/bash.js';
import { fish } from '../completion/fish.js';
import { zsh } from '../completion/zsh.js';
import { examples } from '../help.js';
import { commandTree } from '../tree.js';
import { choice } from '../values.js';

const SHELLS = { bash, zsh, fish };
type Shell = keyof typeof SHELLS;
const NAMES = Object.keys(SHELLS) as Shell[];

/** `zaptrace completion <shell>`: a script made from the commands and options as they are. */
export function registerCompletion(command: Command, cli: Cli): void {
  command.addArgument(
    new Argument('<shell>', 'which shell').choices(NAMES).argParser((value) => choice(value, NAMES, 'shell')),
  );
  examples(command, [
    ['eval "$(zaptrace completion bash)"', 'in ~/.bashrc'],
    ['zaptrace completion zsh > ~/.zfunc/_zaptrace', 'in a directory of $fpath'],
    ['zaptrace completion fish > ~/.config/fish/completions/zaptrace.fish', 'for fish'],
  ]);
  command.action((shell: Shell) => {
    cli.stdout.write(SHELLS[shell](commandTree(command.parent!)));
  });
}

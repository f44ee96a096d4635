import { printable } from '../report/sanitize.js';
import type { Cli } from './cli.js';
import { inSources } from './stack.js';

/** Tells that zaptrace itself failed. The stack is only for those who ask, it helps nobody else. */
export function tellBug(cli: Cli, where: string, message: string, stack: string | undefined): void {
  cli.stderr.write(
    `zaptrace: ${printable(`${where}internal error: ${message}`)}\n` +
      'This is a bug in zaptrace: please report it with the command and, if you can, the trace ' +
      '(ZAPTRACE_DEBUG=1 adds a stack).\n',
  );
  if (cli.env.ZAPTRACE_DEBUG === '1' && stack) cli.stderr.write(`${inSources(stack)}\n`);
}

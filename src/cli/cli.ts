import { isatty } from 'node:tty';

/** The world as the commands see it; tests hand in another one. */
export interface Cli {
  readonly stdout: NodeJS.WritableStream & { isTTY?: boolean; columns?: number };
  readonly stderr: NodeJS.WritableStream & { isTTY?: boolean };
  readonly stdinIsTerminal: boolean;
  readonly env: NodeJS.ProcessEnv;
  readonly version: string;
  /** Address of another module with `analyze`; null: the library's own. */
  readonly engine: string | null;
  /** The exit code, once a command knows it. */
  exitCode: number;
}

export function processCli(version: string): Cli {
  return {
    stdout: process.stdout,
    stderr: process.stderr,
    // (asked only where standard input is read)
    get stdinIsTerminal() {
      return isatty(0);
    },
    env: process.env,
    version,
    engine: null,
    exitCode: 0,
  };
}

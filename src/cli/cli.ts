import { isatty } from 'node:tty';
import { ENGINE } from './engine.js';

/** The world as the commands see it; tests hand in another one. */
export interface Cli {
  readonly stdout: NodeJS.WritableStream & { isTTY?: boolean; columns?: number };
  readonly stderr: NodeJS.WritableStream & { isTTY?: boolean };
  readonly stdinIsTerminal: boolean;
  readonly env: NodeJS.ProcessEnv;
  readonly version: string;
  /** Address of the module with `analyze`. */
  readonly engine: string;
  /** The exit code, once a command knows it. */
  exitCode: number;
}

export function processCli(version: string): Cli {
  return {
    stdout: process.stdout,
    stderr: process.stderr,
    stdinIsTerminal: isatty(0),
    env: process.env,
    version,
    engine: ENGINE,
    exitCode: 0,
  };
}

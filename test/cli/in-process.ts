import { Writable } from 'node:stream';
import type { Cli } from '../../src/cli/cli.js';
import { main } from '../../src/cli/main.js';
import type { Result } from './process.js';

export const FAKE_ENGINE = new URL('./fake-engine.js', import.meta.url).href;

export interface World {
  /** Engine of fake-engine.ts instead of the real one. */
  readonly fake?: boolean;
  readonly env?: NodeJS.ProcessEnv;
  readonly stdinIsTerminal?: boolean;
  /** Columns of a terminal at standard output; absent: no terminal. */
  readonly columns?: number;
}

class Collector extends Writable {
  text = '';
  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.text += chunk.toString();
    done();
  }
}

/** The whole command line in this process: fast, for everything but streams, signals and start-up. */
export async function command(args: readonly string[], world: World = {}): Promise<Result> {
  const stdout = new Collector();
  const stderr = new Collector();
  const terminal = world.columns === undefined ? {} : { isTTY: true, columns: world.columns };
  const cli: Cli = {
    stdout: Object.assign(stdout, terminal),
    stderr,
    stdinIsTerminal: world.stdinIsTerminal ?? false,
    env: { LANG: 'C.UTF-8', ...world.env },
    version: '0.0.0-test',
    engine: world.fake ? FAKE_ENGINE : null,
    exitCode: 0,
  };
  const code = await main(args, cli);
  return { code, signal: null, stdout: stdout.text, stderr: stderr.text };
}

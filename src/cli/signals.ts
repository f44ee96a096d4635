import type { Cli } from './cli.js';
import { EXIT } from './exit.js';

const CODES = { SIGINT: EXIT.interrupted, SIGTERM: 143, SIGHUP: 129 } as const;

const ignore = (): void => {};

/**
 * The first Ctrl-C (or SIGTERM, SIGHUP) ends the input; the verdict on what was read is still printed. The second one
 * ends the process with 128 + the signal's number.
 */
export function endOnSignals(cli: Cli, stop: () => void): { readonly signal: AbortSignal; off(): void } {
  const controller = new AbortController();
  const on = (name: keyof typeof CODES) => {
    if (controller.signal.aborted) process.exit(CODES[name]);
    controller.abort();
    stop();
  };
  const names = Object.keys(CODES) as (keyof typeof CODES)[];
  for (const name of names) process.on(name, on);
  return {
    signal: controller.signal,
    off: () => {
      for (const name of names) {
        process.off(name, on);
        // All is said: in the few ms that are left to the program, a signal changes nothing.
        if (cli.stdout === process.stdout) process.on(name, ignore);
      }
    },
  };
}

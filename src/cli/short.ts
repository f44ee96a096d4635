import { setFlagsFromString } from 'node:v8';

/** Below this much input a run is over before V8's optimizing compiler has paid for itself. */
const SHORT = 256 << 10;

/**
 * Told how much there is to read (null: nobody knows), keeps V8 from optimizing what is soon over. That saves the time
 * of the compiler, and keeps a process of Node 20 from hanging at its end, where it waits for a compiler that waits
 * for a garbage collection (https://github.com/nodejs/node/issues/54918).
 */
export function expectInput(size: number | null): void {
  setFlagsFromString(isShort(size) ? '--no-opt' : '--opt');
}

export function isShort(size: number | null): boolean {
  return size !== null && size < SHORT;
}

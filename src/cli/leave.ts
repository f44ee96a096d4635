import { setTimeout as sleep } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';

/** At most this many looks, ms between two, and the processor time (µs) in between that other threads may have had. */
const LOOKS = 25;
const PAUSE = 2;
const IDLE = 500;

/**
 * Waits, a few ms, until V8's compiler thread has nothing to do. Node.js waits for it at exit, and for ever if it asks
 * for a garbage collection just then, which only a running event loop grants (nodejs/node#54918). About one run in a
 * thousand hung.
 */
export async function compilerIdle(): Promise<void> {
  setFlagsFromString('--no-opt');
  for (let i = 0; i < LOOKS; i++) {
    const before = process.cpuUsage();
    await sleep(PAUSE);
    if (process.cpuUsage(before).user < IDLE) return;
  }
}

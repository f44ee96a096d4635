import { setTimeout as sleep } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { beginShort, endShort } from './pace.js';

/** At most this many looks, ms between two, and the processor time (µs) in between that other threads may have had. */
const LOOKS = 25;
const PAUSE = 2;
const IDLE = 500;
const FOREVER = 2 ** 31 - 1;
/** V8 has a second optimizing compiler from here on, which `--no-opt` may not stop. */
const MAGLEV = 12;

/**
 * Runs the program with an event loop that is never empty. When it is, even for a moment (while WebAssembly compiles),
 * Node.js waits for V8's compiler thread; if that asks for a garbage collection just then, which only a running loop
 * grants, they wait for each other for ever (nodejs/node#54918). About one run in a thousand hung. At the end, the loop
 * goes on for the few ms until the compiler has nothing to do; after a short run (pace.ts) it never had anything.
 */
export async function withLoop(program: () => Promise<void>): Promise<void> {
  beginShort();
  const awake = setInterval(() => {}, FOREVER);
  try {
    await program();
    if (endShort() && Number.parseInt(process.versions.v8, 10) < MAGLEV) return;
    setFlagsFromString('--no-opt');
    for (let i = 0; i < LOOKS; i++) {
      const before = process.cpuUsage();
      await sleep(PAUSE);
      if (process.cpuUsage(before).user < IDLE) return;
    }
  } finally {
    clearInterval(awake);
  }
}

import { setFlagsFromString } from 'node:v8';

/** Input from which on V8 shall optimize; ms of processor time, and looks at it so far apart, after which it shall. */
const LONG = 256 * 1024;
const LONG_MS = 250;
const LOOKS = 8;

let short = false;
let records = false;
let timer: NodeJS.Timeout | undefined;

/**
 * The run begins as one on a small trace: V8 does not optimize. That pays only later, costs more time than it gains
 * until then, and at the end the process would have to wait for it (leave.ts).
 */
export function beginShort(): void {
  short = true;
  setFlagsFromString('--no-opt');
  const before = process.cpuUsage();
  let looks = 0;
  // On a busy machine a short run takes long, too.
  timer = setInterval(() => {
    const { user, system } = process.cpuUsage(before);
    if (++looks < LOOKS && (user + system) / 1000 < LONG_MS) return;
    expectLong();
  }, LONG_MS);
  timer.unref();
}

/** There are so many bytes to read; 0: nobody knows. */
export function expectBytes(count: number): void {
  if (count >= LONG) expectLong();
  else if (short && count === 0) keepYoungSmall();
  // Of WebAssembly, too: another thread would compile the decoder of zstd for 50 ms. (V8's own budget is 1.8 million.)
  else if (short && count > 0) setFlagsFromString('--wasm-tiering-budget=1000000000');
}

/** The run takes its time: V8 may optimize. */
export function expectLong(): void {
  if (!short) return;
  short = false;
  clearInterval(timer);
  setFlagsFromString('--opt');
  keepYoungSmall();
}

/** Every event becomes a record, and text: collections of what is young pay by its size, and many records are young. */
export function expectRecords(): void {
  records = true;
}

/** What a stream allocates dies young. V8 would give it ever more room, 48 MB and more in the long run, for nothing. */
function keepYoungSmall(): void {
  if (!records) setFlagsFromString('--semi-space-growth-factor=1');
}

/**
 * Runs something under one flag, and else those that V8 has by itself: it takes code only under the flags under which
 * that was made.
 */
export function underDefaultFlags<T>(flag: string, run: () => T): T {
  setFlagsFromString('--semi-space-growth-factor=2');
  setFlagsFromString(flag);
  try {
    return run();
  } finally {
    setFlagsFromString(flag.replace('--', '--no-'));
    keepYoungSmall();
  }
}

/** The run is over; returns whether it was short to its end: then no code was optimized. */
export function endShort(): boolean {
  clearInterval(timer);
  return short;
}

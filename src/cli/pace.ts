import { availableParallelism } from 'node:os';
import { setFlagsFromString } from 'node:v8';

/** Input from which on V8 shall optimize; ms of processor time, and looks at it so far apart, after which it shall. */
const LONG = 256 * 1024;
const LONG_MS = 250;
const LOOKS = 8;

/**
 * ms after which a long run has loaded what it needs of Node.js, and its threads have begun: until then V8 has the flags
 * that it has by itself, because with any others it compiles Node's own modules anew (30 ms of a thread's start).
 */
const LOADED_MS = 100;
/** Name, value, and the one that V8 has by itself. */
type Flag = readonly [name: string, value: number, itself: number];
/** What a stream allocates dies young. V8 would give it ever more room, 48 MB and more in the long run, for nothing. */
const YOUNG: Flag = ['semi-space-growth-factor', 1, 2];
/**
 * A function runs four times as long as else until it is optimized. Where the optimizer shares two cores with a thread that
 * decompresses, it takes 0.2 s in place of 0.35 for the 5 % of the records of a trace that come one by one.
 */
const PATIENT: Flag = ['interrupt-budget', 270_336, 67_584];
/** The V8 of Node.js 20, in which that flag means this. */
const PATIENT_V8 = 11;
const FEW_CORES = 2;

let short = false;
let records = false;
let loaded = false;
let decompresses = false;
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
  timer = setTimeout(() => {
    loaded = true;
    keepYoungSmall();
    bePatient();
  }, LOADED_MS);
  timer.unref();
}

/** Of a large trace, another thread decompresses zstd. */
export function expectDecompression(): void {
  decompresses =
    Number.parseInt(process.versions.v8, 10) === PATIENT_V8 && availableParallelism() <= FEW_CORES;
  bePatient();
}

function bePatient(): void {
  if (loaded && decompresses) change(PATIENT);
}

/** Every event becomes a record, and text: collections of what is young pay by its size, and many records are young. */
export function expectRecords(): void {
  records = true;
}

function keepYoungSmall(): void {
  if (!records) change(YOUNG);
}

const changed = new Set<Flag>();

function change(flag: Flag): void {
  changed.add(flag);
  setFlagsFromString(`--${flag[0]}=${flag[1]}`);
}

/**
 * Runs something under one flag, and else those that V8 has by itself: it takes code only under the flags under which
 * that was made.
 */
export function underDefaultFlags<T>(flag: string, run: () => T): T {
  for (const [name, , itself] of changed) setFlagsFromString(`--${name}=${itself}`);
  setFlagsFromString(flag);
  try {
    return run();
  } finally {
    setFlagsFromString(flag.replace('--', '--no-'));
    for (const one of changed) change(one);
  }
}

/** The run is over; returns whether it was short to its end: then no code was optimized. */
export function endShort(): boolean {
  clearInterval(timer);
  return short;
}

import type { MappingEvent } from './event.js';

const NAN = Number.NaN;

/** Arguments by slot (see SLOT in fields.ts), from `base` on; what the event does not carry is unknown. */
export function fill(event: MappingEvent, has: number, args: Float64Array, base: number): void {
  const stale = event.filled & ~has;
  if (stale !== 0) clear(event, stale);
  event.filled = has;
  take(event, has, args, base);
}

/** What another event of the same call carries besides. */
export function add(event: MappingEvent, has: number, args: Float64Array, base: number): void {
  take(event, has & ~event.filled, args, base);
  event.filled |= has;
}

function take(event: MappingEvent, has: number, args: Float64Array, base: number): void {
  if ((has & 1) !== 0) event.device = pointer(args[base]);
  if ((has & 2) !== 0) event.mapping = pointer(args[base + 1]);
  if ((has & 4) !== 0) event.root = pointer(args[base + 2]);
  if ((has & 8) !== 0) event.vma = pointer(args[base + 3]);
  if ((has & 16) !== 0) event.other = pointer(args[base + 4]);
  if ((has & 32) !== 0) event.mm = pointer(args[base + 5]);
  if ((has & 64) !== 0) event.page = args[base + 6];
  if ((has & 128) !== 0) event.pages = args[base + 7];
  else if ((has & 256) !== 0) event.pages = args[base + 8] - event.page;
  if ((has & 512) !== 0) event.vmStart = args[base + 9];
  if ((has & 1024) !== 0) event.vmEnd = args[base + 10];
  if ((has & 2048) !== 0) event.pgoff = args[base + 11];
  if ((has & 4096) !== 0) event.order = args[base + 12];
  if ((has & 8192) !== 0) event.pfn = args[base + 13];
  if ((has & 16384) !== 0) event.x0 = args[base + 14];
  if ((has & 32768) !== 0) event.x1 = args[base + 15];
}

/** Forgets the arguments that an earlier event left in a reused frame. */
function clear(event: MappingEvent, stale: number): void {
  if ((stale & 1) !== 0) event.device = 0;
  if ((stale & 2) !== 0) event.mapping = 0;
  if ((stale & 4) !== 0) event.root = 0;
  if ((stale & 8) !== 0) event.vma = 0;
  if ((stale & 16) !== 0) event.other = 0;
  if ((stale & 32) !== 0) event.mm = 0;
  if ((stale & 64) !== 0) event.page = NAN;
  if ((stale & 384) !== 0) event.pages = NAN;
  if ((stale & 512) !== 0) event.vmStart = NAN;
  if ((stale & 1024) !== 0) event.vmEnd = NAN;
  if ((stale & 2048) !== 0) event.pgoff = NAN;
  if ((stale & 4096) !== 0) event.order = NAN;
  if ((stale & 8192) !== 0) event.pfn = NAN;
  if ((stale & 16384) !== 0) event.x0 = NAN;
  if ((stale & 32768) !== 0) event.x1 = NAN;
}

/** (V8 keeps a small integer without a box, if it is told that it is one: it comes from an array of doubles.) */
const pointer = (value: number): number => (value > 0 ? value | 0 : 0);

/** What the wrapper told and the inner call did not. */
export function inherit(event: MappingEvent, outer: MappingEvent): void {
  event.prevTime = outer.prevTime;
  event.filled |= outer.filled;
  if (event.vma === 0) event.vma = outer.vma;
  if (event.mm === 0) event.mm = outer.mm;
  if (event.device === 0) event.device = outer.device;
  if (Number.isNaN(event.page)) event.page = outer.page;
  if (Number.isNaN(event.pages)) event.pages = outer.pages;
  if (Number.isNaN(event.vmStart)) {
    event.vmStart = outer.vmStart;
    event.vmEnd = outer.vmEnd;
  }
}

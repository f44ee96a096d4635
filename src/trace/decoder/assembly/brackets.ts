// Which rows belong together: calls that ran through undisturbed, and series of what tells little.
import { seenBefore } from './plans';
import { CODE, COUNT, CPU, NEXT, PID, ROW, SHAPE } from './row';
import { table } from './memory';

// Parts in a bracket: Part in record.ts.
const OPENS = 1;
const INSIDE = 2;
const CLOSES = 3;
const ENDS = 4;
const AT_WORK = 5;

// What is open on a CPU: i32 CPU, i32 thread id, u32 era, u32 first row, u32 last row, i32 rows, u32 shape.
const OPEN_SHIFT = 5;
// Where a thread has opened one: i32 thread id, u32 era.
const WHERE_SHIFT = 3;
const SLOTS = 1024;
/** A call of more records is no plain one. */
const MOST = 16;

const open: usize = table(SLOTS << OPEN_SHIFT);
const where: usize = table(SLOTS << WHERE_SHIFT);
/** Threads that are in such a call, whether its records are together or not: i32 thread id + 1. */
const inside: usize = table(SLOTS << 2);
/** What was opened in an earlier era is broken. */
let era: u32 = 1;

/** Something happened that calls which are under way may depend on: all of their records are looked at one by one. */
export function breakAll(): void {
  era++;
}

/** The call on this CPU is not alone. */
function breakOn(cpu: i32): void {
  store<u32>(open + ((<usize>(cpu & (SLOTS - 1))) << OPEN_SHIFT), 0, 8);
}

/** The rows begin anew. */
export function beginRows(): void {
  breakAll();
  lastOf = 0;
}

// Shapes: the sequences of codes that brackets had. One more code makes a shape of another, or of 0, which has none:
// u32 shape before, i32 code, u32 shape (0: no entry).
const SHAPE_SLOTS: u32 = 4096;
const MOST_SHAPES: u32 = 2048;
const shapes: usize = table((<usize>SHAPE_SLOTS) << 4);
let shapeCount: u32 = 0;

/** The shape with one more code; 0: there are too many. */
function shapeAfter(before: u32, code: i32): u32 {
  let i = (before * 0x9e3779b1 + code * 0x85ebca6b) >>> 20;
  let entry = shapes + ((<usize>i) << 4);
  while (load<u32>(entry, 8) != 0) {
    if (load<u32>(entry) == before && load<i32>(entry, 4) == code) return load<u32>(entry, 8);
    i = (i + 1) & (SHAPE_SLOTS - 1);
    entry = shapes + ((<usize>i) << 4);
  }
  if (shapeCount == MOST_SHAPES) return 0;
  store<u32>(entry, before);
  store<i32>(entry, code, 4);
  store<u32>(entry, ++shapeCount, 8);
  return shapeCount;
}

/** The first and the last of the rows of one part that came one after the other, and how many they are. */
let firstOf: usize = 0;
let lastOf: usize = 0;
let length = 0;
const LONGEST = 64;

/** Puts rows of one part, thread and CPU, between which there is no other row, into a bracket whose shape is the part. */
function series(part: i32, row: usize, cpu: i32, pid: i32): void {
  const goesOn = lastOf == row - ROW && length < LONGEST && load<i32>(firstOf, SHAPE) == -part;
  const same = goesOn && load<i32>(lastOf, PID) == pid && load<i32>(lastOf, CPU) == cpu;
  if (same && load<f64>(lastOf) < load<f64>(row)) {
    store<u32>(lastOf, <u32>row >>> 2, NEXT);
    store<i32>(row, -1, COUNT);
    length++;
  } else {
    firstOf = row;
    length = 1;
    store<i32>(row, -part, SHAPE);
  }
  lastOf = row;
  store<i32>(firstOf, length, COUNT);
}

/**
 * Finds calls of one thread on one CPU, with nothing between but what other threads do in such calls on other CPUs,
 * whether theirs ran through undisturbed or not.
 */
export function bracket(part: i32, row: usize): void {
  if (part == 0) {
    breakAll();
    return;
  }
  const code = load<i32>(row, CODE);
  const cpu = load<i32>(row, CPU);
  const pid = load<i32>(row, PID);
  if (part >= ENDS) {
    // What ends may have to do with the calls.
    if (part == ENDS) breakAll();
    else breakOn(cpu);
    if (seenBefore(code)) series(part, row, cpu, pid);
    return;
  }
  const slot = open + ((<usize>(cpu & (SLOTS - 1))) << OPEN_SHIFT);
  const isOpen = load<u32>(slot, 8) == era && load<i32>(slot, 4) == pid && load<i32>(slot) == cpu;
  const thread = inside + ((<usize>(pid & (SLOTS - 1))) << 2);
  // A handler that is called by another one first of all is inside of its call.
  if (part == OPENS && !(isOpen && load<i32>(slot, 20) == 1)) {
    const other = where + ((<usize>(pid & (SLOTS - 1))) << WHERE_SHIFT);
    // Another call of this thread is open, perhaps on another CPU.
    if (load<i32>(other) == pid && load<u32>(other, 4) == era) breakAll();
    store<i32>(other, pid);
    store<u32>(other, era, 4);
    store<i32>(slot, cpu);
    store<i32>(slot, pid, 4);
    store<u32>(slot, era, 8);
    store<u32>(slot, <u32>row, 12);
    store<u32>(slot, <u32>row, 16);
    store<i32>(slot, 1, 20);
    store<u32>(slot, shapeAfter(0, code), 24);
    store<i32>(thread, pid + 1);
    return;
  }
  if (!isOpen) {
    const other = where + ((<usize>(pid & (SLOTS - 1))) << WHERE_SHIFT);
    const moved = load<i32>(other) == pid && load<u32>(other, 4) == era;
    if (moved || pid < 0 || load<i32>(thread) != pid + 1) breakAll();
    else breakOn(cpu);
    if (part == CLOSES) store<i32>(thread, 0);
    return;
  }
  const count = load<i32>(slot, 20) + 1;
  const last = <usize>load<u32>(slot, 16);
  const shape = shapeAfter(load<u32>(slot, 24), code);
  // Records of equal times are counted one by one.
  if (shape == 0 || load<f64>(last) >= load<f64>(row)) {
    breakAll();
    return;
  }
  store<u32>(last, <u32>row >>> 2, NEXT);
  store<u32>(slot, shape, 24);
  store<u32>(slot, <u32>row, 16);
  store<i32>(slot, count, 20);
  if (part == CLOSES) {
    store<i32>(thread, 0);
    const first = <usize>load<u32>(slot, 12);
    for (let i = 1, member = first; i < count; i++) {
      member = (<usize>load<u32>(member, NEXT)) << 2;
      store<i32>(member, -1, COUNT);
    }
    store<i32>(first, count, COUNT);
    store<u32>(first, shape, SHAPE);
    close(slot, pid);
  } else if (count == MOST) breakAll();
}

function close(slot: usize, pid: i32): void {
  store<u32>(slot, 0, 8);
  store<u32>(where + ((<usize>(pid & (SLOTS - 1))) << WHERE_SHIFT), 0, 4);
}

// Rows: what is known of a record before its turn, and its fields; and which of them belong together.
import { fetch } from './fields';
import { IGNORED, pidAt } from './kinds';
import { table, u32At } from './memory';
import { partOf, planOf } from './plans';

// A row (rows.ts): f64 time, f64 origin; i32 code, thread id, CPU, place, length; of a bracket: next row, number of
// rows (-1: it is not the first one), shape; f64 arguments.
const CODE: usize = 16;
const PID: usize = 20;
const CPU: usize = 24;
const AT: usize = 28;
const LENGTH: usize = 32;
const NEXT: usize = 36;
const COUNT: usize = 40;
const SHAPE: usize = 44;
const ARGUMENTS: usize = 48;
export const ROW: usize = 208;
export const ROWS = 256;
/** Thread id: the record tells. */
export const NO_PID: i32 = -0x80000000;

export const rows: usize = table(ROW * ROWS);
/** Words where the rows are that begin a bracket or belong to none. */
export const heads: usize = table(ROWS << 2);

/** Notes the heads of so many rows; returns how many they are. */
export function findHeads(count: i32): i32 {
  let at = heads;
  for (let row = rows, end = rows + <usize>count * ROW; row < end; row += ROW) {
    store<u32>(at, <u32>row >>> 2);
    at += (<usize>(load<i32>(row, COUNT) >= 0)) << 2;
  }
  return <i32>(at - heads) >>> 2;
}

/** Writes a row, whose record is at `from`. */
export function write(
  row: usize,
  t: f64,
  origin: f64,
  code: i32,
  pid: i32,
  cpu: i32,
  from: usize,
  length: i32,
): void {
  store<f64>(row, t);
  store<f64>(row, origin, 8);
  store<i32>(row, code, CODE);
  store<i32>(row, pid, PID);
  store<i32>(row, cpu, CPU);
  store<u32>(row, <u32>from, AT);
  store<i32>(row, length, LENGTH);
  complete(row, code, from, length);
}

function complete(row: usize, code: i32, from: usize, length: i32): void {
  store<i32>(row, 0, COUNT);
  if (code <= 0) {
    if (code != IGNORED) breakAll();
    return;
  }
  if (load<i32>(row, PID) == NO_PID) store<i32>(row, u32At(from + pidAt), PID);
  fetch(planOf(code), from, length, row + ARGUMENTS);
  bracket(partOf(code), row);
}

// Parts in a bracket: Part in record.ts.
const OPENS = 1;
const INSIDE = 2;
const CLOSES = 3;

// What is open on a CPU: i32 CPU, i32 thread id, u32 era, u32 first row, u32 last row, i32 rows, u32 shape.
const OPEN_SHIFT = 5;
// Where a thread has opened one: i32 thread id, u32 era.
const WHERE_SHIFT = 3;
const SLOTS = 1024;
/** A call of more records is no plain one. */
const MOST = 16;

const open: usize = table(SLOTS << OPEN_SHIFT);
const where: usize = table(SLOTS << WHERE_SHIFT);
/** What was opened in an earlier era is broken. */
let era: u32 = 1;

/** Something happened that calls which are under way may depend on: all of their records are looked at one by one. */
export function breakAll(): void {
  era++;
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

/** Finds calls of one thread on one CPU, with nothing between but such calls of other threads on other CPUs. */
function bracket(part: i32, row: usize): void {
  if (part == 0) {
    breakAll();
    return;
  }
  const code = load<i32>(row, CODE);
  const cpu = load<i32>(row, CPU);
  const pid = load<i32>(row, PID);
  const slot = open + ((<usize>(cpu & (SLOTS - 1))) << OPEN_SHIFT);
  if (part == OPENS) {
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
    return;
  }
  if (load<u32>(slot, 8) != era || load<i32>(slot, 4) != pid || load<i32>(slot) != cpu) {
    breakAll();
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

// A row (rows.ts of the reader): f64 time, f64 origin; i32 code, thread id, CPU, place, length; of a bracket: next row,
// number of rows (-1: it is not the first one), shape (negative: the part of a series); f64 arguments.
import { table } from './memory';

export const CODE: usize = 16;
export const PID: usize = 20;
export const CPU: usize = 24;
export const AT: usize = 28;
export const LENGTH: usize = 32;
export const NEXT: usize = 36;
export const COUNT: usize = 40;
export const SHAPE: usize = 44;
export const ARGUMENTS: usize = 48;
export const ROW: usize = 208;
export const ROWS = 1024;
/** Thread id: the record tells. */
export const NO_PID: i32 = -0x80000000;

export const rows: usize = table(ROW * ROWS);
/** Words where the rows are that begin a bracket or belong to none. */
export const heads: usize = table(ROWS << 2);

/** What is known of a record before its turn; `at`: its place, `length` its bytes. */
export function putHead(
  row: usize,
  t: f64,
  origin: f64,
  code: i32,
  pid: i32,
  cpu: i32,
  at: usize,
  length: i32,
): void {
  store<f64>(row, t);
  store<f64>(row, origin, 8);
  store<i32>(row, code, CODE);
  store<i32>(row, pid, PID);
  store<i32>(row, cpu, CPU);
  store<u32>(row, <u32>at, AT);
  store<i32>(row, length, LENGTH);
  store<i32>(row, 0, COUNT);
}

/** Notes the heads of so many rows; returns how many they are. */
export function findHeads(count: i32): i32 {
  let at = heads;
  for (let row = rows, end = rows + <usize>count * ROW; row < end; row += ROW) {
    store<u32>(at, <u32>row >>> 2);
    at += (<usize>(load<i32>(row, COUNT) >= 0)) << 2;
  }
  return <i32>(at - heads) >>> 2;
}

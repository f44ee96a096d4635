// Writes rows: what is known of a record before its turn, and its fields.
import { bracket, breakAll } from './brackets';
import { fetch } from './fields';
import { IGNORED, pidAt } from './kinds';
import { u32At } from './memory';
import { partOf, planOf } from './plans';
import { ARGUMENTS, NO_PID, PID, putHead } from './row';

let unknown = false;

/** Whether a row written since the last call is of a kind of event that nobody has decided on. */
export function takeUnknown(): bool {
  const was = unknown;
  unknown = false;
  return was;
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
  putHead(row, t, origin, code, pid, cpu, from, length);
  complete(row, code, from, length);
}

function complete(row: usize, code: i32, from: usize, length: i32): void {
  if (code <= 0) {
    if (code != IGNORED) {
      unknown = true;
      breakAll();
    }
    return;
  }
  if (load<i32>(row, PID) == NO_PID) store<i32>(row, u32At(from + pidAt), PID);
  fetch(planOf(code), from, length, row + ARGUMENTS);
  bracket(partOf(code), row);
}

// Fetches the wanted fields of a record.
import { table, u64At } from './memory';
import { identity } from './pointers';

// A plan: i32 bytes that the record must have, i32 number of operations; for each operation i32 offset in the record,
// i32 offset in the arguments, i32 bytes of the field, i32 what becomes of it.
const HEAD = 8;
const OPERATION = 16;

// What becomes of a field, as in fetch-plan.ts: the 8 bytes from its first one on are shifted left by bits 0 to 5, which
// leaves the field, and right by bits 8 to 13; bits 16 and up are what that is.
const UNSIGNED = 0;
const SIGNED = 1;
const POINTER = 2;
const PAGES_UP = 3;

/** Room for a plan. */
export function newPlan(operations: i32): usize {
  const plan = table(HEAD + operations * OPERATION);
  store<i32>(plan, operations, 4);
  return plan;
}

/** Puts the fields of the record of `length` bytes into `args`: doubles; NaN for those that it does not have. */
export function fetch(plan: usize, at: usize, length: i32, args: usize): void {
  const short = length < load<i32>(plan);
  const end = plan + HEAD + load<i32>(plan, 4) * OPERATION;
  for (let op = plan + HEAD; op < end; op += OPERATION) {
    const offset = load<i32>(op);
    const to = args + load<i32>(op, 4);
    if (short && offset + load<i32>(op, 8) > length) {
      store<f64>(to, NaN);
      continue;
    }
    const how = load<i32>(op, 12);
    const bits = u64At(at + offset) << (how & 63);
    const right = (how >>> 8) & 63;
    const what = how >>> 16;
    if (what == UNSIGNED) store<f64>(to, <f64>(bits >>> right));
    else if (what == POINTER) store<f64>(to, identity(bits >>> right));
    else if (what == SIGNED) store<f64>(to, <f64>(<i64>bits >> right));
    else if (what == PAGES_UP) {
      const bytes = bits >>> right;
      store<f64>(to, <f64>((bytes >>> 12) + u64((bytes & 4095) != 0)));
    } else store<f64>(to, NaN);
  }
}

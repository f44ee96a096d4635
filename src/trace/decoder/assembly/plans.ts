// What each code's records are to the reader: the fields that are wanted, and their part in a bracket.
import { newPlan } from './fields';
import { table } from './memory';

// A code: u32 plan, i32 part in a bracket, i32 1 when a record of it was seen, 4 unused.
const ENTRY_SHIFT = 4;

let codes: usize = table(256 << ENTRY_SHIFT);
let room = 256;

export function planOf(code: i32): usize {
  return load<u32>(codes + ((<usize>code) << ENTRY_SHIFT));
}

export function partOf(code: i32): i32 {
  return load<i32>(codes + ((<usize>code) << ENTRY_SHIFT), 4);
}

/** Whether a record of this code was seen before; this one is now. */
export function seenBefore(code: i32): bool {
  const entry = codes + ((<usize>code) << ENTRY_SHIFT);
  const seen = load<i32>(entry, 8) != 0;
  store<i32>(entry, 1, 8);
  return seen;
}

/** Room for the plan of this code. Codes are counted from 1. */
export function setPlan(code: i32, operations: i32, part: i32): usize {
  if (code >= room) {
    const larger = table((<usize>room) << (ENTRY_SHIFT + 1));
    memory.copy(larger, codes, (<usize>room) << ENTRY_SHIFT);
    codes = larger;
    room *= 2;
  }
  const plan = newPlan(operations);
  const entry = codes + ((<usize>code) << ENTRY_SHIFT);
  store<u32>(entry, plan);
  store<i32>(entry, part, 4);
  return plan;
}

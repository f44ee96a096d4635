// Numbers of task names: a cache of a table which is on the other side.

/** The number of the name that stands here. */
declare function intern(at: u32, length: u32): i32;

import { table } from '../memory';
import { same } from './bytes';

const SLOTS: u32 = 1024;
const LONGEST: usize = 16;
// By thread: i32 number, u32 length and 1 (0: no entry), the name
const ENTRY: usize = 8 + LONGEST;

const cache: usize = table(SLOTS * ENTRY);

/** The number of the name in [from, to), of this thread. */
export function commOf(pid: i32, from: usize, to: usize): i32 {
  const length = to - from;
  if (length > LONGEST) return intern(<u32>from, <u32>length);
  const entry = cache + <usize>(<u32>pid & (SLOTS - 1)) * ENTRY;
  if (load<u32>(entry, 4) == <u32>length + 1 && same(from, entry + 8, length)) return load<i32>(entry);
  const number = intern(<u32>from, <u32>length);
  store<i32>(entry, number);
  store<u32>(entry, <u32>length + 1, 4);
  memory.copy(entry + 8, from, length);
  return number;
}

/** The numbers mean nothing any more. */
export function forgetComms(): void {
  memory.fill(cache, 0, SLOTS * ENTRY);
}

// Identities of pointers: a cache of the table of pointers, which is on the other side.

/** The small integer that stands for this pointer. */
declare function intern(hi: u32, lo: u32): f64;

import { table } from './memory';

/** Bits of a place in the cache. */
const BITS = 12;
// u64 pointer, f64 its integer
const ENTRY = 16;

const cache: usize = table(ENTRY << BITS);

export function identity(pointer: u64): f64 {
  if (pointer == 0) return 0;
  const entry = cache + <usize>((pointer * 0x9e3779b97f4a7c15) >>> (64 - BITS)) * ENTRY;
  if (load<u64>(entry) == pointer) return load<f64>(entry, 8);
  const id = intern(<u32>(pointer >>> 32), <u32>pointer);
  store<u64>(entry, pointer);
  store<f64>(entry, id, 8);
  return id;
}

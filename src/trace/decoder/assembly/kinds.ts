// What a record is: by its event id, and for probes and function tracers by the address of the function.
import { table, u16At, u32At, u64At } from './memory';

/** Codes of records besides those of bindings: nobody wants it; not known before its turn. */
export const IGNORED = -1;
export const UNDECIDED = 0;

// A kind: i32 code (of `last`, when there is an address), i32 offset of the address or -1, i32 its size; u64 last address.
const KIND_SHIFT = 5;
// A function: u64 address, i32 event id, i32 code (0: no entry).
const FUNCTION_SHIFT = 4;

let kinds: usize = 0;
let kindCount: u32 = 0;
let typeAt: i32 = 0;
let minimum: i32 = 0;
/** Offset of the thread id in each record. */
export let pidAt: i32 = 0;

let functions: usize = 0;
let functionMask: u32 = 0;
let functionCount: u32 = 0;

/** Event ids are below `count`; the offsets are those of the common fields. */
export function describe(count: u32, type: i32, pid: i32): void {
  kindCount = count;
  kinds = table((<usize>count) << KIND_SHIFT);
  for (let id: u32 = 0; id < count; id++) store<i32>(kinds + ((<usize>id) << KIND_SHIFT), -1, 4);
  typeAt = type;
  pidAt = pid;
  minimum = max(type + 2, pid + 4);
}

/** All records of this event have this code; or it depends on the address at this offset. */
export function setKind(id: u32, code: i32, addressAt: i32, addressSize: i32): void {
  const kind = kinds + ((<usize>id) << KIND_SHIFT);
  store<i32>(kind, code);
  store<i32>(kind, addressAt, 4);
  store<i32>(kind, addressSize, 8);
}

/** The code of one function's records of an event. */
export function setFunction(id: u32, hi: u32, lo: u32, code: i32): void {
  if (functionCount * 2 >= functionMask) grow();
  const address = ((<u64>hi) << 32) | lo;
  const entry = find(id, address);
  if (load<i32>(entry, 12) == UNDECIDED) functionCount++;
  store<u64>(entry, address);
  store<u32>(entry, id, 8);
  store<i32>(entry, code, 12);
}

/** The code of the intact record of `length` bytes. */
export function classify(at: usize, length: i32): i32 {
  if (length < minimum) return UNDECIDED;
  const id = u16At(at + typeAt);
  if (id >= kindCount) return UNDECIDED;
  const kind = kinds + ((<usize>id) << KIND_SHIFT);
  const addressAt = load<i32>(kind, 4);
  if (addressAt < 0) return load<i32>(kind);
  const size = load<i32>(kind, 8);
  if (addressAt + size > length) return UNDECIDED;
  const address = size == 8 ? u64At(at + addressAt) : <u64>u32At(at + addressAt);
  if (load<u64>(kind, 16) == address) return load<i32>(kind);
  const code = functionMask == 0 ? UNDECIDED : load<i32>(find(id, address), 12);
  if (code != UNDECIDED) {
    store<i32>(kind, code);
    store<u64>(kind, address, 16);
  }
  return code;
}

/** The entry of this function, or the free one where it belongs. */
function find(id: u32, address: u64): usize {
  let i = <u32>((address * 0x9e3779b97f4a7c15 + id * 0x85ebca6b) >>> 32);
  let entry = functions + ((<usize>(i & functionMask)) << FUNCTION_SHIFT);
  while (load<i32>(entry, 12) != UNDECIDED && (load<u64>(entry) != address || load<u32>(entry, 8) != id)) {
    i++;
    entry = functions + ((<usize>(i & functionMask)) << FUNCTION_SHIFT);
  }
  return entry;
}

function grow(): void {
  const old = functions;
  const oldCount: u32 = functionMask == 0 ? 0 : functionMask + 1;
  functionMask = functionMask == 0 ? 255 : functionMask * 2 + 1;
  functions = table((<usize>functionMask + 1) << FUNCTION_SHIFT);
  for (let i: u32 = 0; i < oldCount; i++) {
    const from = old + ((<usize>i) << FUNCTION_SHIFT);
    if (load<i32>(from, 12) == UNDECIDED) continue;
    memory.copy(find(load<u32>(from, 8), load<u64>(from)), from, 1 << FUNCTION_SHIFT);
  }
}

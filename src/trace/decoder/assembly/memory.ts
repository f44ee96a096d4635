// The memory is shared with a thread that decompresses into it. Nothing is given back: a decoder lives as long as its file.
// It begins as zeros.

/** Some bytes behind every piece, so that a header that is cut can be read before it is found to be. */
const BEHIND: usize = 16;

let free: usize = (__heap_base + 15) & ~15;

/** So many bytes, at a multiple of 16; 0 when there is no more memory. */
export function reserve(size: usize): usize {
  const at = free;
  const end = at + ((size + BEHIND + 15) & ~15);
  const pages = <i32>((end + 0xffff) >>> 16);
  const have = memory.size();
  if (end < at || (pages > have && memory.grow(pages - have) < 0)) return 0;
  free = end;
  return at;
}

/** The first byte that nobody has reserved. */
export function used(): usize {
  return free;
}

/** `reserve` for tables of the decoder's own, which are small. */
export function table(size: usize): usize {
  const at = reserve(size);
  if (at == 0) unreachable();
  return at;
}

/** The trace is of a machine that stores the high byte first. */
export let big = false;

export function setBig(value: bool): void {
  big = value;
}

export function u16At(at: usize): u32 {
  const v = load<u16>(at);
  return big ? bswap<u16>(v) : v;
}

export function u32At(at: usize): u32 {
  const v = load<u32>(at);
  return big ? bswap<u32>(v) : v;
}

export function u64At(at: usize): u64 {
  const v = load<u64>(at);
  return big ? bswap<u64>(v) : v;
}

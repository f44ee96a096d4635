// The words that stand before bodies, and what is known of their lines.
import { table } from '../memory';
import { before, marks, marksBelow, OPEN, same, SPACE } from './bytes';

// A word: u32 length, i32 what its lines are, u32 the form of their bodies, 4 unused, the word, zeros up to a multiple of 8.
const WORD: usize = 16;

/** What its lines are: of no interest, or records to decode. All others are left to the reader. */
export const SKIPPED = 1;
export const WANTED = 2;

const SLOTS: u32 = 8192;
const MOST: u32 = 4096;
const slots: usize = table((<usize>SLOTS) << 2);
let count: u32 = 0;

function ends(place: usize): u64 {
  const x = load<u64>(place);
  return marksBelow(x, SPACE + 1) | marks(x, OPEN);
}

/** The place behind the word at `from`. */
export function wordEnd(from: usize): usize {
  let i = from;
  let found = ends(i);
  while (found == 0) {
    i += 8;
    found = ends(i);
  }
  return i + before(found);
}

/** Whether this is the word of `length` bytes at `from`, or none. */
function holds(word: usize, from: usize, length: usize): bool {
  return word == 0 || (load<u32>(word) == <u32>length && same(from, word + WORD, length));
}

/** The slot of this word, or the free one where it belongs. */
function slotOf(from: usize, length: usize): usize {
  let a = load<u64>(from);
  let b: u64 = length;
  if (length < 8) a <<= (8 - length) << 3;
  else b += load<u64>(from + length - 8);
  const hash = (a ^ (b * 0x9e3779b97f4a7c15)) * 0x9e3779b97f4a7c15;
  let i = <u32>(hash >>> 32);
  let slot = slots + ((<usize>(i & (SLOTS - 1))) << 2);
  while (!holds(load<u32>(slot), from, length)) {
    i++;
    slot = slots + ((<usize>(i & (SLOTS - 1))) << 2);
  }
  return slot;
}

/** The word in [from, to); 0: it is not known. */
export function findWord(from: usize, to: usize): usize {
  return to == from ? 0 : load<u32>(slotOf(from, to - from));
}

/** Room for a word, to be made known by `addWord`; 0: they are too many. */
export function newWord(length: u32): usize {
  if (count == MOST) return 0;
  count++;
  const word = table(WORD + length + 8);
  store<u32>(word, length);
  return word;
}

/** Where its bytes are. */
export function bytesOf(word: usize): usize {
  return word + WORD;
}

export function addWord(word: usize): void {
  store<u32>(slotOf(word + WORD, load<u32>(word)), <u32>word);
}

export function setWord(word: usize, what: i32, form: usize): void {
  store<i32>(word, what, 4);
  store<u32>(word, <u32>form, 8);
}

export function whatOf(word: usize): i32 {
  return load<i32>(word, 4);
}

export function formOf(word: usize): usize {
  return load<u32>(word, 8);
}

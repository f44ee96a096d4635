// The body of a line, as text/read.ts reads it: `(vmf_insert_pfn+0x4/0x20) vma=0xff1285cec78fc9a0 addr=0x7fb0f8eb9000`.
import { table } from '../memory';
import {
  at,
  before,
  blankOrEnd,
  CLOSE,
  LESS,
  LF,
  MINUS,
  marks,
  OPEN,
  PLUS,
  QUOTE,
  same,
  SPACE,
  skipBlanks,
} from './bytes';
import { as, NONE, ODD, parse } from './value';

// A form: u32 code, i32 what stands in parentheses, u32 place of the symbol, u32 its length, u32 number of fields;
// 12 unused.
const FORM: usize = 32;
// A field: u32 place of its key, u32 length of that, u32 place of what is wished of it, u32 number of wishes.
const FIELD_SHIFT: usize = 4;
// A wish: u32 offset in the arguments, u32 what becomes of the value.
const WISH_SHIFT: usize = 3;

// What stands in parentheses: as in text/kind.ts.
const NO_PLACE = 0;
const SYMBOL_PLACE = 1;
const RETURN_PLACE = 2;
const HEX_RETURN_PLACE = 4;

/** Room for a form of so many fields and wishes, and for the bytes of all keys and the symbol. */
export function newForm(fields: u32, wishes: u32, bytes: u32): usize {
  return table(FORM + ((<usize>fields) << FIELD_SHIFT) + ((<usize>wishes) << WISH_SHIFT) + bytes);
}

export function codeOf(form: usize): i32 {
  return load<i32>(form);
}

/** Behind the parenthesis of a probe, which a form may have; 0: it is another one's. */
export function overPlace(form: usize, word: usize): usize {
  const place = load<i32>(form, 4);
  if (place == NO_PLACE) return word;
  const from = skipBlanks(word);
  if (at(from) != OPEN) return 0;
  let plus: u64 = 0;
  let less: u64 = 0;
  let close = from;
  let ends: u64 = 0;
  while (true) {
    const x = load<u64>(close);
    ends = marks(x, CLOSE) | marks(x, LF);
    // Of the bytes before the end. (0 - 1 are all.)
    const inside = (ends & (0 - ends)) - 1;
    plus |= marks(x, PLUS) & inside;
    less |= marks(x, LESS) & inside;
    if (ends != 0) break;
    close += 8;
  }
  close += before(ends);
  if (at(close) != CLOSE) return 0;
  const symbol = <usize>load<u32>(form, 8);
  const n = <usize>load<u32>(form, 12);
  if (place == SYMBOL_PLACE) {
    if (at(from + 1 + n) != PLUS || !same(from + 1, symbol, n)) return 0;
  } else if (place == RETURN_PLACE) {
    if (
      close <= from + n ||
      at(close - n - 1) != SPACE ||
      at(close - n - 2) != MINUS ||
      !same(close - n, symbol, n)
    )
      return 0;
  } else if (plus != 0 || (less != 0) != (place == HEX_RETURN_PLACE)) return 0;
  return close + 1;
}

/** Puts the fields that begin at `from` into `args`; gives the end of the line, or 0: it has another form. */
export function readPairs(form: usize, from: usize, args: usize): usize {
  const count = load<u32>(form, 16);
  let field = form + FORM;
  let i = from;
  for (let f: u32 = 0; f < count; f++, field += 1 << FIELD_SHIFT) {
    const n = <usize>load<u32>(field, 4);
    if (!same(i, load<u32>(field), n)) return 0;
    i += n;
    if (at(i) == QUOTE) return 0;
    const wishes = load<u32>(field, 12);
    if (wishes != 0) {
      if (at(i) == SPACE || at(i) == OPEN) return 0;
      const behind = parse(i);
      if (behind == ODD) return 0;
      let wish = <usize>load<u32>(field, 8);
      for (let w: u32 = 0; w < wishes; w++, wish += 1 << WISH_SHIFT)
        store<f64>(args + load<u32>(wish), behind == NONE ? NaN : as(load<u32>(wish, 4)));
      if (behind != NONE) i = behind;
    }
    i = blankOrEnd(i);
    if (at(i) == LF) return f + 1 == count ? i : 0;
    i++;
  }
  // Something is behind the fields.
  return at(i) == LF ? i : 0;
}

/** Reads the fields of another form of the same body; false: it cannot. */
export function readBody(form: usize, body: usize, args: usize): bool {
  const fields = overPlace(form, body);
  return fields != 0 && readPairs(form, skipBlanks(fields), args) != 0;
}

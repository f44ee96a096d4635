import type { PointerTable } from '../pointers.js';
import {
  CLOSE,
  COMMA,
  EQUALS,
  HEX,
  indexIn,
  LESS,
  MINUS,
  matches,
  OPEN,
  PLUS,
  QUOTE,
  SPACE,
  skipBlanks,
  WORD,
} from './bytes.js';
import {
  HEX_RETURN_PLACE,
  type Kind,
  MAX_WAITING,
  NO_FIELDS,
  NO_PLACE,
  PAIRS,
  RETURN_PLACE,
  SYMBOL_PLACE,
} from './kind.js';
import { bodyStart } from './learn.js';
import type { Value } from './value.js';

const NOTHING: Buffer = Buffer.alloc(0);

/**
 * Reads the fields of lines by position: the n-th field of a kind is expected where the n-th was. `false` means that
 * the line is of another kind.
 */
export class FieldReader {
  /** Where the fields of the last body began. */
  fieldsFrom = 0;
  /** The last body had something between or behind its fields: perhaps another record, glued to a cut one. */
  doubtful = false;
  /** Between two fields there may be what looks like a further one: the value of a field nobody quoted. */
  lenient = false;
  /** The line whose fields wait, and where each stands. */
  #kind: Kind | null = null;
  #buf = NOTHING;
  #end = 0;
  readonly #places = new Int32Array(MAX_WAITING);

  constructor(
    private readonly value: Value,
    private readonly pointers: PointerTable,
    private readonly args: Float64Array,
  ) {}

  /** Reads the fields of the last line that could wait. */
  load(): void {
    const kind = this.#kind;
    if (kind === null) return;
    for (let i = 0; i < kind.waiting.length; i++) {
      const f = kind.waiting[i];
      this.#read(kind, f, this.#buf, this.#places[f], this.#end);
    }
    this.#kind = null;
  }

  /** The next fields are of this line. */
  #begin(kind: Kind, buf: Buffer, end: number): void {
    this.#kind = kind;
    this.#buf = buf;
    this.#end = end;
  }

  /** A body as `learnBody` describes them. */
  body(kind: Kind, buf: Buffer, from: number, end: number): boolean {
    const { place, style } = kind.form;
    // (A system call's arguments or its result: an event of the same name is another kind.)
    if (style !== PAIRS && style !== NO_FIELDS) return false;
    let i = from;
    this.doubtful = false;
    this.#begin(kind, buf, end);
    if (place === NO_PLACE) {
      i = bodyStart(buf, i, end);
      this.fieldsFrom = i;
      return style === PAIRS ? this.#pairs(kind, buf, i, end) : !isPlace(buf, i) && !isPair(buf, i, end);
    }
    if (buf[i] !== OPEN) i = bodyStart(buf, i, end);
    i = stepOverPlace(kind, buf, i, end);
    if (i < 0) return false;
    this.fieldsFrom = i;
    return style === NO_FIELDS ? i >= end : this.#pairs(kind, buf, i, end);
  }

  /** `vma=0x… addr=0x…` */
  #pairs(kind: Kind, buf: Buffer, from: number, end: number): boolean {
    const { keys, count, wishAt } = kind;
    let i = from;
    for (let f = 0; f < count; f++) {
      const key = keys[f];
      const n = key.length;
      if (!matches(buf, i, end, key)) {
        // A value with blanks in it, or something between the pairs.
        const expected = f === 0 ? from : i;
        i = findKey(buf, f === 0 ? from : i - 1, end, key, from);
        if (i < 0 || (!this.lenient && anotherPair(buf, expected, i))) return false;
        this.doubtful = true;
      }
      i += n;
      if (f === 0 && kind.hidden > 0 && !matches(buf, i, end, kind.symbol)) return false;
      if (buf[i] === QUOTE && f + 1 < count) {
        // What is quoted may look like the next field: a task can name itself anything.
        const close = lastQuote(buf, i + 1, end, keys[f + 1]);
        if (wishAt[f] !== wishAt[f + 1]) this.wish(kind, f, buf, i, end);
        if (close > 0) i = close;
      } else if (wishAt[f] !== wishAt[f + 1]) i = this.wish(kind, f, buf, i, end);
      while (i < end && buf[i] !== SPACE) i++;
      i++;
    }
    if (i >= end) return true;
    this.doubtful = true;
    return this.lenient || !anotherPair(buf, i, end);
  }

  /** Arguments behind an opening parenthesis, as `learnArguments` describes them; `end` is the closing one. */
  list(kind: Kind, buf: Buffer, from: number, end: number): boolean {
    const { keys, count, wishAt } = kind;
    this.fieldsFrom = from;
    this.#begin(kind, buf, end);
    let i = skipBlanks(buf, from, end);
    for (let f = 0; f < count; f++) {
      const key = keys[f];
      if (i >= end || !matches(buf, i, end, key)) return false;
      i += key.length;
      if (wishAt[f] !== wishAt[f + 1]) this.wish(kind, f, buf, i, end);
      while (
        i < end &&
        !(
          buf[i] === COMMA &&
          buf[i + 1] === SPACE &&
          (f + 1 === count || matches(buf, i + 2, end, keys[f + 1]))
        )
      )
        i++;
      i += 2;
    }
    return i >= end;
  }

  /** One value; `from` is where it stands. */
  single(kind: Kind, buf: Buffer, from: number, end: number): boolean {
    this.fieldsFrom = from;
    this.#begin(kind, buf, end);
    this.wish(kind, 0, buf, from, end);
    return true;
  }

  /** Field `f` was asked for, and its value stands at `at`. Returns a place up to which there is nothing but that. */
  wish(kind: Kind, f: number, buf: Buffer, at: number, end: number): number {
    if (kind.waits[f] !== 1) return this.#read(kind, f, buf, at, end);
    this.#places[f] = at;
    return at;
  }

  /** Puts the field into the slots that were asked for. */
  #read(kind: Kind, f: number, buf: Buffer, at: number, end: number): number {
    const { wishAt, slots, codes } = kind;
    let i = at;
    // `ret=(1)` of tracefs' fields option, `address= (0x401570)` of trace-cmd 3.3 -R
    if (buf[i] === SPACE) i++;
    if (buf[i] === OPEN) i++;
    const behind = this.value.parse(buf, i, end, kind.form.bareHex);
    const found = behind >= 0;
    const last = wishAt[f + 1];
    for (let w = wishAt[f]; w < last; w++) {
      this.args[slots[w]] = found ? this.value.as(codes[w], this.pointers) : Number.NaN;
    }
    // (In `( 12)` the blank is part of the value.)
    return found && i === at ? behind : at;
  }
}

/** Behind the parenthesis of a probe and its blanks; -1 when it is another one's. */
export function stepOverPlace(kind: Kind, buf: Buffer, from: number, end: number): number {
  if (buf[from] !== OPEN) return -1;
  const close = indexIn(buf, CLOSE, from, end);
  if (close < 0) return -1;
  const { symbol } = kind;
  const n = symbol.length;
  switch (kind.form.place) {
    case SYMBOL_PLACE:
      if (buf[from + 1 + n] !== PLUS || !matches(buf, from + 1, close, symbol)) return -1;
      break;
    case RETURN_PLACE:
      if (
        close - n <= from ||
        buf[close - n - 1] !== SPACE ||
        buf[close - n - 2] !== MINUS ||
        !matches(buf, close - n, close, symbol)
      )
        return -1;
      break;
    default:
      if (!sameAddressForm(kind, buf, from + 1, close)) return -1;
  }
  return close + 1 < end ? skipBlanks(buf, close + 1, end) : end;
}

/** An address, or two with an arrow between them, as the kind has it; a symbol has a `+`. */
function sameAddressForm(kind: Kind, buf: Uint8Array, from: number, to: number): boolean {
  let arrow = false;
  for (let i = from; i < to; i++) {
    if (buf[i] === PLUS) return false;
    if (buf[i] === LESS) arrow = true;
  }
  return arrow === (kind.form.place === HEX_RETURN_PLACE);
}

/** A body of a kind without pairs begins like a probe's: `(ffffffffa67b2c84)`, `(sym+0x…`. */
function isPlace(buf: Uint8Array, at: number): boolean {
  return (
    buf[at] === OPEN &&
    HEX[buf[at + 1]] >= 0 &&
    HEX[buf[at + 2]] >= 0 &&
    HEX[buf[at + 3]] >= 0 &&
    HEX[buf[at + 4]] >= 0
  );
}

/** `vma=…` */
function isPair(buf: Uint8Array, from: number, end: number): boolean {
  let i = from;
  while (i < end && WORD[buf[i]] === 1) i++;
  return i > from && buf[i] === EQUALS;
}

/** The value position of ` key=`, or of `key=` at `first`. */
function findKey(buf: Buffer, from: number, end: number, key: Uint8Array, first: number): number {
  for (let i = from; i + key.length <= end; i++) {
    if (buf[i] === key[0] && (i === first || buf[i - 1] === SPACE) && matches(buf, i, end, key)) return i;
  }
  return -1;
}

/** Behind the last `"` that the next field follows; -1: there is none. */
function lastQuote(buf: Uint8Array, from: number, end: number, key: Uint8Array): number {
  for (let i = end - 1; i >= from; i--) {
    if (buf[i] === QUOTE && buf[i + 1] === SPACE && matches(buf, i + 2, end, key)) return i + 1;
  }
  return -1;
}

const PAIR = /(^| )[A-Za-z_]\w*=/;

/** Whether the rest of a line has a further field; a mere tail (`(4096)` of the fields option) has none. */
function anotherPair(buf: Buffer, from: number, end: number): boolean {
  return from < end && PAIR.test(buf.toString('latin1', from, end));
}

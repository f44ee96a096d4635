/** What is known of a record before its turn in the order, besides the number of its binding: nobody wants it; nothing yet. */
export const IGNORED = -1;
export const UNDECIDED = 0;

/** Columns: bytes that the record must have; offset in words and value of the first and last word of the address; code. */
const [NEED, FIRST_AT, FIRST, LAST_AT, LAST, CODE] = [0, 1, 2, 3, 4, 5];
const COLUMNS = 6;
const NO_RECORD = 0x7fffffff;

/** The current binding of each event id, in one array of numbers: it is asked for every record of a trace. */
export class KindTable {
  readonly #rows: Int32Array;
  readonly #count: number;

  constructor(count: number) {
    this.#count = count;
    this.#rows = new Int32Array(count * COLUMNS);
    for (let id = 0; id < count; id++) this.#rows[id * COLUMNS + NEED] = NO_RECORD;
  }

  /** Records of this event, with these words as the function's address (`addressAt` < 0: it has none), are of this code. */
  set(
    id: number,
    minimum: number,
    addressAt: number,
    addressSize: number,
    first: number,
    last: number,
    code: number,
  ): void {
    const row = id * COLUMNS;
    const without = addressAt < 0;
    this.#rows[row + NEED] = without ? minimum : Math.max(minimum, addressAt + addressSize);
    this.#rows[row + FIRST_AT] = without ? -1 : addressAt >>> 2;
    this.#rows[row + FIRST] = first;
    this.#rows[row + LAST_AT] = (addressAt + addressSize - 4) >>> 2;
    this.#rows[row + LAST] = last;
    this.#rows[row + CODE] = code;
  }

  /** The code of an intact record of `length` bytes at `at`. */
  code(id: number, words: Int32Array, at: number, length: number): number {
    if (id >= this.#count) return UNDECIDED;
    const rows = this.#rows;
    const row = id * COLUMNS;
    if (length < rows[row + NEED]) return UNDECIDED;
    const firstAt = rows[row + FIRST_AT];
    if (firstAt >= 0) {
      const base = at >>> 2;
      if (words[base + firstAt] !== rows[row + FIRST]) return UNDECIDED;
      if (words[base + rows[row + LAST_AT]] !== rows[row + LAST]) return UNDECIDED;
    }
    return rows[row + CODE];
  }
}

// Puts the records of all streams into the order of `trace-cmd report`, and fetches their fields.
import { table } from './memory';
import { beginRows } from './brackets';
import { NO_PID, ROW, ROWS, rows } from './row';
import { write } from './rows';
import { Stream } from './stream';

// Why a merge stops; the codes of decoder.ts.
const ALL_DONE = 0;
const ROWS_FULL = 1;
const NEEDS_PAGE = 2;
const TO_TELL = 3;

let made = 0;

/** How many rows there are after `merge`. */
export function rowCount(): i32 {
  return made;
}

/** The stream that runs; the others are in a binary heap, the earliest first. */
let current: usize = 0;
let heap: usize = 0;
let heapSize = 0;

/** Room for so many streams. */
export function expect(streams: i32): void {
  heap = table((<usize>streams) << 2);
  heapSize = 0;
  current = 0;
}

/** This stream has records. */
export function join(stream: usize): void {
  let i = heapSize++;
  while (i > 0) {
    const parent = (i - 1) >> 1;
    if (!before(stream, at(parent))) break;
    put(i, at(parent));
    i = parent;
  }
  put(i, stream);
}

/** Index of the stream that `merge` stopped at. */
export function running(): i32 {
  return changetype<Stream>(current).index;
}

/** The stream that runs has no more records. */
export function leave(): void {
  current = pop();
}

/** Makes rows, behind those of the call before or anew, until there are enough or something else is to be done; says which. */
export function merge(goesOn: bool): i32 {
  if (!goesOn) {
    made = 0;
    beginRows();
  }
  let count = made;
  let row = rows + <usize>count * ROW;
  let why = ALL_DONE;
  if (current == 0) current = pop();
  while (current != 0) {
    const stream = changetype<Stream>(current);
    let limit = Infinity;
    let inclusive = false;
    if (heapSize > 0) {
      const rival = changetype<Stream>(at(0));
      limit = rival.t;
      inclusive = stream.index < rival.index;
    }
    let t = stream.t;
    while (t < limit || (inclusive && t == limit)) {
      if (stream.pending != 0) {
        why = TO_TELL;
        break;
      }
      if (count == ROWS) {
        why = ROWS_FULL;
        break;
      }
      take(stream, t, row);
      row += ROW;
      count++;
      const next = ++stream.next;
      if (next == stream.count) {
        why = NEEDS_PAGE;
        break;
      }
      t = stream.t = load<f64>(stream.times + (next << 3));
    }
    if (why != ALL_DONE) break;
    // Another one is earlier now.
    const earlier = at(0);
    put(0, current);
    current = earlier;
    sink(0);
  }
  made = count;
  return why;
}

function take(stream: Stream, t: f64, row: usize): void {
  const place = stream.places + <usize>stream.next * 12;
  const from = load<u32>(place);
  const origin = stream.originBase + <f64>(from >>> stream.originShift);
  write(row, t, origin, load<i32>(place, 8), NO_PID, stream.cpu, from, load<i32>(place, 4));
}

function at(i: i32): usize {
  return load<u32>(heap + ((<usize>i) << 2));
}

function put(i: i32, stream: usize): void {
  store<u32>(heap + ((<usize>i) << 2), stream);
}

function before(a: usize, b: usize): bool {
  const x = changetype<Stream>(a);
  const y = changetype<Stream>(b);
  return x.t < y.t || (x.t == y.t && x.index < y.index);
}

/** Takes the earliest out of the heap. */
function pop(): usize {
  if (heapSize == 0) return 0;
  const top = at(0);
  heapSize--;
  if (heapSize > 0) {
    put(0, at(heapSize));
    sink(0);
  }
  return top;
}

function sink(from: i32): void {
  let i = from;
  const stream = at(i);
  for (;;) {
    let child = 2 * i + 1;
    if (child >= heapSize) break;
    if (child + 1 < heapSize && before(at(child + 1), at(child))) child++;
    if (!before(at(child), stream)) break;
    put(i, at(child));
    i = child;
  }
  put(i, stream);
}

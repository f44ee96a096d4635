// Goes over the lines of a block of text: passes over those that nobody wants, and makes rows of records that are
// written like those before them. Every other line is left to the reader.
import { beginRows, bracket } from '../brackets';
import { table } from '../memory';
import { partOf } from '../plans';
import { ARGUMENTS, putHead, ROW, ROWS, rows } from '../row';
import { codeOf, overPlace, readPairs } from './body';
import { at, before, CLOSE_BRACKET, isDigit, lineEnd, marks, skipBlanks } from './bytes';
import { commOf } from './comms';
import { commFrom, commTo, cpu, pid, readHead, t, wordOf } from './head';
import { findWord, formOf, SKIPPED, WANTED, whatOf, wordEnd } from './words';

// Times of the last records, as text/times.ts has them: f64 of all, of those without a CPU, of each CPU.
const CPUS = 4096;
const CPU_TIMES: usize = 16;
export const timeCount = CPUS + 2;
export const times: usize = table((<usize>timeCount) << 3);

/** Lines may hold a second record, glued to a cut one. */
let mayGlue = false;

export function setGlue(may: bool): void {
  mayGlue = may;
}

let passed: u32 = 0;
let made: u32 = 0;
let full = false;

/** Lines that the last `readLines` passed over, rows that it made, and whether there was room for no more. */
export function linesPassed(): u32 {
  return passed;
}
export function linesMade(): u32 {
  return made;
}
export function rowsFull(): bool {
  return full;
}

/**
 * Reads the whole lines in [from, end), of which the first one has the number `line`, up to one that is left to the
 * reader: gives its place, or `end`.
 */
export function readLines(from: usize, end: usize, line: f64): usize {
  passed = 0;
  made = 0;
  full = false;
  beginRows();
  let row = rows;
  const lastRow = rows + ROWS * ROW;
  let i = from;
  while (i < end) {
    const start = wordOf(i, end);
    if (start == 0) break;
    const stop = wordEnd(start);
    const word = findWord(start, stop);
    if (word == 0) break;
    const what = whatOf(word);
    if (what == SKIPPED) {
      const next = skipped(word, stop);
      if (next == 0) break;
      i = next + 1;
      passed++;
    } else if (what == WANTED) {
      if (row == lastRow) {
        full = true;
        break;
      }
      const next = wanted(word, i, stop, row, line + <f64>(passed + made));
      if (next == 0) break;
      i = next + 1;
      made++;
      row += ROW;
    } else break;
  }
  return i;
}

/** The end of a line that nobody wants; 0: it may be something else. */
function skipped(word: usize, from: usize): usize {
  if (overPlace(formOf(word), from) == 0) return 0;
  const end = lineEnd(from);
  return mayGlue && hasBracket(from, end) ? 0 : end;
}

/** A second `[001]` in the line: it deserves a closer look (Glue of text/glue.ts). */
function hasBracket(from: usize, end: usize): bool {
  for (let i = from; i < end; i += 8)
    for (let found = marks(load<u64>(i), CLOSE_BRACKET); found != 0; found &= found - 1) {
      const place = i + before(found);
      if (place < end && at(place) == CLOSE_BRACKET && isDigit(at(place - 1))) return true;
    }
  return false;
}

/** Makes a row of a line; gives its end, or 0. */
function wanted(word: usize, from: usize, stop: usize, row: usize, line: f64): usize {
  if (!readHead(from) || cpu >= CPUS || t < load<f64>(times)) return 0;
  const form = formOf(word);
  const body = skipBlanks(stop);
  const fields = overPlace(form, body);
  if (fields == 0) return 0;
  const end = readPairs(form, skipBlanks(fields), row + ARGUMENTS);
  if (end == 0) return 0;
  store<f64>(times, t);
  store<f64>(times + CPU_TIMES + ((<usize>cpu) << 3), t);
  const code = codeOf(form);
  putHead(row, t, line, code, pid, cpu, body, commOf(pid, commFrom, commTo));
  bracket(partOf(code), row);
  return end;
}

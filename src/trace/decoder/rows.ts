import { BRACKET_ARGS } from '../record.js';
import type { Decoder } from './decoder.js';
import { HOST_LITTLE_ENDIAN } from './host.js';

// A row of assembly/rows.ts: what is known of a record before its turn, and its fields. In bytes, doubles and words.
export const ROW_BYTES = 208;
export const ROW_DOUBLES = ROW_BYTES / 8;
export const ROW_WORDS = ROW_BYTES / 4;
/** How many there are. */
export const ROWS = 256;
/** Doubles of a row. */
export const [T, ORIGIN, ARGS] = [0, 1, BRACKET_ARGS];
/** Words of a row. Of a bracket's first row: how many it has (of its others: -1), and its shape; of each but the last: the word where the next one is. */
export const [CODE, PID, CPU, AT, LENGTH, NEXT, COUNT, SHAPE] = [4, 5, 6, 7, 8, 9, 10, 11];

/** PID of a row whose thread the record itself tells. */
export const NO_PID = -0x80000000;

/**
 * WebAssembly has the low byte first on every machine. On one that has not, rows that it made are turned before they
 * are read as numbers of this machine.
 */
export function turnRows(decoder: Decoder, at: number, count: number): void {
  if (HOST_LITTLE_ENDIAN) return;
  for (let row = at; row < at + count * ROW_BYTES; row += ROW_BYTES) {
    for (const i of [T, ORIGIN]) turnDouble(decoder.view, row + i * 8);
    for (const i of [CODE, PID, CPU, AT, LENGTH, NEXT, COUNT, SHAPE]) turnWord(decoder.view, row + i * 4);
    turnArguments(decoder, row);
  }
}

export function turnArguments(decoder: Decoder, row: number): void {
  if (HOST_LITTLE_ENDIAN) return;
  for (let i = ARGS; i < ROW_DOUBLES; i++) turnDouble(decoder.view, row + i * 8);
}

export function turnWords(decoder: Decoder, at: number, count: number): void {
  if (HOST_LITTLE_ENDIAN) return;
  for (let i = 0; i < count; i++) turnWord(decoder.view, at + i * 4);
}

function turnDouble(view: DataView, at: number): void {
  view.setFloat64(at, view.getFloat64(at, true), false);
}

function turnWord(view: DataView, at: number): void {
  view.setInt32(at, view.getInt32(at, true), false);
}

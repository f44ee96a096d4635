import { BRACKET_ARGS } from '../record.js';

// A row of assembly/rows.ts: what is known of a record before its turn, and its fields. In bytes, doubles and words.
export const ROW_BYTES = 208;
export const ROW_DOUBLES = ROW_BYTES / 8;
export const ROW_WORDS = ROW_BYTES / 4;
/** How many there are. */
export const ROWS = 1024;
/** Doubles of a row. */
export const [T, ORIGIN, ARGS] = [0, 1, BRACKET_ARGS];
/** Words of a row. Of a bracket's first row: how many it has (of its others: -1), and its shape (of a series: the part, negative); of each but the last: the word where the next one is. */
export const [CODE, PID, CPU, AT, LENGTH, NEXT, COUNT, SHAPE] = [4, 5, 6, 7, 8, 9, 10, 11];

/** PID of a row whose thread the record itself tells. */
export const NO_PID = -0x80000000;

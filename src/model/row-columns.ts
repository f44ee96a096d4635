/** Columns of a row (rows.ts): doubles, and small integers. In a file that imports nothing: the bundler writes the numbers in their place. */
export const PFN = 0;
export const BEGIN = 1;
export const BEGIN_SEQ = 2;
export const BEGIN_ORIGIN = 3;
export const DOUBLES = 4;
/** How much later the end is than the beginning, and both CPUs and what else it came to in halves of a number. */
export const DURATION = 0;
export const SEQS = 1;
export const ORIGINS = 2;
export const CPUS = 3;
export const PID = 4;
export const SYMBOL_RESULT = 5;
export const INTEGERS = 6;
/** Of a free row: the next one that is free. */
export const NEXT = 0;
/** What half of a number holds, its sign aside. */
export const HALF = 0x7fff;
/** Rows that are allocated at a time: a power of two. */
export const CHUNK_BITS = 10;
export const CHUNK = 1024;

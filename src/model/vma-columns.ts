/** Columns of the numbers of a VMA (vma-numbers.ts). In a file that imports nothing: the bundler writes the numbers in their place. */
export const START = 0;
export const END = 1;
export const PGOFF = 2;
export const FIRST_SEEN = 3;
export const CREATED = 4;
export const UNLINKED = 5;
export const REMOVED = 6;
export const LINK_T = 7;
export const LINK_SEQ = 8;
export const LINK_ORIGIN = 9;
/** Of the task, and the CPU. */
export const LINK_PID_CPU = 10;
export const FURTHER_PAGES = 11;
export const VISIT_BEGIN = 12;
export const VISIT_END = 13;
export const VISIT_BEGIN_SEQ = 14;
/** How many records it took, and the CPU. */
export const VISIT_SEQS_CPU = 15;
export const VISIT_FROM = 16;
export const VISIT_TO = 17;
export const FRAMED_AT = 18;
export const COLUMNS = 19;

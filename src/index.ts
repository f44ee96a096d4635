/** The library: one function, the records it gives, and the errors it throws. */

export type { AnalyzeOptions } from './analyze.js';
export { analyze } from './analyze.js';
export * from './report/records.js';
export { InputError } from './trace/reader.js';
export { VERSION } from './version.js';

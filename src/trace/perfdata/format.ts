import type { TraceFormat } from '../reader.js';
import { perfMagic } from './header.js';
import { PerfDataReader } from './reader.js';

/** perf.data of perf record, file and pipe form, both byte orders. The source must be a regular file. */
export const perfDataFormat: TraceFormat = {
  name: 'perf.data',
  sniff: (head) => (perfMagic(head) === 0 ? 0 : 1),
  open: (source) => new PerfDataReader(source),
};

import type { TraceFormat } from '../reader.js';
import { hasDatMagic } from './preamble.js';
import { DatReader } from './reader.js';

/** trace.dat of trace-cmd, versions 6 and 7. The source must be a regular file. */
export const traceDatFormat: TraceFormat = {
  name: 'trace.dat',
  sniff: (head) => (hasDatMagic(head) ? 1 : 0),
  open: (source) => new DatReader(source),
};

import type { TraceFormat } from '../reader.js';
import { TextReader } from './reader.js';
import { sniffPerfScript, sniffTraceCmdReport, sniffTracefs } from './sniff.js';

/** What `trace-cmd report` prints, of any version and with any of its options. */
export const traceCmdReportFormat: TraceFormat = {
  name: 'trace-cmd-report',
  sniff: sniffTraceCmdReport,
  open: (source) => new TextReader(source, 'trace-cmd-report'),
};

/** tracefs' files `trace` and `trace_pipe`. */
export const tracefsFormat: TraceFormat = {
  name: 'tracefs',
  sniff: sniffTracefs,
  open: (source) => new TextReader(source, 'tracefs'),
};

/** What `perf script` prints. */
export const perfScriptFormat: TraceFormat = {
  name: 'perf-script',
  sniff: sniffPerfScript,
  open: (source) => new TextReader(source, 'perf-script'),
};

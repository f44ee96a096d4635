import { type Bytes, MemoryBytes } from '../binary/bytes.js';
import { Cursor, latin1, utf8 } from '../binary/cursor.js';
import type { DiagnosticLog } from '../binary/diagnostics.js';
import { EventTable } from '../binary/event-table.js';
import { readEventFormats, readFtraceFormats, readHeaderInfo, sizedText } from '../binary/parts.js';
import { InputError } from '../reader.js';

/** The event formats that perf record took along. */
export interface TracingData {
  readonly events: EventTable;
  readonly kallsyms: Uint8Array;
  readonly cmdlines: string;
  readonly littleEndian: boolean;
}

/**
 * Reads the tracing data: `17 08 44 "tracing" "0.6\0"`, byte order, long size, page size, then the same parts as in a
 * trace.dat: header_page, ftrace formats, event formats, kallsyms (mostly empty), printk formats, and in 0.6 the saved
 * cmdlines. What comes behind a damaged part is left out, with a diagnostic.
 */
export function readTracingData(bytes: Bytes, at: number, size: number, log: DiagnosticLog): TracingData {
  const start = new Cursor(bytes, at, true, Math.min(bytes.size, at + size));
  const magic = latin1(start.take(10, 'the tracing data'));
  if (magic !== '\x17\x08\x44tracing') {
    start.at = at;
    throw start.error('bad-tracing-data', 'expected tracing data (17 08 44 "tracing"), found other bytes');
  }
  const version = start.string('the tracing data version', 16);
  const littleEndian = start.u8('the byte order') === 0;
  const longSize = start.u8('the size of long');
  const cursor = new Cursor(bytes, start.at, littleEndian, start.end);
  cursor.u32('the page size');
  const events = new EventTable(longSize === 4 ? 4 : 8);
  const data = { events, kallsyms: new Uint8Array(0), cmdlines: '', littleEndian };
  try {
    events.longSize = readHeaderInfo(cursor).commitSize;
    readFtraceFormats(cursor, events, log);
    readEventFormats(cursor, events, log);
    data.kallsyms = sizedText(cursor, 4, 'kallsyms').slice();
    sizedText(cursor, 4, 'the printk formats');
    if (Number(version) >= 0.6) data.cmdlines = utf8(sizedText(cursor, 8, 'the saved cmdlines'));
  } catch (e) {
    if (!(e instanceof InputError)) throw e;
    log.add('bad-tracing-data', 'error', `tracing data is damaged: ${e.message}`, e.origin);
  }
  return data;
}

/** Tracing data that came as bytes behind a record. */
export function tracingDataOf(
  input: string,
  data: Uint8Array,
  fileAt: number,
  log: DiagnosticLog,
): TracingData {
  return readTracingData(new MemoryBytes(input, data, fileAt), 0, data.length, log);
}

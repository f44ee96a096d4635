import { type Cursor, latin1, shown } from './cursor.js';
import type { DiagnosticLog } from './diagnostics.js';
import { parseField } from './event-format.js';
import type { EventTable } from './event-table.js';

/** Where the fields of a sub-buffer's header are, from `header_page`. */
export interface PageHeader {
  /** Size of the kernel's `long`: of the commit word and of the stored count of lost events. */
  readonly commitSize: 4 | 8;
  readonly commitAt: number;
  readonly dataAt: number;
  /** Bytes of a sub-buffer, header and data; 0 when unknown. */
  readonly size: number;
}

/** The largest text that is taken into memory at once (kallsyms is the largest: about 12 MB). */
const MAX_TEXT = 64 * 1024 * 1024;

/** A text preceded by its length (u64 or u32). */
export function sizedText(cursor: Cursor, lengthSize: 4 | 8, what: string): Uint8Array {
  const length = lengthSize === 8 ? cursor.u64(`the length of ${what}`) : cursor.u32(`the length of ${what}`);
  if (length > cursor.left)
    throw cursor.error('bad-length', `${what} claims ${length} bytes, but only ${cursor.left} are left`);
  if (length > MAX_TEXT)
    throw cursor.error('bad-length', `${what} claims ${length} bytes, more than the ${MAX_TEXT} allowed`);
  return cursor.copy(length, what);
}

/**
 * The HEADER_INFO part: `header_page` tells where a sub-buffer's commit word and data are and, by the size of the
 * commit word, the size of the kernel's long; `header_event` describes the record header, which never changed.
 *
 *     	field: u64 timestamp;	offset:0;	size:8;	signed:0;
 *     	field: local_t commit;	offset:8;	size:8;	signed:1;
 *     	field: int overwrite;	offset:8;	size:1;	signed:1;
 *     	field: char data;	offset:16;	size:4080;	signed:0;
 */
export function readHeaderInfo(cursor: Cursor): PageHeader {
  const at = cursor.at;
  const name = latin1(cursor.take(12, 'header_page'));
  if (name !== 'header_page\0') {
    cursor.at = at;
    throw cursor.error('bad-header', `expected "header_page", found "${shown(name)}"`);
  }
  const page = parsePageHeader(latin1(sizedText(cursor, 8, 'the header_page text')));
  if (page === null)
    throw cursor.error('bad-header', 'expected the fields commit and data in header_page, found others');
  const event = latin1(cursor.take(13, 'header_event'));
  if (event !== 'header_event\0')
    throw cursor.error('bad-header', `expected "header_event", found "${shown(event)}"`);
  sizedText(cursor, 8, 'the header_event text');
  return page;
}

export function parsePageHeader(text: string): PageHeader | null {
  const fields = [...text.matchAll(/field:([^;\n]{0,200});\s*offset:(\d+);\s*size:(\d+);/g)].map((m) =>
    parseField(m[1], Number(m[2]), Number(m[3]), '0', 8),
  );
  const commit = fields.find((f) => f?.name === 'commit');
  const data = fields.find((f) => f?.name === 'data');
  if (!commit || !data || (commit.size !== 4 && commit.size !== 8)) return null;
  if (commit.offset < 8 || data.offset < commit.offset + commit.size || data.offset > 64) return null;
  return {
    commitSize: commit.size,
    commitAt: commit.offset,
    dataAt: data.offset,
    size: data.offset + data.size,
  };
}

/** The header of a usual page, for a file whose header_page cannot be read. */
export function usualPageHeader(longSize: 4 | 8): PageHeader {
  return { commitSize: longSize, commitAt: 8, dataAt: 8 + longSize, size: 0 };
}

/** The FTRACE_EVENTS part: u32 count, then a sized text for each format of the system `ftrace`. */
export function readFtraceFormats(cursor: Cursor, events: EventTable, log: DiagnosticLog): void {
  readFormats(cursor, 'ftrace', events, log);
}

/** The EVENT_FORMATS part: u32 systems, for each its name and its formats. */
export function readEventFormats(cursor: Cursor, events: EventTable, log: DiagnosticLog): void {
  const systems = cursor.u32('the number of event systems');
  for (let i = 0; i < systems; i++) readFormats(cursor, cursor.string('a system name'), events, log);
}

function readFormats(cursor: Cursor, system: string, events: EventTable, log: DiagnosticLog): void {
  const name = shown(system);
  const count = cursor.u32(`the number of ${name} events`);
  for (let i = 0; i < count; i++) {
    const at = cursor.at;
    const text = sizedText(cursor, 8, `an event format of ${name}`);
    if (!events.add(system, text))
      log.add('bad-format', 'error', `an event format of ${name} has no usable ID`, cursor.bytes.origin(at));
  }
}

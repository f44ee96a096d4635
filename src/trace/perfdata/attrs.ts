import type { Bytes, FileBytes } from '../binary/bytes.js';
import { Cursor } from '../binary/cursor.js';
import type { DiagnosticLog } from '../binary/diagnostics.js';
import { InputError } from '../reader.js';
import { readAttr } from './attr.js';
import type { RecordedEvents } from './events.js';
import type { PerfHeader } from './header.js';
import { RECORD_HEADER } from './layout.js';

/** A section of ids: u64 offset, u64 size. */
const IDS = 16;
const [MIN_ENTRY, MAX_ENTRY] = [64 + IDS, 4096 + IDS];

/**
 * Reads the attribute section of the file form: attributes, each followed by the section of its event ids. One that
 * is damaged is left out; its samples are then of an unknown id.
 */
export function readAttrs(
  file: FileBytes,
  header: PerfHeader,
  events: RecordedEvents,
  log: DiagnosticLog,
): void {
  const { attrs, attrSize, littleEndian } = header;
  const cursor = new Cursor(file, attrs.offset, littleEndian);
  if (attrSize < MIN_ENTRY || attrSize > MAX_ENTRY)
    throw cursor.error(
      'bad-header',
      `expected attributes of ${MIN_ENTRY} to ${MAX_ENTRY} bytes, found ${attrSize}`,
    );
  if (attrs.size > cursor.left)
    throw cursor.error(
      'bad-length',
      `attributes claim ${attrs.size} bytes, but only ${cursor.left} are left`,
    );
  const count = Math.floor(attrs.size / attrSize);
  if (count === 0) throw cursor.error('no-attrs', 'expected attributes of the recorded events, found none');
  // Each id stands once in the file: more of them than fit is damage.
  const room = { left: file.size };
  let damage: InputError | null = null;
  for (let i = 0; i < count; i++) {
    cursor.at = attrs.offset + i * attrSize;
    try {
      readEntry(cursor, attrSize, events, room);
    } catch (e) {
      if (!(e instanceof InputError)) throw e;
      damage = e;
      log.add('bad-attr', 'error', `an event is left out: ${e.message}`, e.origin);
    }
  }
  if (events.count === 0 && damage !== null) throw damage;
}

function readEntry(cursor: Cursor, attrSize: number, events: RecordedEvents, room: { left: number }): void {
  const { at } = cursor;
  const fileSize = cursor.bytes.size;
  const attr = readAttr(cursor, attrSize - IDS);
  cursor.at = at + attrSize - IDS;
  const offset = cursor.u64('the offset of event ids');
  const size = cursor.u64('the size of event ids');
  if (size > room.left || offset + size > fileSize)
    throw cursor.error('bad-length', `event ids claim ${size} bytes at byte ${offset} of ${fileSize}`);
  room.left -= size;
  const ids: number[] = [];
  cursor.at = offset;
  for (let k = 0; k + 8 <= size; k += 8) ids.push(cursor.u64('an event id'));
  events.add(attr, ids, at);
}

/** HEADER_ATTR of the pipe form: the attribute and, to the end of the record, its ids. `origin` is the record's. */
export function readAttrRecord(
  record: Uint8Array,
  origin: number,
  input: string,
  littleEndian: boolean,
  events: RecordedEvents,
  log: DiagnosticLog,
): void {
  const bytes: Bytes = {
    input,
    size: record.length,
    stable: true,
    read: (at, length) => record.subarray(at, at + length),
    place: (at) => `byte ${origin + at}`,
    origin: (at) => origin + at,
  };
  const cursor = new Cursor(bytes, RECORD_HEADER, littleEndian);
  try {
    const attr = readAttr(cursor, record.length - RECORD_HEADER);
    const ids: number[] = [];
    while (cursor.left >= 8) ids.push(cursor.u64('an event id'));
    events.add(attr, ids, origin);
  } catch (e) {
    if (!(e instanceof InputError)) throw e;
    log.add('bad-attr', 'error', `an event is left out: ${e.message}`, origin);
  }
}

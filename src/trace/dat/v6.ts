import type { FileBytes } from '../binary/bytes.js';
import { Cursor, latin1, shown, utf8 } from '../binary/cursor.js';
import type { DiagnosticLog } from '../binary/diagnostics.js';
import { EventTable } from '../binary/event-table.js';
import {
  type PageHeader,
  readEventFormats,
  readFtraceFormats,
  readHeaderInfo,
  sizedText,
} from '../binary/parts.js';
import { InputError } from '../reader.js';
import type { CpuRegion, DatBuffer, DatLayout, DatOptions } from './layout.js';
import { activeClock, emptyOptions, OPTION, takeOption } from './options.js';
import { type Preamble, validPageSize } from './preamble.js';
import { believedCpus, clip } from './regions.js';

/** An option of v6 that names an instance: u64 offset of its own options and offset table, then the name. */
interface Instance {
  readonly name: string;
  readonly at: number;
}

/**
 * Version 6: the parts follow each other, so one that is damaged hides those behind it. What comes before the options
 * is needed to decode anything; damage there is an InputError with its place.
 */
export function readV6(file: FileBytes, preamble: Preamble, log: DiagnosticLog): DatLayout {
  const { littleEndian } = preamble;
  const cursor = new Cursor(file, preamble.end, littleEndian);
  const page = readHeaderInfo(cursor);
  const events = new EventTable(page.commitSize);
  readFtraceFormats(cursor, events, log);
  readEventFormats(cursor, events, log);
  const kallsyms = skipText(cursor, 'kallsyms');
  skipText(cursor, 'the printk formats');
  const cmdlines = utf8(sizedText(cursor, 8, 'the saved cmdlines'));
  const cpus = cursor.u32('the number of CPUs');

  const options = emptyOptions();
  const instances: Instance[] = [];
  const tag = readTag(cursor, options, instances, log);
  if (tag === 'latency') throw latencyError(file.input, cursor.at);
  const regions = readRegions(cursor, options.cpuCount ?? cpus, file, log);
  const extra = options.cpuCount !== null && cpus < options.cpuCount;
  if (options.clock === null && extra) cursor.at += 16;
  options.clock ??= readClock(cursor, log);

  const pageSize = subBufferSize(page, preamble);
  const buffers: DatBuffer[] = [{ ...plain, name: '', pageSize, cpus: regions }];
  for (const instance of instances) {
    const buffer = readInstance(file, instance, cpus, preamble, pageSize, log);
    if (buffer !== null) buffers.push(buffer);
  }
  return {
    version: 6,
    littleEndian,
    compression: 'none',
    page,
    events,
    options,
    buffers,
    cmdlines,
    kallsyms: () => (kallsyms.length === 0 ? null : file.read(kallsyms.at, kallsyms.length).slice()),
  };
}

/**
 * The preamble has the page size of the machine; from Linux 6.8 on a sub-buffer may be several pages, which only
 * header_page tells.
 */
function subBufferSize({ size }: PageHeader, { pageSize }: Preamble): number {
  return size > pageSize && size % pageSize === 0 && validPageSize(size) ? size : pageSize;
}

const plain = { clock: null, compressed: false };

function skipText(cursor: Cursor, what: string): { at: number; length: number } {
  const length = cursor.u32(`the length of ${what}`);
  if (length > cursor.left)
    throw cursor.error('bad-length', `${what} claims ${length} bytes, but only ${cursor.left} are left`);
  const at = cursor.at;
  cursor.at += length;
  return { at, length };
}

/** Reads `options  \0` and the options, then the tag that says what follows: `flyrecord\0` or `latency  \0`. */
function readTag(
  cursor: Cursor,
  options: DatOptions,
  instances: Instance[],
  log: DiagnosticLog,
): 'flyrecord' | 'latency' {
  let tag = latin1(cursor.take(10, 'the data tag'));
  if (tag.startsWith('options')) {
    readOptions(cursor, options, instances, log);
    tag = latin1(cursor.take(10, 'the data tag'));
  }
  if (tag.startsWith('flyrecord')) return 'flyrecord';
  if (tag.startsWith('latency')) return 'latency';
  cursor.at -= 10;
  throw cursor.error('bad-tag', `expected "flyrecord" or "latency", found "${shown(tag)}"`);
}

function readOptions(cursor: Cursor, options: DatOptions, instances: Instance[], log: DiagnosticLog): void {
  for (;;) {
    const id = cursor.u16('an option id');
    if (id === OPTION.DONE) return;
    const size = cursor.u32('an option size');
    const at = cursor.at;
    if (size > cursor.left)
      throw cursor.error('bad-length', `option ${id} claims ${size} bytes, but only ${cursor.left} are left`);
    const data = cursor.copy(size, `option ${id}`);
    if (takeOption(id, data, cursor.littleEndian, at, options, log)) continue;
    if (id === OPTION.BUFFER && size >= 8) {
      const inner = new Cursor(cursor.bytes, at, cursor.littleEndian, at + size);
      instances.push({
        at: inner.u64('a buffer offset'),
        name: inner.left > 0 ? inner.string('a buffer name') : '',
      });
    } else log.add('unknown-option', 'note', `option ${id} of ${size} bytes skipped`, at);
  }
}

function readRegions(cursor: Cursor, cpus: number, file: FileBytes, log: DiagnosticLog): CpuRegion[] {
  if (cpus * 16 > cursor.left)
    throw cursor.error(
      'bad-length',
      `a table of ${cpus} CPUs does not fit into the ${cursor.left} bytes left`,
    );
  const regions: CpuRegion[] = [];
  const count = believedCpus(cpus, cursor.at, log);
  for (let cpu = 0; cpu < count; cpu++) {
    const at = cursor.at;
    const region = clip(
      { cpu, offset: cursor.u64('a CPU offset'), size: cursor.u64('a CPU size') },
      file,
      at,
      log,
    );
    if (region !== null) regions.push(region);
  }
  return regions;
}

/** The trace_clock text behind the offset table, in files that have an (empty) TRACECLOCK option. */
function readClock(cursor: Cursor, log: DiagnosticLog): string | null {
  const at = cursor.at;
  if (cursor.left < 8) return null;
  const length = cursor.u64('the length of trace_clock');
  if (length === 0 || length > 4096 || length > cursor.left) return null;
  const clock = activeClock(latin1(cursor.take(length, 'trace_clock')));
  if (clock === null) log.add('odd-clock', 'note', 'no trace_clock text where it should be', at);
  return clock;
}

function readInstance(
  file: FileBytes,
  instance: Instance,
  cpus: number,
  preamble: Preamble,
  pageSize: number,
  log: DiagnosticLog,
): DatBuffer | null {
  try {
    const cursor = new Cursor(file, instance.at, preamble.littleEndian);
    const options = emptyOptions();
    if (readTag(cursor, options, [], log) === 'latency') throw latencyError(file.input, cursor.at);
    const regions = readRegions(cursor, options.cpuCount ?? cpus, file, log);
    return { ...plain, name: instance.name, pageSize, cpus: regions };
  } catch (e) {
    if (!(e instanceof InputError)) throw e;
    log.add('bad-buffer', 'error', `buffer "${shown(instance.name)}" skipped: ${e.message}`, instance.at);
    return null;
  }
}

/** A latency tracer's trace.dat holds no records but the text of the tracefs `trace` file. */
export function latencyError(input: string, at: number): InputError {
  return new InputError(
    'latency-trace',
    `${input}: expected ring-buffer records, found the text of a latency tracer at byte ${at}; ` +
      'read that text instead: trace-cmd report FILE > trace.txt',
    input,
    at,
  );
}

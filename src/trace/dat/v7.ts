import type { FileBytes } from '../binary/bytes.js';
import { Cursor, shown, utf8 } from '../binary/cursor.js';
import type { Decompressor } from '../binary/decompress.js';
import type { DiagnosticLog } from '../binary/diagnostics.js';
import { EventTable } from '../binary/event-table.js';
import {
  type PageHeader,
  readEventFormats,
  readFtraceFormats,
  readHeaderInfo,
  sizedText,
  usualPageHeader,
} from '../binary/parts.js';
import { InputError } from '../reader.js';
import type { CpuRegion, DatBuffer, DatLayout, DatOptions } from './layout.js';
import { activeClock, emptyOptions, OPTION, takeOption } from './options.js';
import { type Preamble, validPageSize } from './preamble.js';
import { believedCpus, clip } from './regions.js';
import { openSection, readSection } from './section.js';
import { latencyError } from './v6.js';

/** What the chain of options sections says. */
interface Chain {
  readonly options: DatOptions;
  /** Section offset by option id. */
  readonly sections: Map<number, number>;
  readonly buffers: DatBuffer[];
  textBufferAt: number | null;
  /** Why the chain ends before its end. */
  damage: InputError | null;
}

/** All options sections together; they have some kB. */
const MAX_OPTIONS = 16 * 1024 * 1024;

/**
 * Version 7: a chain of OPTIONS sections names all others by offset, so a damaged section costs only itself. Without
 * event formats or buffers nothing can be decoded: InputError.
 */
export function readV7(
  file: FileBytes,
  preamble: Preamble,
  decompressor: Decompressor | null,
  log: DiagnosticLog,
): DatLayout {
  const { littleEndian } = preamble;
  const chain = readChain(file, preamble, decompressor, log);
  const open = (id: number, what: string): Cursor | null => {
    const at = chain.sections.get(id);
    if (at === undefined) return null;
    return openSection(file, at, id, what, littleEndian, decompressor);
  };
  const attempt = <T>(id: number, what: string, read: (cursor: Cursor) => T): T | null => {
    try {
      const cursor = open(id, what);
      return cursor === null ? null : read(cursor);
    } catch (e) {
      if (!(e instanceof InputError)) throw e;
      log.add('bad-section', 'error', `section "${what}" is damaged: ${e.message}`, e.origin);
      return null;
    }
  };

  let page: PageHeader | null = attempt(OPTION.HEADER_INFO, 'headers', readHeaderInfo);
  if (page === null) {
    log.add('no-page-header', 'error', 'no header_page: the usual layout is assumed', preamble.optionsAt);
    page = usualPageHeader(preamble.longSize);
  }
  const events = new EventTable(page.commitSize);
  attempt(OPTION.FTRACE_EVENTS, 'ftrace events', (c) => readFtraceFormats(c, events, log));
  attempt(OPTION.EVENT_FORMATS, 'event formats', (c) => readEventFormats(c, events, log));
  const cmdlines = attempt(OPTION.CMDLINES, 'saved cmdlines', (c) => utf8(sizedText(c, 8, 'the cmdlines')));

  const at = preamble.optionsAt;
  if (chain.buffers.length === 0) {
    if (chain.textBufferAt !== null) throw latencyError(file.input, chain.textBufferAt);
    if (chain.damage !== null) throw chain.damage;
    throw new Cursor(file, at, littleEndian).error('no-data', 'expected a BUFFER option, found none');
  }
  if (events.size === 0)
    throw new Cursor(file, at, littleEndian).error('no-formats', 'expected event formats, found none');
  return {
    version: 7,
    littleEndian,
    compression: preamble.compression,
    page,
    events,
    options: chain.options,
    buffers: chain.buffers,
    cmdlines: cmdlines ?? '',
    kallsyms: () => {
      const text = attempt(OPTION.KALLSYMS, 'kallsyms', (c) => sizedText(c, 4, 'kallsyms'));
      return text === null || text.length === 0 ? null : text;
    },
  };
}

function readChain(
  file: FileBytes,
  preamble: Preamble,
  decompressor: Decompressor | null,
  log: DiagnosticLog,
): Chain {
  const { littleEndian } = preamble;
  const chain: Chain = {
    options: emptyOptions(),
    sections: new Map(),
    buffers: [],
    textBufferAt: null,
    damage: null,
  };
  const visited = new Set<number>();
  let room = MAX_OPTIONS;
  let next = preamble.optionsAt;
  while (next !== 0) {
    if (visited.has(next)) {
      log.add('options-loop', 'error', `the options section at byte ${next} follows itself`, next);
      break;
    }
    visited.add(next);
    try {
      const cursor = openSection(file, next, OPTION.DONE, 'options', littleEndian, decompressor);
      room -= cursor.left;
      if (room < 0)
        throw cursor.error('bad-length', `expected at most ${MAX_OPTIONS} bytes of options, found more`);
      next = readOptions(cursor, chain, file, preamble, log);
    } catch (e) {
      // Without the first section there is nothing; a later one costs what it would have named.
      if (!(e instanceof InputError) || visited.size === 1) throw e;
      chain.damage = e;
      log.add('bad-section', 'error', `an options section is damaged: ${e.message}`, e.origin);
      break;
    }
  }
  return chain;
}

/** Reads the options of one section; returns the offset of the next one, 0 for none. */
function readOptions(
  cursor: Cursor,
  chain: Chain,
  file: FileBytes,
  preamble: Preamble,
  log: DiagnosticLog,
): number {
  while (cursor.left >= 6) {
    const id = cursor.u16('an option id');
    const size = cursor.u32('an option size');
    const origin = cursor.bytes.origin(cursor.at);
    if (size > cursor.left) {
      const message = `option ${id} claims ${size} bytes, but only ${cursor.left} are left`;
      log.add('bad-option', 'error', message, origin);
      return 0;
    }
    const end = cursor.at + size;
    const inner = new Cursor(cursor.bytes, cursor.at, cursor.littleEndian, end);
    if (id === OPTION.DONE) return size >= 8 ? inner.u64('the next options section') : 0;
    const data = cursor.copy(size, `option ${id}`);
    if (takeOption(id, data, cursor.littleEndian, origin, chain.options, log)) {
      // Printk formats and BTF are ignored there.
    } else if (id >= OPTION.HEADER_INFO && id <= OPTION.CMDLINES && size === 8) {
      chain.sections.set(id, inner.u64('a section offset'));
    } else if (id === OPTION.BUFFER) {
      takeBuffer(inner, chain, file, preamble, log);
    } else if (id === OPTION.BUFFER_TEXT && size >= 8) {
      chain.textBufferAt = inner.u64('a buffer offset');
    } else log.add('unknown-option', 'note', `option ${id} of ${size} bytes skipped`, origin);
    cursor.at = end;
  }
  return 0;
}

/**
 * BUFFER: u64 section offset, name\0 (empty: the top buffer), clock\0, u32 sub-buffer size, u32 n, then for each of
 * n CPUs u32 number, u64 offset, u64 size in the file.
 */
function takeBuffer(c: Cursor, chain: Chain, file: FileBytes, preamble: Preamble, log: DiagnosticLog): void {
  const origin = c.bytes.origin(c.at);
  let name = '';
  try {
    const at = c.u64('the buffer offset');
    name = c.string('the buffer name');
    const clock = c.string('the buffer clock');
    let pageSize = c.u32('the sub-buffer size');
    if (!validPageSize(pageSize)) {
      log.add(
        'bad-buffer',
        'error',
        `sub-buffer size ${pageSize} of buffer "${shown(name)}" is not believed`,
        origin,
      );
      pageSize = preamble.pageSize;
    }
    const count = c.u32('the number of CPUs');
    if (count * 20 > c.left) {
      const fits = Math.floor(c.left / 20);
      const message = `buffer "${shown(name)}" claims ${count} CPUs, but its option has room for ${fits}`;
      log.add('bad-buffer', 'error', message, origin);
    }
    const cpus: CpuRegion[] = [];
    const believed = believedCpus(count, origin, log);
    for (let i = 0; i < believed && c.left >= 20; i++) {
      const cpu = c.u32('a CPU number');
      const region = { cpu, offset: c.u64('a CPU offset'), size: c.u64('a CPU size') };
      const clipped = clip(region, file, origin, log);
      if (clipped !== null) cpus.push(clipped);
    }
    cpus.sort((a, b) => a.cpu - b.cpu);
    const section = readSection(file, at, preamble.littleEndian);
    if (section.id !== OPTION.BUFFER)
      throw new Cursor(file, at, true).error('bad-section', `expected section id 3, found ${section.id}`);
    const buffer: DatBuffer = {
      name,
      clock: activeClock(clock) ?? (clock === '' ? null : clock.trim()),
      pageSize,
      compressed: section.compressed,
      cpus,
    };
    if (name === '') chain.buffers.unshift(buffer);
    else chain.buffers.push(buffer);
  } catch (e) {
    if (!(e instanceof InputError)) throw e;
    log.add('bad-buffer', 'error', `buffer "${shown(name)}" skipped: ${e.message}`, origin);
  }
}

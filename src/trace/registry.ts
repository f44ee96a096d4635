import { spool } from './open.js';
import type { FormatName, TraceFormat, TraceReader } from './reader.js';
import { InputError } from './reader.js';
import type { ByteSource } from './source.js';
import { sniffPerfScript, sniffTraceCmdReport, sniffTracefs } from './text/sniff.js';

/** One line per format: how to know it, and its reader, which is loaded only when it is needed. */
export interface FormatEntry {
  readonly name: FormatName;
  /** As people call it. */
  readonly title: string;
  /** How sure the first bytes (up to 64 KiB) make it: 0 no, 1 certain. */
  readonly sniff: (head: Uint8Array) => number;
  readonly load: () => Promise<TraceFormat>;
  /** Reads by position: a pipe or a compressed file goes through a temporary file first. */
  readonly positional?: boolean;
}

const ascii = (text: string): number[] => [...text].map((c) => c.charCodeAt(0));
const magic =
  (bytes: readonly number[]) =>
  (head: Uint8Array): number =>
    bytes.every((b, i) => head[i] === b) ? 1 : 0;

export const formats: readonly FormatEntry[] = [
  {
    name: 'trace-cmd-report',
    title: 'trace-cmd report text',
    sniff: sniffTraceCmdReport,
    load: async () => (await import('./text/formats.js')).traceCmdReportFormat,
  },
  {
    name: 'tracefs',
    title: 'tracefs trace or trace_pipe text',
    sniff: sniffTracefs,
    load: async () => (await import('./text/formats.js')).tracefsFormat,
  },
  {
    name: 'perf-script',
    title: 'perf script text',
    sniff: sniffPerfScript,
    load: async () => (await import('./text/formats.js')).perfScriptFormat,
  },
  {
    name: 'trace.dat',
    title: 'trace.dat',
    sniff: magic([0x17, 0x08, 0x44, ...ascii('tracing')]),
    load: async () => (await import('./dat/format.js')).traceDatFormat,
    positional: true,
  },
  {
    name: 'perf.data',
    title: 'perf.data',
    sniff: (head) => Math.max(magic(ascii('PERFILE2'))(head), magic(ascii('2ELIFREP'))(head)),
    load: async () => (await import('./perfdata/format.js')).perfDataFormat,
    positional: true,
  },
];

export interface OpenTraceOptions {
  /** Called before an input is copied to a temporary file because its format is read by position. */
  readonly onSpool?: (format: FormatName) => void;
  readonly signal?: AbortSignal;
}

/** The format with the highest sniff; `forced` overrides it. Throws an InputError for empty and unknown input. */
export function detectFormat(source: ByteSource, forced?: FormatName): FormatEntry {
  if (forced !== undefined) {
    const entry = formats.find((f) => f.name === forced);
    if (entry === undefined)
      throw new InputError('unknown-format', `no reader for the format ${forced}`, source.name);
    return entry;
  }
  if (source.head.length === 0) {
    throw new InputError(
      'empty-input',
      `${source.name}: the input is empty; expected ${expected()}`,
      source.name,
      0,
    );
  }
  let best: FormatEntry | null = null;
  let confidence = 0;
  // Those with a magic number first: then nobody looks for lines of text in binary data.
  for (const entry of [...formats].sort((a, b) => Number(b.positional ?? 0) - Number(a.positional ?? 0))) {
    if (confidence === 1) break;
    const c = entry.sniff(source.head);
    if (c > confidence) {
      best = entry;
      confidence = c;
    }
  }
  if (best === null) {
    throw new InputError(
      'unknown-format',
      `${source.name}: not a trace that can be read: expected ${expected()}; found ${describe(source.head)}`,
      source.name,
      0,
    );
  }
  return best;
}

/**
 * A reader for the input, by the format that its first bytes show or that is forced. Throws an InputError when the
 * input is empty or no format knows it.
 */
export async function openTrace(
  source: ByteSource,
  forced?: FormatName,
  options: OpenTraceOptions = {},
): Promise<TraceReader> {
  const entry = detectFormat(source, forced);
  const format = await entry.load();
  if (entry.positional !== true) return format.open(source);
  if (source.path !== null) return marked(format.open(source), source.damage);
  options.onSpool?.(entry.name);
  const copy = await spool(source, options.signal);
  return marked(readOnce(format, copy), copy.damage);
}

/** The reader of a damaged input: what comes before the damage is read, and the trace is marked as incomplete. */
function marked(reader: TraceReader, damage: InputError | undefined): TraceReader {
  if (damage === undefined) return reader;
  const { info } = reader;
  return {
    info,
    read: async (sink, options) => {
      const { code, message, input, origin } = damage;
      info.diagnostics.push({ code, severity: 'error', message, count: 1, origin });
      try {
        await reader.read(sink, options);
      } catch (error) {
        if (!(error instanceof InputError)) throw error;
        const before = error.message.replace(`${input}: `, '');
        throw new InputError(code, `${message}; what comes before that cannot be read: ${before}`, input);
      }
    },
  };
}

/** A reader of a temporary copy, which goes away when it has been read. */
function readOnce(format: TraceFormat, copy: ByteSource): TraceReader {
  const reader = format.open(copy);
  return {
    info: reader.info,
    read: (sink, options) => reader.read(sink, options).finally(() => copy.close()),
  };
}

function expected(): string {
  const titles = formats.map((f) => f.title);
  return `${titles.slice(0, -1).join(', ')} or ${titles.at(-1)}`;
}

/** The first bytes, safe for a terminal: text is quoted and escaped, binary data shown in hex. */
export function describe(head: Uint8Array): string {
  const first = head.subarray(0, 48);
  const printable = first.reduce(
    (n, b) => n + (b === 9 || b === 10 || b === 13 || (b >= 32 && b < 127) ? 1 : 0),
    0,
  );
  if (printable >= first.length * 0.9) {
    const line =
      Buffer.from(first)
        .toString('latin1')
        .split(/\r?\n/)
        .find((l) => l.trim() !== '') ?? '';
    return `text beginning ${JSON.stringify(line.replace(/[^\x20-\x7e]/g, '.'))}`;
  }
  const bytes = [...first.subarray(0, 16)].map((b) => b.toString(16).padStart(2, '0')).join(' ');
  return `binary data beginning ${bytes}`;
}

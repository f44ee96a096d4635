import { MemoryBytes } from '../binary/bytes.js';
import { Cursor, latin1 } from '../binary/cursor.js';
import type { DiagnosticLog } from '../binary/diagnostics.js';
import type { CpuStat, DatOptions, TimeSample, TimeShift } from './layout.js';

/** Option ids, from trace-cmd's trace-cmd-private.h. */
export const OPTION = {
  DONE: 0,
  DATE: 1,
  CPUSTAT: 2,
  BUFFER: 3,
  TRACECLOCK: 4,
  UNAME: 5,
  OFFSET: 7,
  CPUCOUNT: 8,
  TIME_SHIFT: 12,
  TSC2NSEC: 14,
  HEADER_INFO: 16,
  FTRACE_EVENTS: 17,
  EVENT_FORMATS: 18,
  KALLSYMS: 19,
  PRINTK: 20,
  CMDLINES: 21,
  BUFFER_TEXT: 22,
} as const;

/** HOOK, VERSION, PROCMAPS, TRACEID, GUEST, STRINGS, BTF_FILE, TRACECMD_FILE…: known, of no use here. */
const IGNORED = new Set<number>([6, 9, 10, 11, 13, 15, 20, 23, 24, 25]);

export function emptyOptions(): DatOptions {
  return { clock: null, offset: 0n, scale: null, shift: null, release: null, cpuCount: null, stats: [] };
}

/**
 * Takes one option. false when it is not one of the options that both versions share: the caller knows those of its
 * version. `origin` is the byte offset of its data in the file. Forks of trace-cmd reuse ids, so an option with an
 * unexpected size is skipped, not believed.
 */
export function takeOption(
  id: number,
  data: Uint8Array,
  littleEndian: boolean,
  origin: number,
  options: DatOptions,
  log: DiagnosticLog,
): boolean {
  const cursor = new Cursor(new MemoryBytes('', data, origin), 0, littleEndian);
  const odd = (what: string) =>
    log.add('odd-option', 'warning', `${what} option (id ${id}) of ${data.length} bytes skipped`, origin);
  switch (id) {
    case OPTION.DATE:
    case OPTION.OFFSET: {
      const value = parseInteger(latin1(data));
      if (value === null) odd(id === OPTION.DATE ? 'DATE' : 'OFFSET');
      else options.offset += id === OPTION.DATE ? value * 1000n : value;
      return true;
    }
    case OPTION.CPUSTAT:
      options.stats.push(...parseCpuStat(latin1(data), origin));
      return true;
    case OPTION.TRACECLOCK:
      // v6: an empty option that says "the text follows the offset table"; v7: the text.
      options.clock = activeClock(latin1(data)) ?? options.clock;
      return true;
    case OPTION.UNAME:
      options.release = text(data).split(' ')[2] ?? null;
      return true;
    case OPTION.CPUCOUNT:
      if (data.length === 4) options.cpuCount = cursor.u32('CPUCOUNT');
      else odd('CPUCOUNT');
      return true;
    case OPTION.TSC2NSEC: {
      if (data.length !== 16) {
        odd('TSC2NSEC');
        return true;
      }
      const [mult, shift] = [cursor.u32('mult'), cursor.u32('shift')];
      if (shift > 32) odd(`TSC2NSEC (shift ${shift})`);
      else if (mult !== 0) options.scale = { mult, shift };
      return true;
    }
    case OPTION.TIME_SHIFT:
      options.shift = parseTimeShift(cursor) ?? options.shift;
      if (options.shift === null) odd('TIME_SHIFT');
      return true;
    default:
      if (IGNORED.has(id)) return true;
      return false;
  }
}

/** `[local] global counter …`: the bracketed clock is the active one; v7 buffers name it without brackets. */
export function activeClock(list: string): string | null {
  return /\[([\w-]+)\]/.exec(list)?.[1] ?? null;
}

/**
 * CPUSTAT text of one CPU, as tracefs' per_cpu/cpuN/stats; for instances it begins with their name.
 *
 *     CPU: 0
 *     entries: 126
 *     overrun: 743
 *     commit overrun: 0
 *     dropped events: 0
 */
export function parseCpuStat(data: string, origin: number): CpuStat[] {
  const stats: CpuStat[] = [];
  for (const part of data.split(/^CPU:/m).slice(1)) {
    const cpu = /^\s*(\d+)/.exec(part);
    if (cpu === null) continue;
    const number = (name: string) => Number(new RegExp(`^${name}:\\s*(\\d+)`, 'm').exec(part)?.[1] ?? 0);
    stats.push({
      cpu: Number(cpu[1]),
      overrun: number('overrun'),
      dropped: number('dropped events'),
      origin,
    });
  }
  return stats;
}

/** `0x660e8dfbd2e1e` or `-5000000`, NUL-terminated, as strtoll reads it. */
function parseInteger(data: string): bigint | null {
  const m = /^\s*([+-]?)(0x[0-9a-f]+|\d+)/i.exec(data);
  if (m === null || m[2].length > 24) return null;
  const value = BigInt.asIntN(64, BigInt(m[2]));
  return m[1] === '-' ? -value : value;
}

function text(data: Uint8Array): string {
  const end = data.indexOf(0);
  return latin1(end < 0 ? data : data.subarray(0, end)).trim();
}

const INTERPOLATE = 1;

/**
 * TIME_SHIFT: u64 peer, u32 flags, u32 cpus, then per CPU u32 n, n × time, n × offset, n × scaling; newer files add
 * per CPU n × fraction. null when it is cut.
 */
function parseTimeShift(cursor: Cursor): TimeShift | null {
  try {
    cursor.take(8, 'peer');
    const flags = cursor.u32('flags');
    const count = cursor.u32('cpus');
    const cpus: TimeSample[][] = [];
    for (let i = 0; i < count; i++) {
      const n = cursor.u32('samples');
      const column = () => {
        const values: bigint[] = [];
        for (let k = 0; k < n; k++) values.push(cursor.s64('sample'));
        return values;
      };
      if (n * 24 > cursor.left) return null;
      const [times, offsets, scalings] = [column(), column(), column()];
      cpus.push(times.map((time, k) => ({ time, offset: offsets[k], scaling: scalings[k], fraction: 0n })));
    }
    if (cursor.left >= 8)
      for (const samples of cpus)
        for (const sample of samples) sample.fraction = cursor.s64('fraction') & 63n;
    return { interpolate: (flags & INTERPOLATE) !== 0, cpus };
  } catch {
    return null;
  }
}

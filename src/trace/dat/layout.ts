import type { EventTable } from '../binary/event-table.js';
import type { PageHeader } from '../binary/parts.js';

/** Ring-buffer data of one CPU: `size` bytes in the file from `offset`. */
export interface CpuRegion {
  readonly cpu: number;
  readonly offset: number;
  readonly size: number;
  /** It went beyond the end of the file, and was cut there. */
  readonly cut?: boolean;
}

/** One ring buffer of the trace: the top one (name '') or an instance. */
export interface DatBuffer {
  readonly name: string;
  /** trace_clock of this buffer, when the file says it per buffer. */
  readonly clock: string | null;
  /** Bytes of a sub-buffer. */
  readonly pageSize: number;
  /** The regions hold chunks of compressed sub-buffers. */
  readonly compressed: boolean;
  readonly cpus: readonly CpuRegion[];
}

/** TSC2NSEC: ns = (ticks * mult) >> shift. */
export interface TscScale {
  readonly mult: number;
  readonly shift: number;
}

/** TIME_SHIFT: how a guest's clock maps to its host's, per guest CPU. */
export interface TimeShift {
  readonly interpolate: boolean;
  readonly cpus: readonly (readonly TimeSample[])[];
}

export interface TimeSample {
  readonly time: bigint;
  readonly offset: bigint;
  readonly scaling: bigint;
  fraction: bigint;
}

/** CPUSTAT of one CPU: what the kernel says was lost. */
export interface CpuStat {
  readonly cpu: number;
  readonly overrun: number;
  readonly dropped: number;
  readonly origin: number;
}

/** What the options of a trace.dat say. */
export interface DatOptions {
  clock: string | null;
  /** Sum of DATE and OFFSET, in ns. */
  offset: bigint;
  scale: TscScale | null;
  shift: TimeShift | null;
  release: string | null;
  cpuCount: number | null;
  stats: CpuStat[];
}

/** A trace.dat, opened: everything but the records. */
export interface DatLayout {
  readonly version: 6 | 7;
  readonly littleEndian: boolean;
  readonly compression: string;
  readonly page: PageHeader;
  readonly events: EventTable;
  readonly options: DatOptions;
  readonly buffers: readonly DatBuffer[];
  /** Text of saved_cmdlines. */
  readonly cmdlines: string;
  /** Text of /proc/kallsyms, read when asked for; null when the file has none. */
  readonly kallsyms: () => Uint8Array | null;
}

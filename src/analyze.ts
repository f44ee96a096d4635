import type { AnyRecord } from './report/records.js';
import type { FormatName } from './trace/reader.js';
import type { ByteSource } from './trace/source.js';

/** What to read, what to judge and which records to give. All the command line's analysis goes through here. */
export interface AnalyzeOptions {
  /** Force a format instead of sniffing. */
  inputFormat?: FormatName;
  /** Further probe maps, parsed and validated. */
  probeMaps?: readonly unknown[];
  /** trace_clock name, overrides what the trace says. */
  clock?: string;
  /** Clock uncertainty between CPUs in ns; default by clock. */
  skew?: number;
  /** Only these rules. */
  rules?: readonly string[];
  minConfidence?: 'confirmed' | 'possible';
  device?: string;
  vma?: string;
  pid?: readonly number[];
  comm?: string;
  /** Absolute times as the trace prints them, or `+seconds` from its start. */
  since?: string;
  until?: string;
  /** Which records: check = findings and what they name; timeline = all VMAs and zaps; events = events. */
  records?: {
    findings?: boolean;
    vmas?: 'named' | 'all' | 'none';
    zaps?: 'named' | 'all' | 'none';
    events?: 'none' | 'mapped' | 'all';
  };
  signal?: AbortSignal;
  follow?: boolean;
  progress?: (p: {
    bytes: number;
    size: number | null;
    events: number;
    lost: number;
    findings: number;
  }) => void;
}

export type { AnyRecord, ByteSource };

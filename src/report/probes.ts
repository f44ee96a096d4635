/** What a recording can decide, as data: printed as a table, or as JSON with these member names. */
export interface RecordingRecord {
  type: 'recording';
  /** Files looked at, and what each was taken for. */
  inputs: { path: string; kind: 'trace' | 'definitions' | 'profile' }[];
  /** Kernel release or range of kernels, as far as known. */
  kernel: string;
  drivers: string[];
  rules: {
    rule: string;
    coverage: 'checked' | 'partial' | 'unavailable';
    optional: boolean;
    advice: string[];
  }[];
  probes: {
    symbol: string;
    role: string;
    driver: string;
    entries: number | null;
    returns: number | null;
    lost: number;
    notes: string[];
  }[];
  /** Definitions for `dynamic_events` that would complete it. */
  lines: string[];
  /** What could not be used, in words. */
  remarks: string[];
}

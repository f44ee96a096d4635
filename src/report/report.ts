import type { AnyRecord } from './records.js';
import type { Style } from './style.js';

/** Where a report's text goes. Writing never waits; who feeds the report waits on `full` between records. */
export interface Output {
  write(text: string): void;
}

/** What an output may tell of a rule, besides its id. The command line hands in the catalogue of the rules. */
export interface RuleInfo {
  readonly id: string;
  /** A few words. */
  readonly title: string;
  /** What a finding of this rule proves. */
  readonly proves: string;
  /** What would have been right instead. */
  readonly remedy: string;
  readonly severity: 'error' | 'warning' | 'note';
}

/** What every report is told besides the records. */
export interface ReportContext {
  /** Version of zaptrace. */
  readonly version: string;
  readonly rules: readonly RuleInfo[];
  readonly style: Style;
  /** Box drawing and symbols; false: ASCII only. */
  readonly unicode: boolean;
  /** Columns to stay within. */
  readonly width: number;
  /** Rows per list in outputs for people; 0 for no limit. What is left out is always said. */
  readonly limit: number;
  /** Outputs for people give the verdict and nothing else. */
  readonly quiet: boolean;
  /** The input is still growing: outputs for people show each finding when it comes. */
  readonly follow: boolean;
}

/** One output: takes the records of one or several traces in order and writes text. */
export interface Report {
  write(record: AnyRecord): void;
  /** After the last record. */
  end(): void;
}

export type ReportFactory = (out: Output, context: ReportContext) => Report;

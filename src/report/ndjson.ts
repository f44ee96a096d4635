import type { Output, Report } from './report.js';
import { safeJson } from './sanitize.js';

/** One record a line, as it comes: schema zaptrace/1. */
export function ndjson(out: Output): Report {
  return {
    write: (record) => out.write(`${safeJson(record)}\n`),
    end: () => {},
  };
}

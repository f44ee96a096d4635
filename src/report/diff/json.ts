import type { Output, Report } from '../report.js';
import { safeJson } from '../sanitize.js';

/** The `diff` record of schema zaptrace/1, as one object. */
export function diffJson(out: Output): Report {
  return {
    write: (record) => {
      if (record.type === 'diff') out.write(`${safeJson(record, 2)}\n`);
    },
    end: () => {},
  };
}

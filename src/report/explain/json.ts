import type { AnyRecord, HeaderRecord, SummaryRecord } from '../records.js';
import type { Output, Report } from '../report.js';
import { safeJson } from '../sanitize.js';
import type { ExplanationRecord } from './record.js';

/** One object: `{header, explanations, summary}`. */
export function explainJson(out: Output): Report {
  let header: HeaderRecord | null = null;
  let summary: SummaryRecord | null = null;
  const explanations: ExplanationRecord[] = [];
  return {
    write: (record: AnyRecord) => {
      if (record.type === 'header') header = record;
      else if (record.type === 'explanation') explanations.push(record);
      else if (record.type === 'summary') summary = record;
    },
    end: () => out.write(`${safeJson({ header, explanations, summary }, 2)}\n`),
  };
}

import { markdownTable } from '../faults/markdown.js';
import { code, prose } from '../markdown.js';
import type { Output, Report, ReportContext } from '../report.js';
import type { DiffRecord } from './records.js';
import { countTable, findingsLine, findingTable, latencyTable, mappingTable } from './tables.js';

/** The comparison for a cover letter or a pull request. */
export function diffMarkdown(out: Output, context: ReportContext): Report {
  return {
    write: (record) => {
      if (record.type === 'diff') out.write(text(record, context));
    },
    end: () => {},
  };
}

function text(diff: DiffRecord, context: ReportContext): string {
  const { before, after } = diff;
  const all = { ...context, limit: 0 };
  const parts = [
    `## ${diff.worse ? 'WORSE' : 'NOT WORSE'}: ${before.verdict} before, ${after.verdict} after\n`,
    [
      `- before: ${code(before.input)} (${before.format})\n`,
      `- after: ${code(after.input)} (${after.format})\n`,
      ...[findingsLine(diff), ...diff.reasons].map((line) => `- ${prose(line)}\n`),
    ].join(''),
    markdownTable(findingTable(diff), context),
    markdownTable(countTable(diff), all),
    markdownTable(latencyTable(diff, context.unicode), all),
    // Two rows for each mapping.
    markdownTable(mappingTable(diff), { ...context, limit: context.limit * 2 }),
  ];
  return `${parts.filter((part) => part !== '').join('\n')}\n`;
}

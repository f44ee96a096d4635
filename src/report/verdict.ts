import type { TraceBlock } from './blocks.js';
import type { FindingRecord, SummaryRecord, TotalRecord } from './records.js';
import { printable } from './sanitize.js';
import type { Style } from './style.js';
import { count, thousands, verdictStyle } from './text.js';

/** `VIOLATION race.txt: 8 errors, 2 possible errors` */
export function verdictLine(block: TraceBlock, style: Style): string {
  const { summary, header } = block;
  const input = printable(header.input);
  if (summary === null) return `${style.bad('UNREADABLE')} ${input}`;
  const word = style.bold(verdictStyle(style, summary.verdict)(summary.verdict.toUpperCase()));
  return `${word} ${input}: ${findingCounts(block.findings)}`;
}

/** `31,872 records, 14 zaps, 28 VMAs, 157 lost` */
export function inputCounts({ counts }: SummaryRecord): string {
  return [
    count(counts.records, 'record'),
    count(counts.zaps, 'zap'),
    count(counts.vmas, 'VMA'),
    count(counts.installs, 'install'),
    ...(counts.lost > 0 ? [`${thousands(counts.lost)} lost`] : []),
    ...(counts.unparsed > 0 ? [`${thousands(counts.unparsed)} unreadable`] : []),
  ].join(', ');
}

/** `8 errors, 2 possible`, or `nothing found`. */
export function findingCounts(all: readonly FindingRecord[]): string {
  const findings = all.filter((f) => f.known !== true);
  const known = all.length - findings.length;
  const errors = findings.filter((f) => f.severity === 'error' && f.confidence === 'confirmed').length;
  const possible = findings.filter((f) => f.severity === 'error' && f.confidence === 'possible').length;
  const warnings = findings.filter((f) => f.severity === 'warning').length;
  const notes = findings.filter((f) => f.severity === 'note').length;
  const parts = [
    ...(errors > 0 ? [count(errors, 'error')] : []),
    ...(possible > 0 ? [count(possible, 'possible error')] : []),
    ...(warnings > 0 ? [count(warnings, 'warning')] : []),
    ...(notes > 0 ? [count(notes, 'note')] : []),
    ...(known > 0 ? [`${known} known`] : []),
  ];
  return parts.length === 0 ? 'nothing found' : parts.join(', ');
}

/** `VIOLATION in all: 12 traces (1 violation, 2 inconclusive, 9 clean)` */
export function totalLine(total: TotalRecord): string {
  const { verdicts } = total;
  const parts = [
    ...(verdicts.violation > 0 ? [`${verdicts.violation} violation`] : []),
    ...(verdicts.inconclusive > 0 ? [`${verdicts.inconclusive} inconclusive`] : []),
    ...(verdicts.clean > 0 ? [`${verdicts.clean} clean`] : []),
    ...(total.failed.length > 0 ? [`${total.failed.length} unreadable`] : []),
  ];
  return `${total.verdict.toUpperCase()} in all: ${count(total.traces, 'trace')} (${parts.join(', ')})`;
}

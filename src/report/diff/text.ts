import { inCharset, paragraph, section } from '../faults/parts.js';
import type { Output, Report, ReportContext } from '../report.js';
import { count } from '../text.js';
import type { DiffRecord } from './records.js';
import { countTable, findingsLine, findingTable, latencyTable, mappingTable } from './tables.js';

/** The comparison for people, within the width of the terminal. */
export function diffText(out: Output, context: ReportContext): Report {
  return {
    write: (record) => {
      if (record.type === 'diff') out.write(inCharset(text(record, context), context.unicode));
    },
    end: () => {},
  };
}

function text(diff: DiffRecord, context: ReportContext): string {
  const { style, quiet, width } = context;
  const verdicts = `${diff.before.verdict} before, ${diff.after.verdict} after`;
  const word = style.bold(diff.worse ? style.bad('WORSE') : style.good('NOT WORSE'));
  const head = `${word}: ${verdicts}\n`;
  if (quiet) return head;
  let out = head;
  const write = (part: string): void => {
    out += part;
  };
  paragraph(findingsLine(diff), width, write);
  for (const [name, side] of [
    ['before', diff.before],
    ['after', diff.after],
  ] as const) {
    paragraph(
      `${name}: ${side.input} (${side.format}, ${count(side.records, 'record')}, ${count(side.vmas, 'VMA')}, ${count(side.zaps, 'zap')})`,
      width,
      write,
    );
  }
  for (const reason of diff.reasons) paragraph(reason, width, write);
  section(findingTable(diff), context, write);
  section(countTable(diff), { ...context, limit: 0 }, write);
  section(latencyTable(diff, context.unicode), { ...context, limit: 0 }, write);
  section(mappingTable(diff), context, write, 2);
  return out;
}

import { code, prose } from '../markdown.js';
import type { Output, Report, ReportContext } from '../report.js';
import { count, failureText } from '../text.js';
import { type FaultBlock, FaultBlocks } from './block.js';
import { costText, facts, headline, refaultText } from './lines.js';
import { deviceTable, latencyTable, type Table, vmaTable, worstTable, zapTable } from './rows.js';

/** For an issue, a pull request or a patch's cover letter. */
export function faultsMarkdown(out: Output, context: ReportContext): Report {
  const blocks = new FaultBlocks(
    (block) => out.write(blockText(block, context)),
    (total) => {
      for (const failure of total.failed) out.write(`- unreadable: ${code(failureText(failure))}\n`);
    },
  );
  return { write: (record) => blocks.write(record), end: () => blocks.end() };
}

function blockText(block: FaultBlock, context: ReportContext): string {
  const { header, trace, zaps, devices } = block;
  if (trace === null) return `## UNREADABLE: ${code(header.input)}\n\n`;
  const { unicode } = context;
  const lines = [costText(trace), refaultText(trace)].filter((line) => line !== null);
  const parts = [
    `## ${code(header.input)}: ${prose(headline(trace))}\n`,
    list([...facts(block, trace), ...trace.missing.map(({ text }) => `not recorded: ${text}`), ...lines]),
    markdownTable(vmaTable(block), context),
    devices.length > 1 ? markdownTable(deviceTable(devices, trace), context) : '',
    markdownTable(latencyTable(trace, unicode), { ...context, limit: 0 }),
    markdownTable(worstTable(trace, 'handler', unicode), context),
    markdownTable(worstTable(trace, 'zap', unicode), context),
    markdownTable(zapTable(zaps, trace, unicode), context),
  ];
  return `${parts.filter((part) => part !== '').join('\n')}\n`;
}

const list = (items: readonly string[]): string => items.map((item) => `- ${prose(item)}\n`).join('');

/** A table with what stands below its rows as a list, each line led by the row's first cell. */
export function markdownTable({ title, titles, rows, note }: Table, { limit }: ReportContext): string {
  if (rows.length === 0) return '';
  const shown = limit > 0 ? rows.slice(0, limit) : rows;
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |\n`;
  const head = line(titles.map((column) => prose(column.title)));
  const ruling = `|${titles.map((column) => (column.align === 'right' ? '--:' : '---')).join('|')}|\n`;
  const body = shown.map((row) => line(row.cells.map((cell) => prose(cell)))).join('');
  const below = list(shown.flatMap((row) => (row.below ?? []).map((text) => `${row.cells[0]}: ${text}`)));
  const hidden = rows.length - shown.length;
  const more =
    hidden > 0 ? `**${count(hidden, 'more row')} left out** (\`--limit 0\` shows all ${rows.length})\n` : '';
  return [`### ${prose(title)}\n`, `${head}${ruling}${body}`, more, below, list(note ?? [])]
    .filter((part) => part !== '')
    .join('\n');
}

import type { Output, Report, ReportContext } from '../report.js';
import { printable } from '../sanitize.js';
import { failureText } from '../text.js';
import { type FaultBlock, FaultBlocks } from './block.js';
import { histogram } from './histogram.js';
import { costText, facts, headline, refaultText } from './lines.js';
import { inCharset, paragraph, section } from './parts.js';
import type { TraceFaultsRecord } from './records.js';
import { deviceTable, latencyTable, vmaTable, worstTable, zapTable } from './rows.js';

/** The output for people, within the width of the terminal: counts, VMAs with what held them back, times, zaps. */
export function faultsTable(out: Output, context: ReportContext): Report {
  const write = (text: string) => out.write(inCharset(text, context.unicode));
  let first = true;
  const blocks = new FaultBlocks(
    (block) => {
      if (!first) write('\n');
      first = false;
      blockText(block, context, write);
    },
    (total) => {
      for (const failure of total.failed)
        write(`${context.style.bad('UNREADABLE')} ${printable(failureText(failure))}\n`);
    },
  );
  return { write: (record) => blocks.write(record), end: () => blocks.end() };
}

function blockText(block: FaultBlock, context: ReportContext, write: (text: string) => void): void {
  const { style, width, quiet } = context;
  const { trace, header } = block;
  if (trace === null) {
    write(`${style.bad('UNREADABLE')} ${printable(header.input)}\n`);
    return;
  }
  write(`${style.bold(printable(`${header.input}: ${headline(trace)}`))}\n`);
  if (quiet) return;
  for (const fact of facts(block, trace)) paragraph(fact, width, write);
  for (const { text } of trace.missing)
    paragraph(`not recorded: ${text}`, width, (line) => write(style.unsure(line)));
  section(vmaTable(block), context, write);
  if (block.devices.length > 1) section(deviceTable(block.devices, trace), context, write);
  section(latencyTable(trace, context.unicode), { ...context, limit: 0 }, write);
  histograms(trace, context, write);
  section(worstTable(trace, 'handler', context.unicode), context, write);
  section(worstTable(trace, 'zap', context.unicode), context, write);
  section(zapTable(block.zaps, trace, context.unicode), context, write);
  for (const line of [costText(trace), refaultText(trace)]) if (line !== null) paragraph(line, width, write);
}

function histograms(trace: TraceFaultsRecord, context: ReportContext, write: (text: string) => void): void {
  const { handler, insert, zap, window } = trace.latency;
  for (const [title, values] of [
    ['Fault handler', handler],
    ['Insert', insert],
    ['Zap', zap],
    ['Blocked window', window],
  ] as const) {
    // A single value is in the table above.
    if (values === null || values.n < 2) continue;
    write(`\n${context.style.bold(`${title}: from, count`)}\n`);
    for (const line of histogram(values, trace.unit, context.width, context.unicode)) write(`${line}\n`);
  }
}

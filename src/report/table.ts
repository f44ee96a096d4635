import { Blocks, type TraceBlock } from './blocks.js';
import { type Column, columns, type Row } from './columns.js';
import { groupFindings, moreText } from './order.js';
import type { AnyRecord, FindingRecord, TotalRecord, VmaRecord } from './records.js';
import type { Output, Report, ReportContext } from './report.js';
import { printable } from './sanitize.js';
import {
  count,
  duration,
  failureText,
  mainEvidence,
  place,
  placeInTrace,
  units,
  verdictStyle,
  wrap,
} from './text.js';
import { inputCounts, totalLine, verdictLine } from './verdict.js';

/** The output for people: verdict, reasons, findings, VMAs, coverage, and the verdict again as the last line. */
export function table(out: Output, context: ReportContext): Report {
  const write = (text: string) => out.write(context.unicode ? text : ascii(text));
  let first = true;
  const blocks = new Blocks(
    (block) => {
      if (!first && !context.quiet) write('\n');
      first = false;
      traceText(block, context, write);
    },
    (total) => write(totalText(total, context)),
  );
  return {
    write: (record) => {
      if (record.type === 'finding' && context.follow) write(findingLine(record));
      blocks.write(shown(record));
    },
    end: () => blocks.end(),
  };
}

/** Of a record what the table shows: a finding comes with kilobytes of evidence, and there may be thousands. */
function shown(record: AnyRecord): AnyRecord {
  if (record.type === 'vma') return { ...record, epochs: [] };
  if (record.type !== 'finding') return record;
  const main = mainEvidence(record);
  return { ...record, evidence: main === null ? [] : [main] };
}

function ascii(text: string): string {
  return text.replaceAll('µ', 'u').replaceAll('…', '...').replaceAll('─', '-').replaceAll('×', 'x');
}

/** With `--follow`: one line as soon as it is proven; the table follows at the end of the input. */
function findingLine(f: FindingRecord): string {
  const main = mainEvidence(f);
  return printable(`${main ? place(main.origin) : f.id}: ${f.rule} (${f.confidence}): ${f.message}`).concat(
    '\n',
  );
}

function traceText(block: TraceBlock, context: ReportContext, write: (text: string) => void): void {
  const { style } = context;
  const verdict = verdictLine(block, style);
  write(`${verdict}\n`);
  if (context.quiet) return;
  if (block.summary !== null) write(style.dim(`  ${inputCounts(block.summary)}`).concat('\n'));
  const reasons = block.summary?.reasons ?? [];
  for (const reason of reasons) {
    const [head, ...rest] = wrap(printable(reason), context.width - 4);
    write(`  - ${head}\n${rest.map((line) => `    ${line}\n`).join('')}`);
  }
  section('Findings', findingRows(block.findings, context), FINDING_COLUMNS, context, write);
  section('VMAs', vmaRows(block.vmas), vmaColumns(), context, write);
  coverage(block, context, write);
  diagnostics(block, context, write);
  write(`\n${verdict}\n`);
}

const FINDING_COLUMNS: readonly Column[] = [
  { title: 'id' },
  { title: 'rule' },
  { title: 'confidence' },
  { title: 'VMA' },
  { title: 'zap' },
  { title: 'pages', align: 'right' },
  { title: 'exposed', align: 'right' },
];

function findingRows(findings: readonly FindingRecord[], context: ReportContext): Row[] {
  return groupFindings(findings).map(({ first: f, more }) => ({
    cells: [
      f.id,
      printable(f.rule),
      f.known === true ? 'known' : f.confidence,
      f.vma ?? '-',
      f.zap ?? '-',
      String(f.pages),
      units(f.exposed_ns === null && f.ended_by === null ? '-' : duration(f.exposed_ns), context.unicode),
    ],
    below: [...findingText(f), ...(more.length > 0 ? [moreText(more)] : [])],
  }));
}

function findingText(f: FindingRecord): string[] {
  const main = mainEvidence(f);
  const lines = [printable(f.message)];
  if (main) {
    const ended = f.ended_by === null ? '' : `; ended by ${f.ended_by}`;
    lines.push(printable(`at ${main.ts}, ${placeInTrace(main.origin)}${ended}`));
  }
  for (const missing of f.missing ?? []) lines.push(printable(`to settle it: ${missing}`));
  return lines;
}

function vmaColumns(): readonly Column[] {
  return [
    { title: 'VMA' },
    { title: 'range' },
    { title: 'installs', align: 'right' },
    { title: 'present', align: 'right' },
    { title: 'blocked', align: 'right' },
    { title: 'zaps', align: 'right' },
    { title: 'task', cut: true },
  ];
}

function vmaRows(vmas: readonly VmaRecord[]): Row[] {
  const hex = (address: string) => address.replace(/^0x/, '');
  const number = (v: VmaRecord) => Number(v.id.slice(3));
  return [...vmas]
    .sort((a, b) => number(a) - number(b))
    .map((v) => {
      return {
        cells: [
          v.id,
          v.start === null || v.end === null
            ? printable(v.pointer)
            : printable(`${hex(v.start)}-${hex(v.end)}`),
          String(v.installs),
          String(v.pages_present),
          String(v.blocked_faults),
          String(v.zap_visits),
          printable(`${v.comm}-${v.pid}`),
        ],
      };
    });
}

function coverage(block: TraceBlock, context: ReportContext, write: (text: string) => void): void {
  if (block.summary === null) return;
  const { coverage: states, advice } = block.summary;
  const rules = Object.keys(states);
  const rows = rules.map((rule) => ({
    cells: [printable(rule), states[rule]],
    below: advice[rule] === undefined ? [] : [printable(advice[rule])],
  }));
  const paint = (text: string, row: number, column: number) =>
    column === 1 && states[rules[row]] !== 'checked' ? context.style.unsure(text) : text;
  section('Coverage', rows, [{ title: 'rule' }, { title: 'state' }], { ...context, limit: 0 }, write, paint);
}

function diagnostics(block: TraceBlock, context: ReportContext, write: (text: string) => void): void {
  const rows = block.diagnostics.map((d) => ({
    cells: [d.severity, printable(d.code), String(d.count)],
    below: [printable(d.origin ? `${d.message} (${place(d.origin)})` : d.message)],
  }));
  const titles: Column[] = [{ title: 'severity' }, { title: 'code' }, { title: 'count', align: 'right' }];
  section('Diagnostics', rows, titles, context, write);
}

function section(
  title: string,
  rows: readonly Row[],
  titles: readonly Column[],
  context: ReportContext,
  write: (text: string) => void,
  paint?: (text: string, row: number, column: number) => string,
): void {
  if (rows.length === 0) return;
  const shown = context.limit > 0 ? rows.slice(0, context.limit) : rows;
  write(`\n${context.style.bold(title)}\n${columns(titles, shown, { ...context, paint })}`);
  const hidden = rows.length - shown.length;
  if (hidden > 0) {
    write(
      context.style
        .unsure(`… ${count(hidden, 'more row')} left out (--limit 0 shows all ${rows.length})`)
        .concat('\n'),
    );
  }
}

function totalText(total: TotalRecord, context: ReportContext): string {
  const failed = total.failed.map(
    (f) => `${context.style.bad('UNREADABLE')} ${printable(failureText(f))}
`,
  );
  if (total.traces === 1) return failed.join('');
  const rule = verdictStyle(context.style, total.verdict);
  return `\n${failed.join('')}${rule(totalLine(total))}\n`;
}

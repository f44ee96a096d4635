import { columns } from './columns.js';
import type { RecordingRecord } from './probes.js';
import type { ReportContext } from './report.js';
import { printable } from './sanitize.js';
import { count } from './text.js';

/** `probes --check` for people: rules, probes with what is wrong with them, lines to add, and the sum. */
export function recordingText(record: RecordingRecord, context: ReportContext): string {
  const { style, quiet } = context;
  const sum = sumLine(record);
  const whole = record.rules.every((r) => r.coverage === 'checked' || r.optional);
  const line = `${whole ? style.good(sum) : style.unsure(sum)}\n`;
  if (quiet) return line;
  const parts = [line, style.dim(`  ${inputsLine(record)}`).concat('\n')];
  for (const remark of record.remarks) parts.push(`  - ${printable(remark)}\n`);
  parts.push(`\n${rulesTable(record, context)}`, `\n${probesTable(record, context)}`);
  if (record.lines.length > 0) {
    parts.push(`\n${style.bold('Add to dynamic_events')}\n`, ...record.lines.map((l) => `${printable(l)}\n`));
  }
  return parts.join('');
}

function sumLine({ rules }: RecordingRecord): string {
  const checked = rules.filter((r) => r.coverage === 'checked').length;
  const partial = rules.filter((r) => r.coverage === 'partial').length;
  const more = partial > 0 ? `, ${partial} in part` : '';
  return `This recording can decide ${checked} of ${count(rules.length, 'rule')}${more}`;
}

function inputsLine({ inputs, kernel, drivers }: RecordingRecord): string {
  const files = inputs.map((input) => `${input.path} (${input.kind})`).join(', ');
  return printable(`${files}; kernel ${kernel}; drivers ${drivers.join(', ')}`);
}

function rulesTable({ rules }: RecordingRecord, context: ReportContext): string {
  const rows = rules.map((r) => ({
    cells: [r.rule, r.coverage],
    below: r.advice.map(printable),
  }));
  const paint = (text: string, row: number, column: number): string =>
    column === 1 && rules[row].coverage !== 'checked' ? context.style.unsure(text) : text;
  return columns([{ title: 'rule' }, { title: 'state' }], rows, { ...context, paint });
}

function probesTable({ probes }: RecordingRecord, context: ReportContext): string {
  const number = (n: number | null): string => (n === null ? '-' : String(n));
  const rows = probes.map((p) => ({
    cells: [
      printable(p.symbol),
      p.role,
      number(p.entries),
      number(p.returns),
      p.notes.map(printable).join('; '),
    ],
  }));
  const titles = [
    { title: 'function' },
    { title: 'role' },
    { title: 'entries', align: 'right' as const },
    { title: 'returns', align: 'right' as const },
    { title: 'remarks' },
  ];
  if (rows.length === 0) return 'No probe of a known function.\n';
  return columns(titles, rows, context);
}

import type { AnyRecord, HeaderRecord, SummaryRecord } from '../records.js';
import type { Output, Report, ReportContext } from '../report.js';
import { printable } from '../sanitize.js';
import { verdictStyle } from '../text.js';
import { inputCounts } from '../verdict.js';
import { diagram } from './diagram.js';
import type { By } from './lanes.js';
import { Names } from './names.js';
import { alikeText, kind, legend, missing, reasons, recordLine, shortPlace } from './paragraphs.js';
import type { ExplanationRecord, RawRecord } from './record.js';
import { fold } from './width.js';

/** How `explain` looks, beyond what every output is told. */
export interface ExplainContext extends ReportContext {
  readonly by?: By;
  readonly columns?: number;
}

/** Width of a plain-text mail. */
export const MAIL = 72;

/** The proof of every finding, ready to be pasted into a plain-text mail. */
export function explainText(out: Output, context: ExplainContext): Report {
  let header: HeaderRecord | null = null;
  let seen = 0;
  return {
    write: (record: AnyRecord) => {
      if (record.type === 'header') header = record;
      else if (record.type === 'explanation') {
        if (isLeftOut(++seen, context)) return;
        if (context.quiet) out.write(`${heading(record, context)}: ${printable(record.finding.message)}\n`);
        else out.write(`${seen > 1 ? '\n\n' : ''}${explanationText(record, header!, context)}`);
      } else if (record.type === 'summary') {
        out.write(seen === 0 ? nothing(record, context) : leftOut(seen, context));
      }
    },
    end: () => {},
  };
}

export const isLeftOut = (nth: number, { limit }: ReportContext): boolean => limit > 0 && nth > limit;

/** What `--limit` kept back; empty when nothing. */
export function leftOut(all: number, { limit, style, unicode }: ReportContext): string {
  if (limit === 0 || all <= limit) return '';
  const dots = unicode ? '…' : '...';
  return `\n${style.unsure(`${dots} ${all - limit} more left out (--limit 0 shows all ${all})`)}\n`;
}

function heading(e: ExplanationRecord, { style }: ReportContext): string {
  const paint =
    e.finding.severity === 'error' && e.finding.confidence === 'confirmed' ? style.bad : style.unsure;
  return `${paint(`${e.finding.id} ${kind(e)}`)}: ${style.bold(e.rule.id)}`;
}

function nothing(summary: SummaryRecord, { style }: ReportContext): string {
  const verdict = verdictStyle(style, summary.verdict)(summary.verdict.toUpperCase());
  const reasons = summary.reasons.map((r) => `  - ${printable(r)}\n`).join('');
  return `Nothing to explain in ${printable(summary.input)}: ${verdict} (${inputCounts(summary)})\n${reasons}`;
}

/** One finding: what happened, the interleaving, why it is proof, what would have been right, the records. */
export function explanationText(e: ExplanationRecord, header: HeaderRecord, context: ExplainContext): string {
  const { style, unicode } = context;
  const width = context.columns ?? MAIL;
  const names = new Names(e);
  const lines = [heading(e, context)];
  lines.push(...fold(printable(e.finding.message), width), '');
  const facts = legend(e, names, header);
  const indent = Math.max(...facts.map(([name]) => name.length)) + 4;
  for (const [name, value] of facts) {
    // A path that is too long stays in one piece, to be copied.
    const [first, ...rest] = name === 'trace' ? [value] : fold(value, width - indent);
    lines.push(`  ${style.dim(name.padEnd(indent - 2))}${first}`, ...rest.map((l) => ' '.repeat(indent) + l));
  }
  lines.push('');
  const ticks = header.base !== null && !header.base.includes('.');
  lines.push(...diagram(e, names, { width, by: context.by ?? 'auto', unicode, style, ticks }));
  const why = reasons(e);
  lines.push('', style.bold(why.title), ...items(why.items, width));
  const open = missing(e);
  if (open.length > 0)
    lines.push('', style.bold('What is missing, and what would settle it'), ...items(open, width));
  if (e.rule.remedy !== '')
    lines.push('', style.bold('What would have been right'), ...indented(e.rule.remedy, width));
  lines.push('', style.bold('Records'), ...e.raw.flatMap((r) => rawLines(r, width)));
  const alike = alikeText(e);
  if (alike !== null) lines.push('', ...fold(alike, width).map(style.dim));
  const text = `${lines.join('\n')}\n`;
  return unicode ? text.replace(/(\d)(\s+)us\b/g, '$1$2µs') : ascii(text);
}

function items(list: readonly string[], width: number): string[] {
  return list.flatMap((item) => fold(`- ${printable(item)}`, width - 2, '  ').map((l) => `  ${l}`));
}

function indented(text: string, width: number): string[] {
  return fold(printable(text), width - 2).map((l) => `  ${l}`);
}

function rawLines(record: RawRecord, width: number): string[] {
  const lines = fold(printable(recordLine(record)), width - 4, '  ');
  return [`  ${printable(shortPlace(record.origin))}`, ...lines.map((l) => `    ${l}`)];
}

function ascii(text: string): string {
  return text.replaceAll('µ', 'u').replaceAll('…', '...');
}

import { columns } from '../columns.js';
import type { ReportContext } from '../report.js';
import { printable } from '../sanitize.js';
import { count, wrap } from '../text.js';
import type { Table } from './rows.js';

function ascii(text: string): string {
  return text
    .replaceAll('µ', 'u')
    .replaceAll('…', '...')
    .replaceAll('─', '-')
    .replaceAll('█', '#')
    .replaceAll('²', '2');
}

/** The text in the output's character set: `µs` and bars, or ASCII. */
export const inCharset = (text: string, unicode: boolean): string =>
  unicode ? text.replace(/(\d) us(?=[\s,;)]|$)/gm, '$1 µs') : ascii(text);

/** One item of a list, broken into lines. */
export function paragraph(text: string, width: number, write: (text: string) => void): void {
  const [head, ...rest] = wrap(printable(text), width - 4);
  write(`  - ${head}\n${rest.map((line) => `    ${line}\n`).join('')}`);
}

/**
 * A table with its title, as many rows as the limit allows, and what was left out. `rowsEach`: how many rows make one
 * item of the list.
 */
export function section(
  { title, titles, rows, note }: Table,
  context: ReportContext,
  write: (text: string) => void,
  rowsEach = 1,
): void {
  if (rows.length === 0) return;
  const { limit, style, width } = context;
  const shown = limit > 0 ? rows.slice(0, limit * rowsEach) : rows;
  write(`\n${style.bold(printable(title))}\n${columns(titles, shown, context)}`);
  const hidden = (rows.length - shown.length) / rowsEach;
  if (hidden > 0) {
    const more = rowsEach === 1 ? count(hidden, 'more row') : `${hidden} more`;
    write(`${style.unsure(`… ${more} left out (--limit 0 shows all ${rows.length / rowsEach})`)}\n`);
  }
  for (const line of note ?? []) paragraph(line, width, write);
}

import Table from 'cli-table3';
import type { Style } from './style.js';
import { wrap } from './text.js';

export interface Column {
  readonly title: string;
  readonly align?: 'left' | 'right';
  /** Last column: cut a cell that is too wide instead of breaking it into lines. */
  readonly cut?: boolean;
}

/** A row of cells, with paragraphs that run below it from the second column on. */
export interface Row {
  readonly cells: readonly string[];
  readonly below?: readonly string[];
}

export interface ColumnOptions {
  readonly style: Style;
  readonly unicode: boolean;
  readonly width: number;
  /** Colours a finished cell; must not change its visible width. */
  readonly paint?: (text: string, row: number, column: number) => string;
}

/** Two columns: one of padding and one that cli-table3 counts as the bar between cells. */
const GAP = 2;

/**
 * Columns without bars, as kernel developers paste them into mails: titles, a ruling, rows. The last column and the
 * paragraphs below a row are broken into lines so that nothing is wider than `width`.
 */
export function columns(titles: readonly Column[], rows: readonly Row[], options: ColumnOptions): string {
  const { style, unicode, width } = options;
  const widths = titles.map((t, i) =>
    Math.max(t.title.length, ...rows.map((r) => [...(r.cells[i] ?? '')].length)),
  );
  const last = widths.length - 1;
  const before = widths.slice(0, last).reduce((sum, w) => sum + w + GAP, 0);
  widths[last] = Math.max(titles[last].title.length, Math.min(widths[last], width - before));
  const indent = widths[0] + GAP;
  // A filler column lets paragraphs be wider than the columns above them without stretching these.
  const filler = Math.max(1, width - before - widths[last] - GAP);
  const span = before + widths[last] + GAP + filler - indent;

  const table = new Table({
    colWidths: [...widths, filler].map((w) => w + 1),
    colAligns: titles.map((t) => t.align ?? 'left'),
    style: { 'padding-left': 0, 'padding-right': 1, head: [], border: [] },
    chars: { ...NO_BORDERS, middle: ' ' },
  });
  const push = (cells: readonly string[]) => table.push([...cells, '']);
  push(titles.map((t) => style.bold(t.title)));
  push(widths.map((w) => (unicode ? '─' : '-').repeat(w)));
  rows.forEach((row, r) => {
    push(
      row.cells.map((cell, c) => {
        const text = c === last ? fit(cell, widths[c], titles[c].cut === true) : cell;
        return options.paint ? paintLines(text, (t) => options.paint!(t, r, c)) : text;
      }),
    );
    for (const paragraph of row.below ?? []) {
      table.push(['', { colSpan: last + 1, content: wrap(paragraph, span).join('\n') }]);
    }
  });
  return `${table
    .toString()
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n')}\n`;
}

function fit(text: string, width: number, cut: boolean): string {
  if (!cut) return wrap(text, width).join('\n');
  return text.length > width ? `${text.slice(0, width - 1)}…` : text;
}

function paintLines(text: string, paint: (text: string) => string): string {
  return text
    .split('\n')
    .map((line) => (line === '' ? line : paint(line)))
    .join('\n');
}

const NO_BORDERS = {
  top: '',
  'top-mid': '',
  'top-left': '',
  'top-right': '',
  bottom: '',
  'bottom-mid': '',
  'bottom-left': '',
  'bottom-right': '',
  left: '',
  'left-mid': '',
  mid: '',
  'mid-mid': '',
  right: '',
  'right-mid': '',
};

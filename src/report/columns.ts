import Table from 'cli-table3';
import { cut, displayWidth, fold } from './explain/width.js';
import type { Style } from './style.js';

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

/** cli-table3 compares every row with all rows before it: more than these are drawn as tables of the same widths. */
const PART = 32;

/**
 * Columns without bars, as kernel developers paste them into mails: titles, a ruling, rows. The last column and the
 * paragraphs below a row are broken into lines so that nothing is wider than `width`.
 */
export function columns(titles: readonly Column[], rows: readonly Row[], options: ColumnOptions): string {
  const { style, unicode, width, paint } = options;
  const widths = titles.map((t, c) =>
    rows.reduce((most, row) => Math.max(most, displayWidth(row.cells[c] ?? '')), displayWidth(t.title)),
  );
  const last = widths.length - 1;
  const before = widths.slice(0, last).reduce((sum, w) => sum + w + GAP, 0);
  // A number is never broken, even if it does not fit.
  if (titles[last].align !== 'right')
    widths[last] = Math.max(displayWidth(titles[last].title), Math.min(widths[last], width - before));
  const indent = ' '.repeat(widths[0] + GAP);
  // Paragraphs may be wider than the columns above them.
  const span = Math.max(width, before + widths[last] + GAP + 1) - indent.length;

  const fit = (text: string): string[] =>
    titles[last].cut === true ? [cut(text, widths[last], unicode ? '…' : '...')] : fold(text, widths[last]);
  const cells = (row: Row, r: number): string[] =>
    titles.map((_, c) => {
      const text = row.cells[c] ?? '';
      const lines = c === last ? fit(text) : [text];
      return lines.map((line) => (line === '' || !paint ? line : paint(line, r, c))).join('\n');
    });

  const lines: string[] = [];
  let waiting = [titles.map((t) => style.bold(t.title)), widths.map((w) => (unicode ? '─' : '-').repeat(w))];
  const draw = (): void => {
    if (waiting.length > 0) lines.push(...drawTable(titles, widths, waiting));
    waiting = [];
  };
  rows.forEach((row, r) => {
    waiting.push(cells(row, r));
    if (waiting.length >= PART || row.below !== undefined) draw();
    for (const paragraph of row.below ?? [])
      for (const line of fold(paragraph, span)) lines.push((indent + line).trimEnd());
  });
  draw();
  return `${lines.join('\n')}\n`;
}

function drawTable(
  titles: readonly Column[],
  widths: readonly number[],
  rows: readonly string[][],
): string[] {
  const table = new Table({
    colWidths: widths.map((w) => w + 1),
    colAligns: titles.map((t) => t.align ?? 'left'),
    style: { 'padding-left': 0, 'padding-right': 1, head: [], border: [] },
    chars: { ...NO_BORDERS, middle: ' ' },
  });
  table.push(...rows);
  return table
    .toString()
    .split('\n')
    .map((line) => line.trimEnd());
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

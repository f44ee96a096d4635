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

/** Spaces between columns. */
const GAP = 2;

/**
 * Columns without bars, as kernel developers paste them into mails: titles, a ruling, rows. The last column and the
 * paragraphs below a row are broken into lines so that nothing is wider than `width`.
 */
export function columns(titles: readonly Column[], rows: readonly Row[], options: ColumnOptions): string {
  const { style, unicode, width, paint } = options;
  const widths = titles.map((t, c) =>
    Math.max(displayWidth(t.title), ...rows.map((row) => displayWidth(row.cells[c] ?? ''))),
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
  const lines: string[] = [];
  const push = (cells: readonly string[], painted: (text: string, column: number) => string): void => {
    const cell = (text: string, c: number): string => {
      const room = ' '.repeat(widths[c] - displayWidth(text));
      const shown = text === '' ? '' : painted(text, c);
      return titles[c].align === 'right' ? room + shown : shown + room;
    };
    let left = titles
      .slice(0, last)
      .map((_, c) => cell(cells[c] ?? '', c) + ' '.repeat(GAP))
      .join('');
    for (const text of fit(cells[last] ?? '')) {
      lines.push((left + cell(text, last)).trimEnd());
      left = ' '.repeat(before);
    }
  };

  push(
    titles.map((t) => t.title),
    (text) => style.bold(text),
  );
  push(
    widths.map((w) => (unicode ? '─' : '-').repeat(w)),
    (text) => text,
  );
  rows.forEach((row, r) => {
    push(row.cells, paint === undefined ? (text) => text : (text, c) => paint(text, r, c));
    for (const paragraph of row.below ?? [])
      for (const line of fold(paragraph, span)) lines.push((indent + line).trimEnd());
  });
  return `${lines.join('\n')}\n`;
}

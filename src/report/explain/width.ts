/**
 * Columns that a text takes on a terminal: two for East Asian wide characters and emoji, none for combining marks.
 * Text of a trace is made printable first (sanitize.ts), so control characters do not occur here.
 */
export function displayWidth(text: string): number {
  if (ASCII.test(text)) return text.length;
  let width = 0;
  for (const char of text) width += charWidth(char);
  return width;
}

const ASCII = /^[\x20-\x7e]*$/;
const ZERO = /^[\p{Mn}\p{Me}]$/u;

/** Ranges of East Asian Width W and F (Unicode UAX #11) and of emoji shown as pictures. */
const WIDE: readonly (readonly [number, number])[] = [
  [0x1100, 0x115f],
  [0x2e80, 0x303e],
  [0x3041, 0x33ff],
  [0x3400, 0x4dbf],
  [0x4e00, 0x9fff],
  [0xa000, 0xa4cf],
  [0xa960, 0xa97f],
  [0xac00, 0xd7a3],
  [0xf900, 0xfaff],
  [0xfe30, 0xfe6f],
  [0xff00, 0xff60],
  [0xffe0, 0xffe6],
  [0x1f300, 0x1f64f],
  [0x1f900, 0x1f9ff],
  [0x20000, 0x3fffd],
];

function charWidth(char: string): number {
  const code = char.codePointAt(0)!;
  // Latin, punctuation, and arrows to box drawing hold no marks: compiling the expression takes milliseconds.
  if (code < 0x300 || (code >= 0x2000 && code < 0x20d0) || (code >= 0x2190 && code < 0x2600)) return 1;
  if (ZERO.test(char)) return 0;
  return code >= 0x1100 && WIDE.some(([from, to]) => code >= from && code <= to) ? 2 : 1;
}

/** Fills up with spaces to `width` columns. */
export function pad(text: string, width: number): string {
  return text + ' '.repeat(Math.max(0, width - displayWidth(text)));
}

/** At most `width` columns; what is cut leaves an ellipsis. */
export function cut(text: string, width: number, ellipsis = '…'): string {
  if (displayWidth(text) <= width) return text;
  let out = '';
  let used = displayWidth(ellipsis);
  for (const char of text) {
    used += charWidth(char);
    if (used > width) break;
    out += char;
  }
  return out + ellipsis;
}

/** The part of a too long word for this line: up to a bracket, comma or sign where there is one, else what fits. */
function breakWord(word: string, room: number): string {
  const head = cut(word, room, '');
  const at = Math.max(
    head.lastIndexOf('('),
    head.lastIndexOf(','),
    head.lastIndexOf('='),
    head.lastIndexOf('-'),
  );
  return at >= head.length / 3 ? head.slice(0, at + 1) : head;
}

/**
 * Breaks a text at spaces into lines of at most `width` columns, lines after the first indented. A word longer than a
 * line is broken where it must.
 */
export function fold(text: string, width: number, indent = ''): string[] {
  const lines: string[] = [];
  let line = '';
  let room = width;
  for (let word of text.split(' ')) {
    if (line !== '' && displayWidth(line) + 1 + displayWidth(word) > room) {
      lines.push(line);
      line = '';
      room = width - indent.length;
    }
    while (displayWidth(word) > room) {
      const head = breakWord(word, room);
      lines.push(head);
      word = word.slice(head.length);
      room = width - indent.length;
    }
    line = line === '' ? word : `${line} ${word}`;
  }
  lines.push(line);
  return lines.map((l, i) => (i === 0 ? l : indent + l).trimEnd());
}

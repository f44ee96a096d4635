import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type ColumnOptions, columns } from '../../src/report/columns.js';
import { createStyle } from '../../src/report/style.js';

const options: ColumnOptions = { style: createStyle(false), unicode: true, width: 40 };

test('titles, a ruling, rows, and paragraphs from the second column on', () => {
  const text = columns(
    [{ title: 'id' }, { title: 'n', align: 'right' }, { title: 'state' }],
    [
      { cells: ['F1', '7', 'checked'], below: ['a paragraph that is wider than forty columns breaks'] },
      { cells: ['F22', '12345', ''] },
    ],
    options,
  );
  assert.equal(
    text,
    [
      'id       n  state',
      '───  ─────  ───────',
      'F1       7  checked',
      '     a paragraph that is wider than',
      '     forty columns breaks',
      'F22  12345',
      '',
    ].join('\n'),
  );
});

test('the last column is broken into lines, at spaces or where it must, and nothing of it is lost', () => {
  const word = 'x'.repeat(60);
  const text = columns([{ title: 'name' }, { title: 'remarks' }], [{ cells: ['a', `so ${word}`] }], options);
  for (const line of text.split('\n')) assert.ok(line.length <= 40, line);
  assert.equal(text.split('\n').slice(2).join('').replaceAll(' ', ''), `aso${word}`);
});

test('a last column that is cut shows that it is', () => {
  const row = { cells: ['a', 'y'.repeat(60)] };
  const titles = [{ title: 'name' }, { title: 'task', cut: true }];
  assert.match(columns(titles, [row], options), /^a {5}y{33}…$/m);
  assert.match(columns(titles, [row], { ...options, unicode: false }), /^a {5}y{31}\.\.\.$/m);
});

test('a number is never broken nor cut, even if it does not fit', () => {
  const titles = [{ title: 'name' }, { title: 'sum', align: 'right' as const }];
  const text = columns(titles, [{ cells: ['z'.repeat(30), '123456789 ticks'] }], options);
  assert.match(text, /^z{30} {2}123456789 ticks$/m);
});

test('wide characters and combining marks keep the columns', () => {
  const titles = [{ title: 'task' }, { title: 'n' }];
  const text = columns(titles, [{ cells: ['漢字漢字', '1'] }, { cells: ['e\u0301', '2'] }], options);
  assert.match(text, /^漢字漢字 {2}1$/m);
  assert.match(text, /^e\u0301 {9}2$/m);
});

test('colour changes no width, and leaves padding alone', () => {
  const titles = [{ title: 'id' }, { title: 'state' }];
  const rows = [{ cells: ['F1', `one ${'t'.repeat(33)}`] }];
  const style = createStyle(true);
  const paint = (text: string, _: number, column: number) => (column === 1 ? style.bad(text) : text);
  const text = columns(titles, rows, { ...options, style, paint });
  assert.match(text, /^F1 {2}\x1b\[31mone\x1b\[39m$/m);
  assert.equal(text.replace(/\x1b\[\d+m/g, ''), columns(titles, rows, options));
});

test('a long list keeps its columns from the first row to the last', () => {
  const titles = [{ title: 'id' }, { title: 'n', align: 'right' as const }];
  const rows = Array.from({ length: 200 }, (_, i) => ({ cells: [`F${i}`, String(i * i)] }));
  const lines = columns(titles, rows, options).trimEnd().split('\n');
  assert.equal(lines.length, 202);
  for (const [i, line] of lines.slice(2).entries())
    assert.equal(line, `${`F${i}`.padEnd(4)}  ${String(i * i).padStart(5)}`);
});

test('a paragraph is at the left, whatever the column above it', () => {
  const titles = [{ title: 'id' }, { title: 'n', align: 'right' as const }, { title: 'more' }];
  const row = { cells: ['F1', '7', 'x'], below: ['short', '', 'last'] };
  assert.match(columns(titles, [row], options), /\nF1 {2}7 {2}x\n {4}short\n\n {4}last\n$/);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { judgeText, linesOf, textOf } from './judge.js';
import { placeOf } from './lines.js';

/** Nearly the longest line that is read as one. */
const LONG = 1_000_000;
/** What backtracking and nested repetition stumble over. */
const PIECES = [
  'a',
  '1',
  ' ',
  '\t',
  '-1 ',
  '[',
  '(',
  '(-',
  ']',
  '[001] ',
  ': ',
  '=',
  'a=',
  '=0x',
  '0x',
  '{',
  '"',
  '\\',
  'CPU:',
  'EVENTS ',
  'lost',
  'lost:',
  '#',
  '/',
  '=> ',
  '+0x1/',
  '\u00ff',
  '|',
  '.constprop',
  '_ret',
  '_1',
  '1.000000: ',
];
/** A second is a hundred times what they take; a quadratic run over a megabyte takes hours. */
const SECONDS = 10;

const repeated = (piece: string): string => piece.repeat(Math.ceil(LONG / piece.length));

test('no line makes a regular expression explode, wherever the repetition stands', async () => {
  const lines = await linesOf('cli/race.report.txt');
  const line =
    lines.find(
      (l) => (placeOf(l) !== null && l.includes('vmf_insert_pfn')) || l.includes('remap_pfn_range'),
    ) ?? '';
  const perf = 'perf 12 [001] 34.086745: PERF_RECORD_LOST';
  const starts = [
    '',
    'CPU:',
    'CPU:1 [LOST ',
    '# ',
    '#           ',
    'zrlab-',
    'PERF_RECORD_LOST',
    perf,
    '#####',
    '=> ',
    ' 1)  ',
  ];
  const places = [
    0,
    line.indexOf('-') + 1,
    line.indexOf('[') + 1,
    line.indexOf(']') + 1,
    line.indexOf(': ') + 1,
    line.indexOf(': ') + 2,
    line.indexOf('(') + 1,
    line.indexOf('=') + 1,
    line.length,
  ];
  assert.ok(
    places.every((at, i) => at > 0 || i === 0),
    line,
  );
  for (const piece of PIECES) {
    const body = repeated(piece);
    const hostile = [
      ...starts.map((s) => s + body),
      ...places.map((at) => line.slice(0, at) + body + line.slice(at)),
    ];
    const started = performance.now();
    const judged = await judgeText(
      textOf(hostile.flatMap((h, i) => [h.slice(0, LONG), lines[i % lines.length]])),
    );
    const seconds = (performance.now() - started) / 1000;
    assert.ok(seconds < SECONDS, `${JSON.stringify(piece)}: ${seconds.toFixed(1)} s`);
    assert.notEqual(judged.verdict, 'clean');
  }
});

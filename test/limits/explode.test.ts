import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { parsePageHeader } from '../../src/trace/binary/parts.js';
import { temporary } from '../cli/process.js';
import { probe, sampleFile } from '../trace/dat-sample.js';
import { Page, writeV6, X86 } from '../trace/dat-writer.js';
import { judge, judgeText, linesOf, textOf } from './judge.js';
import { placeOf } from './lines.js';

/** Nearly the longest line that is read as one. */
const LONG = 1_000_000;
/** What backtracking and nested repetition stumble over. */
const PIECES = [
  ...[
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
  ],
  ...[
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
  ],
  ...['1.000000: ', 'field:', 'field:a;', '[]', '\n'],
];
/** All lines of a piece take a tenth of a second; what is quadratic in a megabyte takes minutes. */
const SECONDS = 10;

const repeated = (piece: string): string => piece.repeat(Math.ceil(LONG / piece.length)).slice(0, LONG);

async function inTime(what: string, run: () => Promise<unknown>): Promise<void> {
  // Processor time: others may want the machine, too.
  const started = process.cpuUsage();
  await run();
  const seconds = process.cpuUsage(started).user / 1e6;
  assert.ok(seconds < SECONDS, `${what}: ${seconds.toFixed(1)} s`);
}

for (const [name, event] of [
  ['cli/race.report.txt', 'remap_pfn_range'],
  ['captures/6.1-vfio-basic/perf61.script.txt', 'zap_page_range_single'],
  ['captures/7.3-vfio-basic/tc34mono.trace_pipe.txt', 'unmap_mapping_range'],
]) {
  test(`${name}: no line makes a regular expression explode, wherever the repetition stands`, async () => {
    const lines = await linesOf(name);
    const line = lines.find((l) => placeOf(l) !== null && l.includes(`${event}:`)) ?? '';
    const head = line.slice(0, line.indexOf(event));
    const starts = [
      ...['', 'CPU:', 'CPU:1 [LOST ', '# ', '#           ', 'zrlab-', '#####', '=> ', ' 1)  '],
      ...[`${head}PERF_RECORD_LOST`, `${head}tracing_mark_write: `, `${head}${event}: `, `${head}${event}_`],
    ];
    const marks = [/^ */, /-|\d/, /\[/, /\]/, /\d\.\d/, /: /, /:\s+\(/, /\(/, /=/, /=0x/, /$/];
    const places = marks.map((mark) => {
      const match = mark.exec(line);
      assert.ok(match, `${mark} in ${line}`);
      return match.index + match[0].length;
    });
    for (const piece of PIECES.filter((p) => p !== '\n')) {
      const body = repeated(piece);
      const hostile = [
        ...starts.map((s) => s + body),
        ...places.map((at) => line.slice(0, at) + body + line.slice(at)),
      ].map((text) => text.slice(0, LONG));
      const input = textOf([...lines.slice(0, 60), ...hostile, ...lines.slice(60)]);
      await inTime(JSON.stringify(piece), async () =>
        assert.notEqual((await judgeText(input)).verdict, 'clean'),
      );
    }
  });
}

test('no header, format, symbol or task name of a trace.dat makes one explode', async () => {
  const path = join(temporary(), 'hostile.dat');
  const file = sampleFile(X86, [[new Page(X86, 1n).event(1, probe(X86, 1, 2n, 3))]]);
  for (const piece of PIECES) {
    const body = repeated(piece);
    const texts = file.formats.map(({ system, text }, i) => ({
      system,
      text: [text.replace(/;/, `${body};`), text.replace(/ID: /, `ID: ${body}`), text + body, body][i % 4],
    }));
    for (const bytes of [
      writeV6({ ...file, formats: [...file.formats, ...texts] }),
      writeV6({ ...file, kallsyms: body, cmdlines: body }),
      writeV6({ ...file, kallsyms: `ffffffff81000000 T ${body}`, cmdlines: `1 ${body}`, clock: body }),
    ]) {
      writeFileSync(path, bytes);
      await inTime(JSON.stringify(piece), () => judge(path));
    }
    await inTime(`header_page ${JSON.stringify(piece)}`, async () => parsePageHeader(body));
  }
});

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { XMLValidator } from 'fast-xml-parser';
import { command } from '../cli/in-process.js';
import { startBin, temporary, zaptrace } from '../cli/process.js';
import { fixture } from '../helpers.js';

/** What terminals, HTML, XML, Markdown and workflow commands act on, as a task may call itself (15 bytes). */
const NAMES = [
  '\x1b[2J\x1b]0;own\x07',
  '\x9b31mred',
  '<img/onerror=x>',
  '</script><b>',
  ']]></x><owned/>',
  '"><b onclick=',
  '::error::owned',
  '%0A::debug::x',
  '`](x:y)|**b**|',
  '@torvalds #1',
  '\u202egpj.exe',
  '${7*7}$(id)',
  '__proto__',
];

const COMMANDS: readonly [command: string, formats: readonly string[], more?: readonly string[]][] = [
  ['check', ['table', 'ndjson', 'json', 'markdown', 'sarif', 'junit', 'github', 'gcc']],
  ['explain', ['text', 'markdown', 'json']],
  ['timeline', ['text', 'list', 'ndjson', 'json', 'html', 'svg', 'perfetto']],
  ['events', ['ndjson', 'table'], ['--all']],
  ['faults', ['table', 'ndjson', 'json', 'markdown']],
];

/** C0 but the newline, DEL, C1, what breaks or reorders lines. */
const CONTROL = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]/;

/** The mail's race, by a task of this name, with a marker and an unknown event that say it, too. */
function hostileTrace(name: string): string {
  const lines = readFileSync(fixture('cli/race.report.txt'), 'utf8').split('\n');
  const word = name.replace(/[\s:]/g, '_');
  return lines
    .map((line) => line.replace(/zrlab(?=-\d)/, () => name))
    .flatMap((line, i) => {
      if (i !== 5) return [line];
      const head = /^.*?\d+\.\d{6}: /.exec(line)?.[0] ?? '';
      return [
        line,
        `${head}print: tracing_mark_write: ${name}`,
        `${head}ev_${word}: field=${name} other="${name}"`,
      ];
    })
    .join('\n');
}

/** Markup of ours in a page: that of a harmless trace. */
const tags = (text: string): number => [...text.matchAll(/<[a-z/!]/gi)].length;

for (const [name, formats, more = []] of COMMANDS) {
  for (const format of formats) {
    test(`${name} -f ${format}: nothing that a trace says gets out of its place`, async () => {
      const path = join(temporary(), 'trace.txt');
      const render = async (comm: string) => {
        writeFileSync(path, hostileTrace(comm));
        const { stdout, stderr, code } = await command([name, '-f', format, ...more, path]);
        assert.ok(code !== 2 && code !== 70, `exit ${code}: ${stderr}`);
        assert.ok(stdout.length > 0);
        assert.doesNotMatch(stdout, CONTROL);
        assert.doesNotMatch(stderr, CONTROL);
        return stdout;
      };
      const harmless = await render('harmless');
      for (const comm of NAMES) {
        const out = await render(comm);
        if (format === 'junit' || format === 'svg') assert.equal(XMLValidator.validate(out), true, comm);
        if (format === 'html' || format === 'svg' || format === 'junit')
          assert.equal(tags(out), tags(harmless), comm);
        if (format === 'html')
          assert.equal(out.match(/<\/script>/gi)?.length, harmless.match(/<\/script>/gi)?.length);
        if (format === 'markdown') {
          const outside = out.replace(/(`{3,})\w*\n[\s\S]*?\n\1\n/g, '').replace(/(`+)[^`][\s\S]*?\1/g, '');
          assert.doesNotMatch(
            outside,
            /(?<!\\)<(img|b\b|owned|\/(?!details|summary))|(?<!\\)[@#](torvalds|1)/,
            comm,
          );
        }
        if (format === 'github') {
          for (const line of out.trimEnd().split('\n'))
            assert.match(line, /^::(error|warning|notice) /, comm);
        }
        if (format === 'ndjson') for (const line of out.trimEnd().split('\n')) JSON.parse(line);
        if (format === 'json' || format === 'sarif' || format === 'perfetto') JSON.parse(out);
      }
    });
  }
}

test('a name in a trace.dat with a newline and an escape stays on its line', async () => {
  const path = join(temporary(), 'trace.dat');
  const bytes = readFileSync(fixture('captures/6.12-vfio-basic/tc331v6.dat'));
  const evil = Buffer.from('\n\x1b[2J<b', 'latin1');
  let count = 0;
  for (let at = bytes.indexOf('vfiolab'); at >= 0; at = bytes.indexOf('vfiolab', at)) {
    evil.copy(bytes, at);
    count++;
  }
  assert.ok(count > 0);
  writeFileSync(path, bytes);
  for (const args of [
    ['check', '-f', 'table', '--limit', '0'],
    ['timeline', '-f', 'text'],
    ['events', '-f', 'table'],
  ]) {
    const { stdout, stderr, code } = await command([...args, path]);
    assert.ok(code === 0 || code === 3, stderr);
    assert.doesNotMatch(stdout + stderr, CONTROL);
  }
});

test('a file name is a name of a stranger, too', async () => {
  const path = join(temporary(), '\x1b[31m<img src=x>::error::.txt');
  writeFileSync(path, hostileTrace('x'));
  for (const format of ['table', 'markdown', 'junit', 'github', 'gcc', 'sarif']) {
    const { stdout, stderr } = await command(['-f', format, path]);
    assert.doesNotMatch(stdout + stderr, CONTROL, format);
    if (format === 'junit') assert.equal(XMLValidator.validate(stdout), true);
  }
});

test('a hostile probe map is refused in words, or changes nothing but what it names', async () => {
  const directory = temporary();
  const race = fixture('cli/race.report.txt');
  const deep = `${'['.repeat(20_000)}${']'.repeat(20_000)}`;
  const maps = [
    '{"__proto__": {"polluted": true}}',
    '{"name": "x", "constructor": {"prototype": {"polluted": true}}, "functions": {"__proto__": {"role": "zap"}}}',
    '{"name": "x", "functions": {"toString": {"role": "__proto__"}, "hasOwnProperty": {}}}',
    '[]',
    'null',
    '"(a+)+$"',
    '1e999',
    deep,
    `{"name": ${JSON.stringify('x'.repeat(5_000_000))}}`,
    `{"name": "x", "functions": {${Array.from({ length: 50_000 }, (_, i) => `"f${i}": 1`).join(',')}}}`,
    '{"name": "\\u001b[2J", "functions": 3}',
  ];
  for (const [i, map] of maps.entries()) {
    const path = join(directory, `map${i}.json`);
    writeFileSync(path, map);
    const started = performance.now();
    const { stdout, stderr, code } = await command(['-q', '--probe-map', path, race]);
    assert.equal(code, 2, `${map.slice(0, 60)}: ${stdout}`);
    assert.ok(stderr.startsWith('zaptrace: '));
    assert.doesNotMatch(stderr, CONTROL);
    assert.doesNotMatch(stderr, /\n\s+at /);
    assert.ok(stderr.length < 100_000, `${stderr.length} characters of complaints`);
    assert.ok(performance.now() - started < 10_000);
    assert.equal(({} as { polluted?: boolean }).polluted, undefined);
  }
});

test('nothing is written but what -o names: not beside the trace, nor at home, nor left in the temporary directory', async () => {
  const [cwd, HOME, TMPDIR] = [temporary(), temporary(), temporary()];
  const dat = readFileSync(fixture('captures/6.12-vfio-basic/tc331v6.dat'));
  writeFileSync(join(cwd, 'trace.dat'), dat);
  writeFileSync(join(cwd, 'trace.txt'), hostileTrace('$(touch${IFS}x)'));
  const left = () =>
    [cwd, HOME, TMPDIR].flatMap((directory) => readdirSync(directory, { recursive: true, encoding: 'utf8' }));
  const before = left().sort();
  for (const [name, formats] of COMMANDS) {
    for (const format of formats) {
      const { code } = await zaptrace([name, '-f', format, 'trace.txt'], {
        cwd,
        env: { HOME, TMPDIR },
      });
      assert.notEqual(code, 70);
    }
  }
  // From a pipe a trace.dat goes through a temporary file.
  const child = startBin(['-f', 'ndjson'], { cwd, env: { HOME, TMPDIR } });
  child.stdout.resume();
  child.stdin.end(dat);
  const [code] = await once(child, 'close');
  assert.equal(code, 0);
  assert.deepEqual(left().sort(), before);
});

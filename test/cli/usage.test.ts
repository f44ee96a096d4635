import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { VERSION } from '../../src/version.js';
import { command } from './in-process.js';
import { fixture, ROOT, zaptrace } from './process.js';

const clean = fixture('clean.report.txt');

/** Each: arguments, and what the one line on standard error must say. */
const WRONG: readonly [args: string[], message: RegExp][] = [
  [['--rul', 'x', clean], /unknown option '--rul'[\s\S]*Did you mean --rule/],
  [['-f', 'jsn', clean], /'jsn' is not a format of 'check' \(did you mean 'json'\?\); known: table/],
  [['timeline', '-f', 'sarif', clean], /'sarif' is not a format of 'timeline'/],
  [['--rule', 'partial-zpa', clean], /'partial-zpa' is not a rule \(did you mean 'partial-zap'\?\)/],
  [['--skew', 'fast', clean], /Expected nanoseconds.*found 'fast'/],
  [['--limit', '-1', clean], /Expected a whole number of at least 0, found '-1'/],
  [['--jobs', '0', clean], /Expected a whole number from 1 to 256, found '0'/],
  [['--pid', '12,x', clean], /Expected a whole number.*found 'x'/],
  [['--since', 'noon', clean], /Expected a time as the trace prints it/],
  [['--since', '+2', '--until', '+1', clean], /--until \+1 is not after --since \+2/],
  [['--vma', '12', clean], /Expected a pointer .* or an id/],
  [['--clock', 'mon', clean], /'mon' is not a trace clock \(did you mean 'mono'\?\)/],
  [['--input-format', 'perf', clean], /'perf' is not an input format \(did you mean/],
  [['--min-confidence', 'sure', clean], /'sure' is not a confidence; known: confirmed, possible/],
  [['--color', 'blue', clean], /'blue' is not a value of --color/],
  [['--fail-on', 'warn', clean], /'warn' is not a level of --fail-on \(did you mean 'warning'\?\)/],
  [['-f', 'json=', clean], /a file name must follow '='/],
  [
    ['-f', 'table', '-f', 'json', clean],
    /two formats would go to standard output; give one a file: -f json=FILE/,
  ],
  [['-o', '/no/such/dir/x', clean], /cannot write '\/no\/such\/dir\/x': no such file or directory/],
  [['-o', clean, clean], /is one of the traces to read/],
  [['--probe-map', 'no-such.json', clean], /cannot read 'no-such.json': no such file or directory/],
  [['--probe-map', 'LICENSE', clean], /'LICENSE' is not JSON/],
  [['--baseline', 'package.json', clean], /'package.json' is no baseline/],
  [['--expect', 'package.json', clean], /'package.json': expected a member 'findings'/],
  [['chekc'], /'chekc' is no file and no command \(did you mean 'check'\?\)/],
  [['-f', 'json', 'check', clean], /'check' must be the first word/],
  [['help', 'timelin'], /no command 'timelin' \(did you mean 'timeline'\?\)/],
  [['schema', 'findng'], /'findng' is not a schema \(did you mean 'finding'\?\)/],
  [['completion', 'bsh'], /'bsh' is not a shell \(did you mean 'bash'\?\)/],
  [['completion'], /missing required argument 'shell'/],
  [['-', '-'], /standard input \('-'\) can be read only once/],
];

for (const [args, message] of WRONG) {
  test(`wrong usage is told and exits 2: zaptrace ${args.join(' ')}`, async () => {
    const { code, stdout, stderr } = await command(args);
    assert.match(stderr, message);
    assert.equal(stdout, '');
    assert.equal(code, 2);
    assert.ok(stderr.startsWith('zaptrace: '), stderr);
  });
}

test('--help begins with examples, for the program and for every command', async () => {
  const { stdout, code } = await command(['--help']);
  assert.equal(code, 0);
  assert.ok(stdout.startsWith('Examples:\n'));
  assert.match(stdout, /Exit codes:/);
  const names = [...stdout.matchAll(/^ {2}([a-z]+) {2,}\S/gm)].map((match) => match[1]);
  assert.ok(names.includes('check') && names.includes('completion'), names.join());
  for (const name of names.filter(
    (n) => n !== 'help' && n !== 'zaptrace' && n !== 'clean' && n !== 'violation',
  )) {
    const help = await command([name, '--help']);
    assert.ok(help.stdout.startsWith('Examples:\n'), `${name}: ${help.stdout.slice(0, 60)}`);
    assert.equal((await command(['help', name])).stdout, help.stdout);
  }
});

test('--version gives the version of package.json, in the fast path and in the program', async () => {
  const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
  assert.equal(VERSION, version);
  assert.equal((await zaptrace(['--version'])).stdout, `${version}\n`);
  assert.equal((await zaptrace(['-V'])).stdout, `${version}\n`);
  assert.equal((await command(['--version'])).stdout, '0.0.0-test\n');
});

test('without a trace a terminal at standard input is an error, not a wait', async () => {
  const { code, stderr } = await command([], { stdinIsTerminal: true });
  assert.equal(code, 2);
  assert.match(stderr, /no trace given, and standard input is a terminal/);
});

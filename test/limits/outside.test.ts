import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  closeSync,
  existsSync,
  openSync,
  readFileSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { analyze } from '../../src/analyze.js';
import { BIN, finish, fixture, ROOT, startBin, temporary, zaptrace } from '../cli/process.js';
import { writeV7 } from '../trace/dat-writer.js';
import { datOf } from './dat-of.js';
import { bytesOf, judge, judgeText, linesOf, textOf } from './judge.js';
import { placeOf, shifted } from './lines.js';
import { Renaming } from './names.js';

const race = fixture('race.report.txt');
const clean = fixture('clean.report.txt');
const noFull = existsSync('/dev/full') ? false : 'no /dev/full on this system';

test('a full disk is exit 2 and one line, whatever would have been the verdict', {
  skip: noFull,
}, async () => {
  for (const format of ['table', 'ndjson', 'sarif']) {
    const { code, stderr } = await zaptrace(['-q', '-f', format, '-o', '/dev/full', clean]);
    assert.equal(code, 2, format);
    assert.equal(stderr, "zaptrace: cannot write '/dev/full': no space left on device\n");
  }
});

test('standard output on a full disk: exit 2, no stack', { skip: noFull }, async () => {
  for (const args of [[clean], ['events', race], ['timeline', '-f', 'html', race], ['schema', 'finding']]) {
    const full = openSync('/dev/full', 'w');
    const child = spawn(process.execPath, [BIN, ...args], { cwd: ROOT, stdio: ['ignore', full, 'pipe'] });
    closeSync(full);
    let stderr = '';
    child.stderr?.on('data', (text) => (stderr += text));
    const [code] = await once(child, 'close');
    assert.equal(stderr, 'zaptrace: cannot write the output: no space left on device\n', args.join(' '));
    assert.equal(code, 2, args.join(' '));
  }
});

/** Root may read every file: then the program runs as nobody, if nobody may read the program. */
const NOBODY = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : {};
const noNobody =
  spawnSync(process.execPath, [BIN, '--version'], { cwd: ROOT, ...NOBODY }).status === 0
    ? false
    : 'run as root from a place that others may not read: NOT TESTED';

test('a file that may not be read is named, and does not hide the others', { skip: noNobody }, async () => {
  const directory = temporary();
  chmodSync(directory, 0o755);
  const path = join(directory, 'secret.txt');
  writeFileSync(path, readFileSync(race));
  chmodSync(path, 0);
  const child = spawn(process.execPath, [BIN, '-f', 'ndjson', path, race], { cwd: ROOT, ...NOBODY });
  const { code, stderr, stdout } = await finish(child);
  assert.match(stderr, /secret\.txt: .*permission denied/);
  assert.equal(JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '').verdict, 'violation');
  assert.equal(code, 1);
  // What may not be written is told before anything is read.
  const closed = spawn(process.execPath, [BIN, '-o', join(directory, 'out.json'), race], {
    cwd: ROOT,
    ...NOBODY,
  });
  const refused = await finish(closed);
  assert.match(refused.stderr, /^zaptrace: cannot write '.*out\.json': permission denied\n$/);
  assert.equal(refused.code, 2);
});

test('a read error in the middle of the system is an input error', {
  skip: existsSync('/proc/self/mem') ? false : 'no /proc',
}, async () => {
  const { code, stderr } = await zaptrace(['/proc/self/mem']);
  assert.match(stderr, /cannot be read/);
  assert.doesNotMatch(stderr, /\n\s+at /);
  assert.equal(code, 2);
});

for (const name of [
  'captures/6.12-zaprace-correct/tc331.dat',
  'captures/6.12-zaprace-mmap-leak/perf61.data',
  'captures/6.12-zaprace-natural-stray/tc331us.report.txt.zst',
]) {
  test(`${name}: a file that shrinks while it is read never ends clean, nor hangs`, async () => {
    const bytes = await bytesOf(name);
    for (const share of [0, 0.3, 0.7]) {
      const path = join(temporary(), 'shrinking');
      writeFileSync(path, bytes);
      let verdict: string | null = null;
      let cut = false;
      try {
        for await (const record of analyze(path, { records: { events: 'all' } })) {
          if (!cut) truncateSync(path, Math.floor(bytes.length * share));
          cut = true;
          if (record.type === 'summary') verdict = record.verdict;
        }
      } catch (error) {
        assert.equal((error as Error).name, 'InputError', String(error));
      }
      assert.ok(cut);
      // What was in memory already may have been all of it: then the verdict is that of the whole file.
      if (name.includes('correct')) assert.notEqual(verdict, 'violation');
      else assert.notEqual(verdict, 'clean');
    }
  });
}

/** The program has its signal handlers: SIGHUP is caught (bit 0 of SigCgt). */
async function handlesSignals(pid: number): Promise<void> {
  for (let i = 0; i < 500; i++) {
    const mask = /^SigCgt:\s*([0-9a-f]+)$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
    if (mask !== null && (BigInt(`0x${mask[1]}`) & 1n) === 1n) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  assert.fail('no signal handler within 10 s');
}

const stages: readonly [stage: string, share: number, verdict: RegExp, code: number][] = [
  ['before the first byte', 0, /the input is empty/, 2],
  ['in the first line', 0.002, /"verdict":"inconclusive"/, 2],
  ['half-way', 0.5, /"verdict":"(violation|inconclusive)"/, 1],
  ['in the last line', 0.999, /"verdict":"violation"/, 1],
];

for (const [i, [stage, share, verdict, code]] of stages.entries()) {
  const signal = i % 2 === 0 ? 'SIGINT' : 'SIGTERM';
  test(`${signal} ${stage} of a slow pipe: it ends, and what was proven is told`, {
    skip: existsSync('/proc/self/status') ? false : 'no /proc',
  }, async () => {
    const bytes = readFileSync(join(ROOT, race));
    const child = startBin(['-f', 'ndjson']);
    child.stdin.on('error', () => {});
    child.stdin.write(bytes.subarray(0, Math.floor(bytes.length * share)));
    await handlesSignals(child.pid ?? 0);
    // Let it read what is there; too early is a case of its own, not an error.
    if (share > 0) await new Promise((resolve) => setTimeout(resolve, 300));
    child.kill(signal);
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', (text) => (stdout += text));
    child.stderr.on('data', (text) => (stderr += text));
    const [ended] = await once(child, 'close');
    child.stdin.destroy();
    assert.match(stdout.trimEnd().split('\n').at(-1) ?? '', verdict);
    assert.match(stderr, /interrupted/);
    assert.ok(
      ended === code || (code === 2 && ended === 3) || (code === 1 && ended === 3 && share < 0.9),
      `exit ${ended}`,
    );
  });
}

/** The race on two of 1,000 CPUs at a time, a thousand times, by other tasks and on other devices. */
async function thousandRaces(): Promise<string[]> {
  const lines = (await linesOf('cli/race.report.txt')).filter((line) => placeOf(line) !== null);
  const all: string[] = [];
  for (let n = 0; n < 1_000; n++) {
    const names = new Renaming(n + 1, BigInt(n) << 32n);
    const [one, two] = [n, (n + 1) % 1_000].map((cpu) => String(cpu + 500).padStart(3, '0'));
    for (const line of lines) {
      const moved = shifted(names.line(line), BigInt(n) * 1_000_000_000n);
      all.push(moved.replace(/\[00([01])\]/, (_, cpu) => `[${cpu === '0' ? one : two}]`));
    }
  }
  return all;
}

test('1,000 CPUs with a race each: 1,000 findings, in a text and in a trace.dat', async () => {
  const lines = (await linesOf('cli/race.report.txt')).filter((line) => placeOf(line) !== null);
  const all = await thousandRaces();
  assert.equal((await judgeText(textOf(lines))).findings.length, 2);
  const path = join(temporary(), 'thousand.dat');
  writeFileSync(path, writeV7(datOf(all)));
  for (const judged of [await judgeText(textOf(all)), await judge(path)]) {
    assert.equal(judged.counts?.records, all.length);
    assert.equal(judged.findings.length, 2_000);
    assert.equal(judged.verdict, 'violation');
  }
});

test('an endless line, junk and nothing at all are refused in words', async () => {
  for (const [input, words] of [
    ['x'.repeat(3_000_000), /found text beginning "xxxx/],
    ['\u0001\u0002\ufffd'.repeat(100_000), /found (binary data|text) beginning/],
    ['', /the input is empty/],
  ] as const) {
    const { code, stdout, stderr } = await finish(startBin(['-f', 'ndjson']), input);
    assert.match(stderr, words);
    assert.doesNotMatch(stderr, /\n\s+at /);
    assert.equal(code, 2, stdout);
  }
});

test('a limit of addresses is told as that, with what helps', () => {
  const trace = 'fixtures/captures/6.12-vfio-basic/tc331v6.dat';
  const limited = (...args: string[]) => {
    const command = `ulimit -v 4000000; exec "$@" check -q ${trace}`;
    return spawnSync('sh', ['-c', command, 'sh', process.execPath, ...args], { cwd: ROOT, encoding: 'utf8' });
  };
  const { status, stdout, stderr } = limited(BIN);
  // (Node.js 24 gets by on less.)
  if (status === 0) assert.match(stdout, /^CLEAN/);
  else {
    assert.match(stderr, /^zaptrace: fixtures.*: WebAssembly wants 10 GB of addresses.*ulimit -v.*\n$/);
    assert.equal(status, 2);
  }
  assert.match(limited('--disable-wasm-trap-handler', BIN).stdout, /^CLEAN/);
});

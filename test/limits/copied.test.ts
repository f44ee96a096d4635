// A trace.dat that comes through a pipe, or compressed, is copied to a temporary file first: what may go wrong there.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { finish, ROOT, startBin, temporary, zaptrace } from '../cli/process.js';

const dat = readFileSync(join(ROOT, 'fixtures/captures/6.12-zaprace-mmap-leak/tc331.dat'));

async function piped(args: string[], env?: NodeJS.ProcessEnv) {
  const child = startBin(args, { env });
  child.stdin.on('error', () => {});
  child.stdin.write(dat);
  return finish(child);
}

test('a trace.dat through a pipe is copied, and a note on standard error says so', async () => {
  const { stdout, stderr, code } = await piped([]);
  assert.match(stdout, /^VIOLATION -: 8 errors/);
  assert.equal(
    stderr,
    'zaptrace: -: a trace.dat is read by position: the pipe is copied to a temporary file\n',
  );
  assert.equal(code, 1);
  assert.equal((await piped(['-q'])).stderr, '');
});

test('no room for the copy is told as that, and not as a fault of the input', async () => {
  const { stderr, code } = await piped(['-q'], { TMPDIR: '/nowhere' });
  assert.match(stderr, /^zaptrace: -: cannot be copied to a temporary file in \/nowhere .*ENOENT/);
  assert.equal(code, 2);
});

test('Ctrl-C while a pipe is silent: all that came through it is judged', async () => {
  const directory = temporary();
  const child = startBin(['-f', 'ndjson'], { env: { TMPDIR: directory } });
  child.stdin.write(dat);
  const copied = (): boolean =>
    readdirSync(directory).some(
      (name) => statSync(join(directory, name, 'trace'), { throwIfNoEntry: false })?.size === dat.length,
    );
  while (!copied()) await new Promise((resolve) => setTimeout(resolve, 20));
  child.kill('SIGINT');
  let stdout = '';
  child.stdout.on('data', (text) => (stdout += text));
  const [code] = await once(child, 'close');
  child.stdin.destroy();
  const { verdict, reasons, counts } = JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '');
  assert.equal(verdict, 'violation');
  assert.deepEqual(reasons, ['8 confirmed errors', 'reading was interrupted']);
  assert.equal(counts.records, 2747);
  assert.equal(code, 1);
});

test('a trace.dat.gz that was cut gives what came before, and is not clean', async () => {
  const whole = gzipSync(readFileSync(join(ROOT, 'fixtures/dat/6.1-v6.dat')));
  const path = join(temporary(), 'cut.dat.gz');
  writeFileSync(path, whole.subarray(0, whole.length - 20));
  const { stdout, code } = await zaptrace(['-f', 'ndjson', path]);
  const records = stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  const cut = records.find((r) => r.type === 'diagnostic' && r.code === 'compressed-cut');
  assert.equal(cut?.severity, 'error');
  assert.equal(records.at(-1).verdict, 'inconclusive');
  assert.ok(records.at(-1).counts.records > 0);
  assert.equal(code, 3);

  writeFileSync(path, whole.subarray(0, whole.length >> 1));
  const none = await zaptrace(['-q', path]);
  assert.match(
    none.stderr,
    /gzip data end in the middle .*what comes before that cannot be read: .* \(at byte \d+\)/,
  );
  assert.equal(none.code, 2);
});

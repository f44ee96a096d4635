import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import {
  appendFileSync,
  chmodSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, test } from 'node:test';
import { gunzipSync, gzipSync } from 'node:zlib';
import { openSource, spool } from '../../src/trace/open.js';
import { InputError } from '../../src/trace/reader.js';
import { openTrace } from '../../src/trace/registry.js';
import type { ByteSource } from '../../src/trace/source.js';
import { fixture } from '../helpers.js';
import { collect } from './collect.js';

const directory = mkdtempSync(join(tmpdir(), 'zaptrace-test-'));
after(() => rmSync(directory, { recursive: true, force: true }));

function file(name: string, content: Uint8Array | string): string {
  const path = join(directory, name);
  writeFileSync(path, content);
  return path;
}

async function bytes(source: ByteSource, signal?: AbortSignal): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const chunk of source.chunks(signal)) parts.push(Buffer.from(chunk));
  await source.close();
  return Buffer.concat(parts);
}

const fails =
  (code: string, message?: RegExp) =>
  (error: unknown): boolean => {
    assert.ok(error instanceof InputError, String(error));
    assert.equal(error.code, code);
    if (message !== undefined) assert.match(error.message, message);
    return true;
  };

/** 3 MB of lines that do not compress to nothing. */
const LARGE = Buffer.from(
  Array.from({ length: 60000 }, (_, i) => `line ${i} ${(i * 2654435761) % 4294967296} ${i * i}\n`).join(''),
);

/** What a compressor of the system makes of it; null where it is missing. */
async function compressed(tool: string, args: string[], data: Uint8Array): Promise<Buffer | null> {
  const child = spawn(tool, args, { stdio: ['pipe', 'pipe', 'ignore'] });
  const parts: Buffer[] = [];
  child.stdout.on('data', (part: Buffer) => parts.push(part));
  child.stdin.on('error', () => {});
  child.stdin.end(data);
  return new Promise((resolve) => {
    child.on('error', () => resolve(null));
    child.on('close', () => resolve(Buffer.concat(parts)));
  });
}

test('a plain file: its size, its head, its bytes, as often as wanted', async () => {
  const path = file('plain', LARGE);
  const source = await openSource(path);
  assert.equal(source.path, path);
  assert.equal(source.size, LARGE.length);
  assert.deepEqual(Buffer.from(source.head), LARGE.subarray(0, 65536));
  assert.deepEqual(await bytes(source), LARGE);
  assert.deepEqual(await bytes(source), LARGE);
});

test('gzip, also of several members, is known by its first bytes', async () => {
  const parts = [LARGE.subarray(0, 1000), LARGE.subarray(1000, 2000000), LARGE.subarray(2000000)];
  const source = await openSource(file('trace.txt', Buffer.concat(parts.map((p) => gzipSync(p)))));
  assert.equal(source.path, null);
  assert.equal(source.size, null);
  assert.equal(source.head.length, 65536);
  assert.deepEqual(await bytes(source), LARGE);
});

for (const [tool, args] of [
  ['zstd', ['-q', '-c']],
  ['zstd', ['-q', '-c', '--no-content-size', '-19']],
  ['xz', ['-c', '-1']],
] as const) {
  test(`${tool} ${args.join(' ')}: one stream, two streams, one that is cut, one that is damaged`, async (t) => {
    const one = await compressed(tool, [...args], LARGE);
    if (one === null) return t.skip(`no ${tool}`);
    assert.deepEqual(await bytes(await openSource(file('one', one))), LARGE);
    const second = await compressed(tool, [...args], Buffer.from('the end\n'));
    assert.deepEqual(
      await bytes(await openSource(file('two', Buffer.concat([one, second!])))),
      Buffer.concat([LARGE, Buffer.from('the end\n')]),
    );
    await assert.rejects(
      openSource(file('cut', one.subarray(0, one.length >> 1))).then(bytes),
      fails('compressed-cut', /cut|unexpected end/i),
    );
    const damaged = Buffer.from(one);
    damaged.fill(0xaa, one.length >> 1, (one.length >> 1) + 200);
    await assert.rejects(openSource(file('damaged', damaged)).then(bytes), fails('compressed-damaged'));
  });
}

test('a cut gzip file gives what it has, and the trace is marked as incomplete', async () => {
  const text = gunzipSync(readFileSync(fixture('text/report-3.3.1.txt.gz')));
  const whole = gzipSync(Buffer.concat(Array(20).fill(text)));
  const source = await openSource(file('cut.gz', whole.subarray(0, whole.length >> 1)));
  const { info } = await collect(await openTrace(source));
  assert.ok(info.records > 291);
  const cut = info.diagnostics.find((d) => d.code === 'compressed-cut');
  assert.equal(cut?.severity, 'error');
  await assert.rejects(openSource(file('stub.gz', whole.subarray(0, 12))), fails('compressed-cut'));
});

test('xz data without xz is a clear error', async () => {
  const path = file('x.xz', Buffer.from([0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00, 0x00, 0x04]));
  const { PATH } = process.env;
  process.env.PATH = directory;
  try {
    await assert.rejects(openSource(path).then(bytes), fails('xz-missing', /xz is not on PATH/));
  } finally {
    process.env.PATH = PATH;
  }
});

test('other compressions are named', async () => {
  await assert.rejects(openSource(file('x.bz2', 'BZh91AY&SY')), fails('compression-unsupported', /bzip2/));
});

test('a missing file, a directory, a file that may not be read', async () => {
  await assert.rejects(openSource(join(directory, 'nothing')), fails('not-found', /nothing: no such file/));
  await assert.rejects(openSource(join(file('plain', 'x'), 'below')), fails('not-found'));
  await assert.rejects(openSource(directory), fails('is-directory', /is a directory/));
  const locked = file('locked', 'x');
  chmodSync(locked, 0o000);
  if (process.getuid?.() !== 0)
    await assert.rejects(openSource(locked), fails('no-access', /permission denied/));
});

test('an empty file opens and has nothing', async () => {
  const source = await openSource(file('empty', ''));
  assert.equal(source.head.length, 0);
  assert.equal((await bytes(source)).length, 0);
});

test('a named pipe is read once', async (t) => {
  const path = join(directory, 'fifo');
  const made = await compressed('mkfifo', [path], Buffer.alloc(0));
  if (made === null || !existsSync(path)) return t.skip('no mkfifo');
  const writer = spawn('sh', ['-c', `cat '${fixture('text/report-tai.txt')}' > '${path}'`]);
  const source = await openSource(path);
  assert.equal(source.path, null);
  const { info } = await collect(await openTrace(source));
  assert.equal(info.records, 88);
  writer.kill();
});

test('spooling makes a file of a stream, which goes away with it', async () => {
  const copy = await spool(await openSource(file('large.gz', gzipSync(LARGE))));
  assert.ok(copy.path !== null);
  assert.equal(copy.size, LARGE.length);
  assert.deepEqual(readFileSync(copy.path), LARGE);
  assert.deepEqual(await bytes({ ...copy, chunks: copy.chunks.bind(copy), close: async () => {} }), LARGE);
  await copy.close();
  assert.ok(!existsSync(copy.path));
  assert.ok(!existsSync(dirname(copy.path)));
});

test('a followed file goes on as it grows, until the signal', async () => {
  const path = file('growing', 'one\n');
  const stop = new AbortController();
  const source = await openSource(path);
  let text = '';
  for await (const chunk of source.chunks(stop.signal, true)) {
    text += Buffer.from(chunk).toString();
    if (text === 'one\n') appendFileSync(path, 'two\n');
    else stop.abort();
  }
  assert.equal(text, 'one\ntwo\n');
});

test('a followed trace ends at the signal with what it has', async () => {
  const path = file('live.txt', readFileSync(fixture('text/report-tai.txt')));
  const stop = new AbortController();
  const reader = await openTrace(await openSource(path));
  setTimeout(() => stop.abort(), 100);
  let records = 0;
  await reader.read(
    {
      declare: () => ({ fields: [], wantText: false, wantFields: false }),
      record: () => records++,
      lost() {},
    },
    { signal: stop.signal, follow: true },
  );
  assert.equal(records, 88);
});

test('a line that is still being written when the signal comes is no damage', async () => {
  const stop = new AbortController();
  const reader = await openTrace(
    await openSource(file('half.txt', readFileSync(fixture('text/report-tai.txt')).subarray(0, 5000))),
  );
  setTimeout(() => stop.abort(), 50);
  await reader.read({ declare: () => null, record() {}, lost() {} }, { signal: stop.signal, follow: true });
  assert.equal(reader.info.unparsed, 0);
  assert.deepEqual(reader.info.diagnostics, []);
});

test('an aborted signal ends a decompressed input without an error', async () => {
  const stop = new AbortController();
  const source = await openSource(file('abort.gz', gzipSync(LARGE)));
  let size = 0;
  for await (const chunk of source.chunks(stop.signal)) {
    size += chunk.length;
    stop.abort();
  }
  assert.ok(size > 0 && size < LARGE.length);
});

const script = (root: string): string => `
  const { openSource } = await import(${JSON.stringify(root)});
  const source = await openSource('-');
  let size = 0;
  for await (const chunk of source.chunks()) size += chunk.length;
  console.log(source.name, source.head.length, size);
`;
const compiled = new URL('../../src/trace/open.js', import.meta.url).href;

test('standard input: a file, a pipe, a compressed pipe', async (t) => {
  const path = file('stdin', LARGE);
  const zst = await compressed('zstd', ['-q', '-c'], LARGE);
  if (zst !== null) file('stdin.zst', zst);
  const run = (command: string): string => {
    const { stdout, status, stderr } = spawnShell(command, { CODE: script(compiled) });
    assert.equal(status, 0, stderr);
    return stdout.trim();
  };
  const node = `'${process.execPath}' --input-type=module -e "$CODE"`;
  assert.equal(run(`${node} < '${path}'`), `- 65536 ${LARGE.length}`);
  assert.equal(run(`cat '${path}' | ${node}`), `- 65536 ${LARGE.length}`);
  assert.equal(run(`gzip -c '${path}' | ${node}`), `- 65536 ${LARGE.length}`);
  assert.equal(run(`printf abc | ${node}`), '- 3 3');
  assert.equal(run(`${node} < /dev/null`), '- 0 0');
  if (zst === null) return t.skip('no zstd');
  assert.equal(run(`cat '${path}.zst' | ${node}`), `- 65536 ${LARGE.length}`);
});

function spawnShell(
  command: string,
  env: Record<string, string>,
): { stdout: string; stderr: string; status: number | null } {
  return spawnSync('sh', ['-c', command], { env: { ...process.env, ...env }, encoding: 'utf8' });
}

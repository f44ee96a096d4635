import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { openSource } from '../../src/trace/open.js';
import { InputError } from '../../src/trace/reader.js';
import { describe, detectFormat, formats, openTrace } from '../../src/trace/registry.js';
import { bytesSource, fixture } from '../helpers.js';
import { collect } from './collect.js';
import { reportLine, tracefsLine } from './read-text.js';

const formatOf = (text: string | Uint8Array): string => detectFormat(bytesSource(text)).name;

test('formats by their magic or their header', () => {
  assert.equal(formatOf(Buffer.from('\x17\x08\x44tracing6\0', 'latin1')), 'trace.dat');
  assert.equal(formatOf('PERFILE2'), 'perf.data');
  assert.equal(formatOf('2ELIFREP'), 'perf.data');
  assert.equal(formatOf('cpus=2\n'), 'trace-cmd-report');
  assert.equal(formatOf('# tracer: nop\n#\n'), 'tracefs');
  assert.equal(formatOf('##### CPU 1 buffer started ####\n'), 'tracefs');
  assert.equal(formatOf('# ========\n# captured on    : Mon Nov 23\n# os release : 6.12\n'), 'perf-script');
});

test('formats by their lines, when the header is missing', () => {
  assert.equal(formatOf(reportLine('p:                    (ffffffffa938a4c4) vma=0x1')), 'trace-cmd-report');
  assert.equal(formatOf(tracefsLine('p: (f+0x4/0x20) vma=0x1')), 'tracefs');
  assert.equal(formatOf('sh-1 [000] 1.000001: p: (f+0x4/0x20) vma=0x1\n'), 'tracefs');
  assert.equal(
    formatOf('sh-1 [000] 1.000001: p:                    (ffffffffa938a4c4) vma=0x1\n'),
    'trace-cmd-report',
  );
  assert.equal(formatOf('  vfiolab   424 [000]   206.967353: probe:f: (ffffffffa938a4c4)\n'), 'perf-script');
  assert.equal(formatOf(' 0)   1.072 us    |  f();\n 0)   1.072 us    |  g();\n'), 'tracefs');
  assert.equal(formatOf(`some mail text\n\n${tracefsLine('p: (f+0x4/0x20) vma=0x1')}`), 'tracefs');
});

test('each format opens what it names', async () => {
  for (const { name, load } of formats) assert.equal((await load()).name, name);
});

test('what is no trace is described without harm to a terminal', () => {
  assert.throws(
    () => formatOf('\x1b]0;owned\x07 hello\n'),
    (error: unknown) => {
      assert.ok(error instanceof InputError && error.code === 'unknown-format');
      assert.doesNotMatch(error.message, /[\u0000-\u001f\u007f-\u009f]/);
      return true;
    },
  );
  assert.equal(describe(Buffer.from('hello "world"\nmore')), 'text beginning "hello \\"world\\""');
  assert.equal(describe(Buffer.from([0, 1, 2, 255])), 'binary data beginning 00 01 02 ff');
});

test('an unknown forced format is refused', () => {
  assert.throws(() => detectFormat(bytesSource('x'), 'etl' as 'tracefs'), /no reader for the format etl/);
});

test('a compressed trace.dat is copied to a temporary file, which goes away', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'zaptrace-test-'));
  const { TMPDIR } = process.env;
  process.env.TMPDIR = directory;
  const copies = (): string[] => readdirSync(directory).filter((name) => name.startsWith('zaptrace-'));
  try {
    const name = readdirSync(fixture('dat')).find((file) => file.endsWith('.dat'));
    assert.ok(name !== undefined);
    const plain = await collect(await openTrace(await openSource(fixture(`dat/${name}`))));
    const path = join(directory, 'trace.dat.gz');
    writeFileSync(path, gzipSync(readFileSync(fixture(`dat/${name}`))));
    const spooled: string[] = [];
    const reader = await openTrace(await openSource(path), undefined, {
      onSpool: (format) => spooled.push(format),
    });
    assert.deepEqual(spooled, ['trace.dat']);
    assert.equal(copies().length, 1);
    const { records } = await collect(reader);
    assert.equal(records.length, plain.records.length);
    assert.deepEqual(copies(), []);
  } finally {
    if (TMPDIR === undefined) delete process.env.TMPDIR;
    else process.env.TMPDIR = TMPDIR;
    rmSync(directory, { recursive: true });
  }
});

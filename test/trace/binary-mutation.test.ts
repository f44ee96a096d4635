import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { traceDatFormat } from '../../src/trace/dat/format.js';
import { perfDataFormat } from '../../src/trace/perfdata/format.js';
import type { TraceFormat } from '../../src/trace/reader.js';
import { everyKindOfRecord } from './dat-sample.js';
import { S390, writeV6, writeV7, X86 } from './dat-writer.js';
import { fixturePath } from './fixtures.js';
import { twoRounds } from './perf-sample.js';
import { compressed, compressed2, writeFileForm, writePipeForm, zstdRaw } from './perf-writer.js';
import { readDamaged } from './read-damaged.js';

const folder = mkdtempSync(join(tmpdir(), 'zaptrace-mutation-'));
after(() => rmSync(folder, { recursive: true }));

function captured(format: TraceFormat, parts: string, ending: string): [string, TraceFormat, Buffer][] {
  return readdirSync(fixturePath(parts))
    .filter((f) => f.endsWith(ending))
    .map((f) => [f, format, readFileSync(fixturePath(parts, f))]);
}

const perf = twoRounds(X86);
const stream = zstdRaw(Buffer.concat(perf.records), true);

const files: [string, TraceFormat, Buffer][] = [
  ['synthetic-v6', traceDatFormat, writeV6(everyKindOfRecord(X86))],
  ['synthetic-v6-big-endian', traceDatFormat, writeV6(everyKindOfRecord(S390))],
  ['synthetic-v7', traceDatFormat, writeV7(everyKindOfRecord(X86))],
  ['synthetic-v7-zlib', traceDatFormat, writeV7(everyKindOfRecord(X86), 'zlib')],
  ['synthetic-file-form', perfDataFormat, writeFileForm(perf)],
  ['synthetic-file-form-big-endian', perfDataFormat, writeFileForm(twoRounds(S390))],
  ['synthetic-pipe-form', perfDataFormat, writePipeForm(perf)],
  ['synthetic-compressed', perfDataFormat, writePipeForm({ ...perf, records: [compressed(X86, stream)] })],
  ['synthetic-compressed2', perfDataFormat, writeFileForm({ ...perf, records: [compressed2(X86, stream)] })],
  ...captured(traceDatFormat, 'dat', '.dat'),
  ...captured(perfDataFormat, 'perfdata', '.data'),
];

for (const [name, format, data] of files) {
  test(`${name}: damaged copies are read or refused, never crash or hang`, async () => {
    await readDamaged(format, folder, name, data);
  });
}

test('damaged copies leave no memory behind', () => {
  const { rss } = process.memoryUsage();
  assert.ok(rss < 400e6, `${(rss / 1e6).toFixed(0)} MB after all mutations`);
});

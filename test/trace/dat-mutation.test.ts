import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { traceDatFormat } from '../../src/trace/dat/format.js';
import { InputError, type TraceFormat } from '../../src/trace/reader.js';
import { everyKindOfRecord } from './dat-sample.js';
import { S390, writeV6, writeV7, X86 } from './dat-writer.js';
import { fileSource, fixturePath } from './fixtures.js';
import { mutate } from './mutate.js';
import { seeded } from './random.js';

/** Damaged copies per file; `ZAPTRACE_MUTATIONS=2000` for a long run, `ZAPTRACE_SEED` to repeat one. */
const MUTATIONS = Number(process.env.ZAPTRACE_MUTATIONS ?? 150);
const SEED = Number(process.env.ZAPTRACE_SEED ?? 1);
/** A damaged file must not take much longer than a whole one, which takes a few milliseconds. */
const SLOWEST_MS = 2000;

const folder = mkdtempSync(join(tmpdir(), 'zaptrace-mutation-'));
after(() => rmSync(folder, { recursive: true }));

/** Reads a file with everything wanted; returns what became of it. */
async function readAll(format: TraceFormat, path: string): Promise<string> {
  const reader = format.open(fileSource(path));
  try {
    await reader.read({
      declare: (d) => ({
        fields: d.fields.slice(0, 16).map((_, field) => ({ field, slot: field, kind: 'number' as const })),
        wantText: true,
        wantFields: true,
      }),
      record: (r) => void r.fieldValues(),
      lost: () => {},
    });
  } catch (e) {
    if (!(e instanceof InputError)) throw e;
    assert.ok(e.message.includes(path) && e.message.length < 1000, e.message);
    return `refused: ${e.code}`;
  }
  return reader.info.diagnostics.some((d) => d.severity === 'error') ? 'read with errors' : 'read';
}

async function mutateFile(format: TraceFormat, name: string, data: Uint8Array): Promise<void> {
  const random = seeded(SEED + name.length * 7919);
  const path = join(folder, 'damaged');
  for (let i = 0; i < MUTATIONS; i++) {
    const damaged = mutate(data, random);
    writeFileSync(path, damaged);
    const start = performance.now();
    try {
      await readAll(format, path);
    } catch (e) {
      writeFileSync(join(tmpdir(), `zaptrace-crash-${name}`), damaged);
      throw new Error(`mutation ${i} of ${name} (seed ${SEED}) crashed the reader`, { cause: e });
    }
    const ms = performance.now() - start;
    assert.ok(ms < SLOWEST_MS, `mutation ${i} of ${name} (seed ${SEED}) took ${ms.toFixed(0)} ms`);
  }
}

const synthetic: [string, Buffer][] = [
  ['synthetic-v6', writeV6(everyKindOfRecord(X86))],
  ['synthetic-v6-big-endian', writeV6(everyKindOfRecord(S390))],
  ['synthetic-v7', writeV7(everyKindOfRecord(X86))],
  ['synthetic-v7-zlib', writeV7(everyKindOfRecord(X86), 'zlib')],
];
const captured = readdirSync(fixturePath('dat'))
  .filter((f) => f.endsWith('.dat'))
  .map((f): [string, Buffer] => [f, readFileSync(fixturePath('dat', f))]);

for (const [name, data] of [...synthetic, ...captured]) {
  test(`${name}: damaged copies are read or refused, never crash or hang`, async () => {
    await mutateFile(traceDatFormat, name, data);
  });
}

test('damaged copies leave no memory behind', () => {
  const { rss } = process.memoryUsage();
  assert.ok(rss < 400e6, `${(rss / 1e6).toFixed(0)} MB after all mutations`);
});

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { traceDatFormat } from '../../src/trace/dat/format.js';
import type { TraceSink } from '../../src/trace/record.js';
import { probe, sampleFile } from './dat-sample.js';
import { Page, writeV6, writeV7, X86 } from './dat-writer.js';
import { fileSource } from './fixtures.js';
import { seeded } from './random.js';

const folder = mkdtempSync(join(tmpdir(), 'zaptrace-large-'));
after(() => rmSync(folder, { recursive: true }));

/** Pages of noise: many chunks and windows of read-ahead. */
function noise(cpu: number, pages: number): Page[] {
  const random = seeded(cpu + 1);
  const list: Page[] = [];
  let time = BigInt(cpu);
  for (let p = 0; p < pages; p++) {
    const page = new Page(X86, time);
    for (let i = 0; i < 90; i++) {
      const address = (BigInt(random(0x40000000)) << 30n) | BigInt(random(0x40000000));
      page.event(1 + random(1000), probe(X86, random(0x7fffffff), address, random(0x7fffffff)));
    }
    list.push(page);
    time += 50_000n;
  }
  return list;
}

/** A number that depends on every record and their order. */
async function digest(
  data: Uint8Array,
): Promise<{ records: number; digest: number; errors: string[]; gaps: number }> {
  const path = join(folder, 'noise.dat');
  writeFileSync(path, data);
  const reader = traceDatFormat.open(fileSource(path));
  let sum = 0;
  let gaps = 0;
  const sink: TraceSink = {
    declare: (d) => ({
      fields: d.fields.map((_, field) => ({ field, slot: field, kind: 'number' })),
      wantText: false,
      wantFields: false,
    }),
    record(r) {
      sum =
        (Math.imul(sum, 31) + ((r.t + r.cpu + r.pid + r.args[r.base] + r.args[r.base + 1]) % 1000003)) | 0;
    },
    lost: () => {
      gaps++;
    },
  };
  await reader.read(sink);
  const errors = reader.info.diagnostics.map((d) => d.code);
  return { records: reader.info.records, digest: sum, errors, gaps };
}

test('a large compressed file is read as the same one uncompressed', async () => {
  const file = sampleFile(X86, [noise(0, 700), noise(1, 700), [], noise(3, 300)]);
  const packed = writeV7(file, 'zlib');
  assert.ok(packed.length > 3e6, `${packed.length} bytes`);
  const expected = await digest(writeV6(file));
  assert.deepEqual(expected, { records: 153_000, digest: expected.digest, errors: [], gaps: 0 });
  assert.deepEqual(await digest(packed), expected);
});

test('damage in the middle of a large file costs what it hit', async () => {
  const packed = writeV7(sampleFile(X86, [noise(0, 1000), noise(1, 1000)]), 'zlib');
  // One byte of a chunk in the middle: its two pages of 90 records are lost.
  packed[Math.floor(packed.length / 2)] ^= 0x55;
  const { records, errors, gaps } = await digest(packed);
  assert.deepEqual([records, errors, gaps], [180_000 - 180, ['bad-chunk'], 1]);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { analyze } from '../../src/analyze.js';

/** The pfns that a trace's installs name, in order. */
async function pfns(path: string): Promise<(string | null)[]> {
  const seen: (string | null)[] = [];
  for await (const record of analyze(path, { records: { events: 'mapped' } })) {
    if (record.type === 'event' && record.kind === 'install') seen.push(record.pfn);
  }
  return seen;
}

test('page frame numbers are the same from trace.dat and from its report', async () => {
  const run = 'fixtures/captures/6.12-zaprace-mmap-leak/tc331';
  const binary = await pfns(`${run}.dat`);
  assert.ok(binary.includes('0x106c48'));
  assert.deepEqual(binary, await pfns(`${run}.report.txt.zst`));
});

test('the flags of a pfn_t are no part of its number', async () => {
  const huge = await pfns('fixtures/captures/6.12-vfio-huge/tc331.dat');
  assert.ok(huge.includes('0x200000'));
  assert.ok(huge.every((pfn) => pfn === null || Number(pfn) < 2 ** 40));
});

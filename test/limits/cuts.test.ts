import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import fc from 'fast-check';
import { fixture } from '../helpers.js';
import {
  bytesOf,
  CLEAN,
  cases,
  confirmedErrors,
  judge,
  judgeText,
  linesOf,
  textOf,
  VIOLATION,
} from './judge.js';

const folder = mkdtempSync(join(tmpdir(), 'zaptrace-cuts-'));
after(() => rmSync(folder, { recursive: true }));

/** Position in a text or a file, in millionths. */
const position = fc.nat(1_000_000);
const scale = (millionths: number, size: number): number => Math.floor((millionths / 1e6) * size);

for (const name of [...CLEAN.slice(0, 2), ...VIOLATION]) {
  test(`${name}: any chunks give the same records`, async () => {
    const bytes = await bytesOf(name);
    const options = { records: { vmas: 'all', zaps: 'all', events: 'mapped' } } as const;
    const whole = (await judgeText(bytes, bytes.length, options)).records;
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(fc.integer({ min: 40, max: 400 }), fc.integer({ min: 400, max: 200_000 })),
        async (chunk) => {
          const { records } = await judgeText(bytes, chunk, options);
          assert.equal(records.length, whole.length);
          for (const [i, record] of records.entries()) assert.deepEqual(record, whole[i]);
        },
      ),
      cases(2),
    );
  });
}

for (const name of VIOLATION) {
  test(`${name}: cut short, the evidence that is left still counts`, async () => {
    const bytes = await bytesOf(name);
    const errors = confirmedErrors(await judgeText(bytes));
    assert.ok(errors.length > 0);
    // A finding stands from the last line of its evidence on.
    const firstProof = Math.min(...errors.map((f) => Math.max(...f.evidence.map((e) => e.origin.line ?? 0))));
    await fc.assert(
      fc.asyncProperty(position, async (where) => {
        const cut = bytes.subarray(0, scale(where, bytes.length));
        const { verdict } = await judgeText(cut);
        const lines = cut.toString('latin1').split('\n').length - 1;
        if (lines >= firstProof)
          assert.notEqual(verdict, 'clean', `${lines} lines left, proof at ${firstProof}`);
      }),
      cases(8),
    );
  });

  test(`${name}: without its beginning never clean while evidence is left`, async () => {
    const lines = await linesOf(name);
    const errors = confirmedErrors(await judgeText(textOf(lines)));
    const lastProof = Math.max(...errors.map((f) => Math.min(...f.evidence.map((e) => e.origin.line ?? 0))));
    await fc.assert(
      fc.asyncProperty(position, async (where) => {
        const from = scale(where, lines.length);
        const { verdict } = await judgeText(textOf(lines.slice(from)));
        if (from < lastProof) assert.notEqual(verdict, 'clean', `from line ${from + 1} on`);
      }),
      cases(8),
    );
  });
}

for (const name of CLEAN) {
  test(`${name}: no part of a correct trace is a violation`, async () => {
    const lines = await linesOf(name);
    assert.equal((await judgeText(textOf(lines))).verdict, 'clean');
    await fc.assert(
      fc.asyncProperty(position, position, async (a, b) => {
        const [from, to] = [Math.min(a, b), Math.max(a, b)].map((p) => scale(p, lines.length));
        const { verdict, findings } = await judgeText(textOf(lines.slice(from, to)));
        assert.notEqual(verdict, 'violation', `lines ${from + 1} to ${to}: ${findings[0]?.message}`);
      }),
      cases(12),
    );
  });
}

for (const name of [
  'captures/6.12-zaprace-mmap-leak/tc331.dat',
  'captures/7.3-zaprace-mmap-leak/tc34mono.dat',
  'captures/6.12-zaprace-mmap-leak/perf61.data',
  'captures/6.12-zaprace-correct/tc331.dat',
  'captures/6.12-vfio-basic/tc331v6.dat',
]) {
  test(`${name}: a file that was cut is clean only when it still has every record`, async () => {
    const bytes = await bytesOf(name);
    const path = join(folder, name.replaceAll('/', '-'));
    const whole = await judge(fixture(name));
    await fc.assert(
      fc.asyncProperty(position, async (where) => {
        const size = Math.min(scale(where, bytes.length), bytes.length - 1);
        writeFileSync(path, bytes.subarray(0, size));
        const part = await judge(path);
        const what = `cut to ${size} of ${bytes.length} bytes`;
        // (The last section of a trace.dat holds names that nothing needs.)
        if (part.verdict === 'clean') assert.equal(part.counts?.records, whole.counts?.records, what);
        if (part.verdict === 'clean') assert.equal(whole.verdict, 'clean', what);
        if (part.verdict === 'violation') assert.equal(whole.verdict, 'violation', what);
      }),
      cases(10),
    );
  });
}

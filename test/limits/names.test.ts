import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { AnyRecord } from '../../src/report/records.js';
import { CLEAN, cases, identity, type Judged, judgeText, linesOf, textOf, VIOLATION } from './judge.js';
import { nsOf, placeOf, shifted } from './lines.js';
import { Renaming } from './names.js';

const seeds = fc.nat(0x7fff_ffff);
const isFtrace = (name: string): boolean => !name.includes('script');
const FTRACE = [...CLEAN, ...VIOLATION].filter(isFtrace);

/** Records as JSON without absolute times; relative ones stay. */
function facts(records: readonly AnyRecord[]): string[] {
  return records.map((record) =>
    JSON.stringify(record, (key, value) => (key === 'ts' || key === 'base' ? undefined : value)),
  );
}

/** The same facts under other names. */
function renamed(facts: readonly string[], names: Renaming): string[] {
  return facts.map((fact) =>
    names
      .pointers(fact)
      .replace(/"pid":(\d+)/g, (_, pid) => `"pid":${names.pid(pid)}`)
      .replace(/"comm":"([^"]*)"/g, (_, comm) =>
        comm === '' || comm === '<idle>' ? `"comm":"${comm}"` : `"comm":"${names.comm(comm)}"`,
      ),
  );
}

for (const name of FTRACE) {
  test(`${name}: other pointers, tasks and times change nothing but names`, async () => {
    const lines = await linesOf(name);
    const options = { records: { vmas: 'all', zaps: 'all', events: 'mapped' } } as const;
    const before = facts((await judgeText(textOf(lines), 1 << 20, options)).records);
    assert.ok(before.length > 100);
    await fc.assert(
      fc.asyncProperty(seeds, async (seed) => {
        const names = new Renaming(seed);
        const text = textOf(lines.map((line) => names.moved(line)));
        const after = facts((await judgeText(text, 1 << 20, options)).records);
        const expected = renamed(before, names);
        assert.equal(after.length, expected.length);
        for (const [i, fact] of after.entries()) assert.equal(fact, expected[i]);
      }),
      cases(2),
    );
  });
}

/** Both traces by time; the second one ran on CPUs of its own. */
function interleaved(a: readonly string[], b: readonly string[]): string[] {
  const records = (lines: readonly string[], cpus: number) =>
    lines.flatMap((line) => {
      const place = placeOf(line);
      if (place === null) return [];
      const moved = line.replace(
        /\[(\d{3})\]/,
        (_, cpu) => `[${String(Number(cpu) + cpus).padStart(3, '0')}]`,
      );
      return [{ line: moved, ns: nsOf(place.time) }];
    });
  return [...records(a, 0), ...records(b, 8)]
    .sort((x, y) => (x.ns < y.ns ? -1 : x.ns > y.ns ? 1 : 0))
    .map(({ line }) => line);
}

const told = (judged: Judged): string[] =>
  judged.findings
    .map((f) => `${f.severity} ${f.confidence} ${f.exposed_ns} ${f.ended_by} ${identity(f, judged)}`)
    .sort();

const worst = (...verdicts: Judged['verdict'][]): Judged['verdict'] =>
  verdicts.includes('violation') ? 'violation' : verdicts.includes('inconclusive') ? 'inconclusive' : 'clean';

for (const [one, two] of [
  [0, 0],
  [0, 1],
  [1, 2],
  [3, 3],
  [2, 0],
] as const) {
  const reports = [
    'captures/6.12-zaprace-mmap-leak/tc331.report.txt.zst',
    'captures/6.12-zaprace-stray-fault/tc331.report.txt.zst',
    'captures/6.12-zaprace-correct/tc331.report.txt.zst',
    'captures/6.12-vfio-basic/tc331v6.report.txt',
  ];
  test(`${reports[one]} and ${reports[two]} as two devices: the findings of both`, async () => {
    const first = (await linesOf(reports[one])).filter((line) => placeOf(line) !== null);
    const second = await linesOf(reports[two]);
    const pids = new Set([...first, ...second].flatMap((line) => /-(\d+) +\[/.exec(line)?.[1] ?? []));
    await fc.assert(
      fc.asyncProperty(seeds, fc.integer({ min: -500, max: 500 }), async (seed, ms) => {
        const names = new Renaming(seed, 0x1_0000_0000n, pids);
        const start = (lines: readonly string[]) =>
          nsOf(lines.map(placeOf).find((place) => place !== null)?.time ?? '0.0');
        const shift = start(first) - start(second) + BigInt(ms) * 1_000_000n;
        const other = second
          .map((line) => shifted(names.line(line), shift))
          .filter((line) => placeOf(line) !== null);
        const [a, b, both] = await Promise.all(
          [first, other, interleaved(first, other)].map((lines) => judgeText(textOf(lines))),
        );
        assert.deepEqual(told(both), [...told(a), ...told(b)].sort());
        assert.equal(both.verdict, worst(a.verdict, b.verdict));
      }),
      cases(3),
    );
  });
}

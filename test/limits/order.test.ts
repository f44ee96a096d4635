import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { seeded } from '../trace/random.js';
import { CLEAN, cases, judgeText, linesOf, textOf, VIOLATION } from './judge.js';
import { at, nsOf, placeOf, printed } from './lines.js';

const seeds = fc.nat(0x7fff_ffff);

/** Times cut to `digits` behind the point, as a coarser clock would give them; lines keep their order. */
function coarser(lines: readonly string[], digits: number): string[] {
  return lines.map((line) => {
    const place = placeOf(line);
    if (place === null) return line;
    return at(line, printed(nsOf(place.time), digits).padEnd(place.time.length, '0'));
  });
}

/** Another order of lines that have the same time on different CPUs; each CPU keeps its own order. */
export function permuted(lines: readonly string[], random: (n: number) => number): string[] {
  const out: string[] = [];
  for (let i = 0; i < lines.length; ) {
    const place = placeOf(lines[i]);
    let end = i + 1;
    while (place !== null && end < lines.length && placeOf(lines[end])?.time === place.time) end++;
    const queues = new Map<number, string[]>();
    for (const line of lines.slice(i, end)) {
      const cpu = placeOf(line)?.cpu ?? -1;
      queues.set(cpu, [...(queues.get(cpu) ?? []), line]);
    }
    while (queues.size > 0) {
      const [cpu, queue] = [...queues][random(queues.size)];
      out.push(queue.shift() ?? '');
      if (queue.length === 0) queues.delete(cpu);
    }
    i = end;
  }
  return out;
}

const rules = (findings: readonly { rule: string; severity: string; confidence: string }[]): string[] =>
  findings
    .filter((f) => f.severity === 'error' && f.confidence === 'confirmed')
    .map((f) => f.rule)
    .sort();

for (const name of [...CLEAN, ...VIOLATION, 'captures/6.12-zaprace-natural-stray/tc331us.report.txt.zst']) {
  const large = name.includes('natural');
  for (const digits of large ? [6] : [6, 5]) {
    test(`${name}: the order of equal times in ${10 ** (6 - digits)} µs of different CPUs proves nothing`, async () => {
      const lines = coarser(await linesOf(name), digits);
      const before = await judgeText(textOf(lines));
      await fc.assert(
        fc.asyncProperty(seeds, async (seed) => {
          const other = permuted(lines, seeded(seed));
          const after = await judgeText(textOf(other));
          // Each order is a permutation of the other: neither may be more certain.
          assert.equal(after.verdict, before.verdict, after.reasons.join('; '));
          assert.deepEqual(rules(after.findings), rules(before.findings));
        }),
        cases(large ? 1 : 4),
      );
    });
  }
}

const isFtrace = (name: string): boolean => !name.includes('script');

for (const name of CLEAN.filter(isFtrace)) {
  test(`${name}: out of order, doubled, or with a clock that jumps: never a violation`, async () => {
    const lines = await linesOf(name);
    const place = fc.nat(lines.length - 1);
    await fc.assert(
      fc.asyncProperty(
        fc.nat(3),
        place,
        fc.integer({ min: 1, max: 400 }),
        place,
        async (kind, from, count, to) => {
          const part = lines.slice(from, from + count);
          let changed: string[];
          if (kind === 0) changed = [...lines.slice(0, to), ...part, ...lines.slice(to)];
          else if (kind === 1) changed = [...lines, ...lines.slice(from)];
          else {
            // All clocks jump by hours, forwards or backwards.
            const by = (kind === 2 ? 1n : -1n) * BigInt(count) * 60_000_000_000n;
            changed = lines.map((line, i) => {
              const where = placeOf(line);
              if (i < from || where === null) return line;
              const ns = nsOf(where.time) + by;
              return at(line, printed(ns < 0n ? 0n : ns, where.time.split('.')[1].length));
            });
          }
          const { verdict, findings } = await judgeText(textOf(changed));
          assert.notEqual(verdict, 'violation', `kind ${kind}: ${findings[0]?.message}`);
          if (kind === 3) assert.notEqual(verdict, null);
        },
      ),
      cases(24),
    );
  });
}

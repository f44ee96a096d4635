import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  CLEAN,
  cases,
  confirmedErrors,
  identity,
  type Judged,
  judgeText,
  linesOf,
  textOf,
  VIOLATION,
} from './judge.js';
import { placeOf } from './lines.js';

const FTRACE = [...CLEAN, ...VIOLATION].filter((name) => !name.includes('script'));
const MARK = /^CPU:\d+ \[(LOST |\d+ EVENTS DROPPED|EVENTS DROPPED)/;

/** The mark of a gap in the words of the tool that wrote this text. */
function mark(name: string, cpu: number, count: number): string {
  if (name.includes('report')) return `CPU:${cpu} [${count > 0 ? `${count} ` : ''}EVENTS DROPPED]`;
  return `CPU:${cpu} [LOST ${count > 0 ? `${count} ` : ''}EVENTS]`;
}

/** Certain verdicts may become uncertain, uncertain ones stay so; what is confirmed was confirmed before. */
function noMoreCertain(before: Judged, after: Judged, what: string): void {
  if (after.verdict !== 'inconclusive') assert.equal(after.verdict, before.verdict, what);
  const known = new Set(confirmedErrors(before).map((f) => identity(f, before)));
  for (const finding of confirmedErrors(after)) {
    assert.ok(known.has(identity(finding, after)), `${what}: newly confirmed: ${finding.message}`);
  }
}

const position = fc.nat(1_000_000);
const spot = fc.record({ where: position, cpu: fc.nat(3), count: fc.constantFrom(0, 1, 17, 100_000) });

for (const name of FTRACE) {
  test(`${name}: marks of lost events make nothing more certain, and without them all is as before`, async () => {
    const lines = await linesOf(name);
    const before = await judgeText(textOf(lines));
    await fc.assert(
      fc.asyncProperty(fc.array(spot, { minLength: 1, maxLength: 4 }), async (spots) => {
        const marked = [...lines];
        // From the end, so that places stay where they are.
        for (const { where, cpu, count } of [...spots].sort((a, b) => b.where - a.where)) {
          marked.splice(Math.floor((where / 1e6) * lines.length), 0, mark(name, cpu, count));
        }
        noMoreCertain(before, await judgeText(textOf(marked)), 'marks added');
      }),
      cases(10),
    );
  });

  test(`${name}: events that are lost and marked as such`, async () => {
    const lines = await linesOf(name);
    const before = await judgeText(textOf(lines));
    const gap = fc.record({
      where: position,
      cpu: fc.nat(1),
      count: fc.oneof(fc.integer({ min: 1, max: 30 }), fc.integer({ min: 1, max: 600 })),
    });
    await fc.assert(
      fc.asyncProperty(gap, async ({ where, cpu, count }) => {
        const from = Math.floor((where / 1e6) * lines.length);
        const left: string[] = [];
        let gone = 0;
        for (const [i, line] of lines.entries()) {
          const here = i >= from && placeOf(line)?.cpu === cpu;
          if (here && gone < count) {
            gone++;
            continue;
          }
          if (here && gone === count) {
            left.push(mark(name, cpu, gone));
            gone++;
          }
          left.push(line);
        }
        if (gone <= count) return;
        const after = await judgeText(textOf(left));
        const what = `${count} events of CPU ${cpu} lost at line ${from + 1}: ${after.reasons.join('; ')}`;
        if (before.verdict === 'clean')
          assert.notEqual(after.verdict, 'violation', `${what} ${after.findings[0]?.message}`);
        else assert.notEqual(after.verdict, 'clean', what);
      }),
      cases(12),
    );
  });
}

test('a trace that lost events, with fewer marks: nothing is newly proven', async () => {
  const name = 'captures/6.12-lost-events/slow-pipe.trace_pipe.txt.zst';
  const lines = await linesOf(name);
  const before = await judgeText(textOf(lines));
  const marks = lines.filter((line) => MARK.test(line)).length;
  assert.ok(marks > 3, `${marks} marks`);
  assert.equal(before.verdict, 'inconclusive');
  await fc.assert(
    fc.asyncProperty(fc.infiniteStream(fc.boolean()), async (coins) => {
      const left = lines.filter((line) => !MARK.test(line) || coins.next().value);
      noMoreCertain(before, await judgeText(textOf(left)), 'marks deleted');
    }),
    cases(20),
  );
  noMoreCertain(
    before,
    await judgeText(textOf(lines.filter((line) => !MARK.test(line)))),
    'all marks deleted',
  );
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { CLEAN, cases, confirmedErrors, identity, judgeText, linesOf, textOf, VIOLATION } from './judge.js';
import { at, nsOf, placeOf, printed } from './lines.js';

for (const name of CLEAN) {
  test(`${name}: twice in one input is neither clean nor a violation`, async () => {
    const lines = await linesOf(name);
    const { verdict, findings } = await judgeText(textOf([...lines, ...lines]));
    assert.equal(verdict, 'inconclusive', findings[0]?.message);
  });
}

for (const name of VIOLATION) {
  test(`${name}: twice in one input, what the first proves is told`, async () => {
    const lines = await linesOf(name);
    const alone = await judgeText(textOf(lines));
    const judged = await judgeText(textOf([...lines, ...lines]));
    const found = new Set(confirmedErrors(judged).map((f) => identity(f, judged)));
    assert.ok(confirmedErrors(alone).length > 0);
    for (const finding of confirmedErrors(alone))
      assert.ok(found.has(identity(finding, alone)), finding.message);
    // Two traces in one input are told; what such an input proves is for people to say.
    assert.notEqual(judged.verdict, 'clean');
    assert.ok(judged.reasons.some((reason) => reason.includes('two traces in one input')));
  });

  test(`${name}: every line twice, out of order, or with a clock that jumps: never clean`, async () => {
    const lines = await linesOf(name);
    const place = fc.nat(lines.length - 1);
    await fc.assert(
      fc.asyncProperty(
        fc.nat(3),
        place,
        fc.integer({ min: 1, max: 400 }),
        place,
        async (kind, from, count, to) => {
          let changed: string[];
          if (kind === 0)
            changed = lines.flatMap((line, i) => (i >= from && i < from + count ? [line, line] : [line]));
          else if (kind === 1) {
            const part = lines.slice(from, from + count);
            const rest = [...lines.slice(0, from), ...lines.slice(from + count)];
            changed = [...rest.slice(0, to), ...part, ...rest.slice(to)];
          } else {
            const by = (kind === 2 ? 1n : -1n) * BigInt(count) * 60_000_000_000n;
            changed = lines.map((line, i) => {
              const where = placeOf(line);
              if (i < from || where === null) return line;
              const ns = nsOf(where.time) + by;
              return at(line, printed(ns < 0n ? 0n : ns, where.time.split('.')[1].length));
            });
          }
          const { verdict } = await judgeText(textOf(changed));
          assert.notEqual(verdict, 'clean', `kind ${kind}: lines ${from + 1} and ${count} more, ${to + 1}`);
        },
      ),
      cases(12),
    );
  });
}

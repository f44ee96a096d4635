import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Clock, seconds } from '../../src/trace/clock.js';

test('a time is the exact sum of base and offset, whatever their sizes', () => {
  const bases = fc.oneof(
    fc.constant(null),
    fc.bigInt({ min: 0n, max: 10n ** 10n }),
    fc.bigInt({ min: -(10n ** 12n), max: 2n ** 64n }),
    fc.bigInt({ min: 0n, max: 10n ** 10n }).map((n) => n * 1_000_000_000n - 1n),
  );
  const times = fc.oneof(
    fc.maxSafeInteger(),
    fc.integer({ min: 0, max: 4_503_599 }).map((n) => n * 1e9 - 1),
    fc.double({ min: 0, max: 1e12, noNaN: true }),
  );
  const digits = fc.constantFrom<(0 | 6 | 9)[]>(0, 6, 9);
  fc.assert(
    fc.property(bases, fc.array(times, { minLength: 1, maxLength: 4 }), digits, (base, all, places) => {
      const clock = new Clock();
      clock.base = base;
      clock.digits = places;
      for (const t of all)
        assert.equal(clock.text(t), seconds((base ?? 0n) + BigInt(Math.round(t)), places), `${base} ${t}`);
    }),
    { numRuns: 2000 },
  );
});

test('a base that is learnt later counts from then on', () => {
  const clock = new Clock();
  assert.equal(clock.text(5), '0.000000005');
  clock.base = 17_647_643_123n;
  assert.equal(clock.text(5), '17.647643128');
  clock.unit = 'count';
  assert.equal(clock.text(5), '17647643128');
});

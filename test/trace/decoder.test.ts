import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { EventField } from '../../src/trace/binary/event-format.js';
import type { DeclField } from '../../src/trace/binary/event-shape.js';
import { Decoder } from '../../src/trace/decoder/decoder.js';
import { planFetch } from '../../src/trace/decoder/fetch-plan.js';
import { PointerTable } from '../../src/trace/pointers.js';
import type { FieldKind } from '../../src/trace/record.js';

const KINDS: FieldKind[] = ['number', 'page', 'pages-up', 'low52', 'pointer'];

/** A plain field at this place. */
function field(offset: number, size: number, signed: boolean): DeclField {
  const made: EventField = {
    name: 'f',
    type: 'u64',
    offset,
    size,
    signed,
    array: null,
    elementSize: size,
    isText: false,
    isPointer: false,
  };
  return { name: 'f', field: made, element: -1 };
}

/** What the kinds of record.ts say of the value, by bigints. */
function expected(
  bits: bigint,
  size: number,
  signed: boolean,
  kind: FieldKind,
  pointers: PointerTable,
): number {
  if (size < 4 && kind !== 'number') return Number.NaN;
  switch (kind) {
    case 'page':
      return Number(bits >> 12n);
    case 'pages-up':
      return Number((bits + 4095n) >> 12n);
    case 'pointer':
      return pointers.intern(Number(bits >> 32n), Number(bits & 0xffffffffn));
    default: {
      if (kind === 'low52' && size === 8) return Number(bits & 0xfffffffffffffn);
      return Number(signed ? BigInt.asIntN(8 * size, bits) : bits);
    }
  }
}

describe('the decoder', () => {
  it('fetches fields of every size, place, byte order and kind', () => {
    for (const littleEndian of [true, false]) {
      const pointers = new PointerTable();
      const decoder = new Decoder('test', littleEndian, pointers);
      const { run } = decoder;
      const at = decoder.reserve(64);
      const args = decoder.reserve(8);
      fc.assert(
        fc.property(
          fc.constantFrom(1, 2, 4, 8),
          fc.boolean(),
          fc.integer({ min: 0, max: 40 }),
          fc.constantFrom(...KINDS),
          fc.uint8Array({ minLength: 64, maxLength: 64 }),
          fc.constantFrom(null, 0, 0xff),
          (size, signed, offset, kind, bytes, all) => {
            decoder.bytes.set(all === null ? bytes : bytes.fill(all), at);
            const plan = run.newPlan(1);
            const compiled = planFetch(
              [field(offset, size, signed)],
              [{ field: 0, slot: 0, kind }],
              littleEndian,
            );
            decoder.writePlan(plan, compiled);
            const own = bytes.slice(offset, offset + size);
            const hex = Buffer.from(littleEndian ? own.reverse() : own).toString('hex');
            const value = expected(BigInt(`0x${hex}`), size, signed, kind, pointers);
            run.fetch(plan, at, offset + size, args);
            assert.ok(
              Object.is(decoder.doubles[args / 8], value),
              `${decoder.doubles[args / 8]}, not ${value}`,
            );
            // One byte less, and it is not there.
            run.fetch(plan, at, offset + size - 1, args);
            assert.ok(Number.isNaN(decoder.doubles[args / 8]));
          },
        ),
        { numRuns: 2000 },
      );
    }
  });

  it('gives the same number for the same pointer as the table does, also when there are more than it keeps', () => {
    const pointers = new PointerTable();
    const decoder = new Decoder('test', true, pointers);
    const { run } = decoder;
    const at = decoder.reserve(8);
    const args = decoder.reserve(8);
    const plan = run.newPlan(1);
    decoder.writePlan(plan, planFetch([field(0, 8, false)], [{ field: 0, slot: 0, kind: 'pointer' }], true));
    for (let round = 0; round < 3; round++) {
      for (let i = 0; i < 20_000; i++) {
        const lo = Math.imul(i, 0x9e3779b1) >>> 0;
        decoder.view.setUint32(at, lo, true);
        decoder.view.setUint32(at + 4, i === 0 ? 0 : 0xffff8881, true);
        run.fetch(plan, at, 8, args);
        const id = decoder.doubles[args / 8];
        assert.equal(id, pointers.intern(i === 0 ? 0 : 0xffff8881, lo));
        if (i === 0) assert.equal(id, 0);
      }
    }
    assert.equal(pointers.size, 19_999);
  });

  it('knows thousands of functions of two events by their addresses', () => {
    for (const littleEndian of [true, false]) {
      const decoder = new Decoder('test', littleEndian, new PointerTable());
      const { run } = decoder;
      run.describe(20, 0, 4);
      run.setKind(7, 0, 8, 8);
      run.setKind(8, 0, 8, 8);
      run.setKind(9, 33, -1, 0);
      const at = decoder.reserve(16);
      const code = (id: number, i: number, length = 16): number => {
        decoder.view.setUint16(at, id, littleEndian);
        decoder.view.setUint32(littleEndian ? at + 8 : at + 12, i * 16, littleEndian);
        decoder.view.setUint32(littleEndian ? at + 12 : at + 8, 0xffffffff, littleEndian);
        return run.classify(at, length);
      };
      assert.equal(code(7, 1), 0, 'before it is told');
      for (let i = 1; i <= 3000; i++) run.setFunction(7, 0xffffffff, i * 16, i);
      for (let i = 1; i <= 3000; i++) run.setFunction(8, 0xffffffff, i * 16, i % 2 === 0 ? -1 : i + 5000);
      decoder.refresh();
      for (let i = 3000; i > 0; i -= 7) {
        assert.equal(code(7, i), i);
        assert.equal(code(8, i), i % 2 === 0 ? -1 : i + 5000);
        assert.equal(code(8, i), i % 2 === 0 ? -1 : i + 5000, 'the same again');
      }
      assert.equal(code(7, 4000), 0, 'another function');
      assert.equal(code(9, 1), 33, 'an event without functions');
      assert.equal(code(9, 1, 4), 0, 'too short for its thread');
      assert.equal(code(7, 3000, 15), 0, 'too short for its function');
      assert.equal(code(19, 1), 0, 'an event that was not met');
      assert.equal(code(20, 1), 0, 'an event that is not described');
    }
  });

  it('leaves its memory to the next one, all zeros', () => {
    const first = new Decoder('one', true, new PointerTable());
    first.run.describe(100, 0, 4);
    first.run.setKind(7, 5, -1, 0);
    const at = first.reserve(3_000_000);
    first.bytes.fill(0xff, at, at + 3_000_000);
    const { buffer } = first;
    first.close();
    const second = new Decoder('two', false, new PointerTable());
    assert.equal(second.buffer, buffer);
    second.run.describe(100, 0, 4);
    const place = second.reserve(16);
    second.view.setUint16(place, 7, false);
    assert.equal(second.run.classify(place, 16), 0, 'what the first one knew is forgotten');
    const own = second.reserve(3_000_000);
    assert.ok(own < at + 3_000_000, 'the same place');
    assert.ok(second.bytes.subarray(own, own + 3_000_000).every((byte) => byte === 0));
  });

  it('has no memory without end, and says so', () => {
    const decoder = new Decoder('some.dat', true, new PointerTable());
    const first = decoder.reserve(100);
    const second = decoder.reserve(1 << 20);
    assert.ok(second >= first + 100 && second % 16 === 0 && decoder.bytes.length >= second + (1 << 20));
    assert.throws(() => decoder.reserve(2 ** 31), /^InputError: some\.dat: no memory for 2147483648 bytes$/);
  });
});

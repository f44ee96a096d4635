import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PointerTable } from '../../src/trace/pointers.js';

test('a pointer has one id, and the id gives the pointer back', () => {
  const table = new PointerTable();
  const id = table.intern(0xff276d90, 0xc85c5d10);
  assert.equal(table.intern(0xff276d90, 0xc85c5d10), id);
  assert.notEqual(table.intern(0xff276d90, 0xc85c5d11), id);
  assert.notEqual(table.intern(0x0f276d90, 0xc85c5d10), id);
  assert.equal(table.text(id), '0xff276d90c85c5d10');
});

test('NULL is 0, and small addresses print without leading zeros', () => {
  const table = new PointerTable();
  assert.equal(table.intern(0, 0), 0);
  assert.equal(table.text(0), '0x0');
  assert.equal(table.text(table.intern(0, 0x1000)), '0x1000');
  assert.equal(table.text(table.intern(1, 2)), '0x100000002');
});

test('ids survive growth: 100,000 pointers that differ in few bits', () => {
  const table = new PointerTable();
  const ids: number[] = [];
  for (let i = 0; i < 100_000; i++) ids.push(table.intern(0xffff8881, i * 8 + 8));
  assert.equal(table.size, 100_000);
  for (let i = 0; i < 100_000; i += 997) assert.equal(table.intern(0xffff8881, i * 8 + 8), ids[i]);
});

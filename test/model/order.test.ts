import assert from 'node:assert/strict';
import { test } from 'node:test';
import { defaultSkew, Order } from '../../src/model/order.js';

test('records of one CPU are ordered by their sequence, whatever the times say', () => {
  const order = new Order(10_000, 1_000);
  assert.ok(order.certainly(100, 0, 1, 100, 0, 2));
  assert.ok(!order.certainly(100, 0, 2, 100, 0, 1));
});

test('between CPUs a difference within the skew proves nothing', () => {
  const order = new Order(1_000, 0);
  assert.ok(!order.certainly(0, 0, 1, 1_000, 1, 2));
  assert.ok(order.certainly(0, 0, 1, 1_001, 1, 2));
  assert.ok(order.apparently(0, 0, 1, 1, 1, 2));
});

test('equal rounded times on two CPUs are unordered both ways', () => {
  const order = new Order(0, 1_000);
  assert.ok(!order.apparently(5_000, 0, 1, 5_000, 1, 2));
  assert.ok(!order.apparently(5_000, 1, 2, 5_000, 0, 1));
  assert.ok(!order.certainly(5_000, 0, 1, 6_000, 1, 2), 'a microsecond apart may be rounding');
});

test('clocks: local and unknown are the least certain, counter is exact', () => {
  assert.equal(defaultSkew('counter'), 0);
  assert.ok(defaultSkew('mono') < defaultSkew('local'));
  assert.equal(defaultSkew(null), defaultSkew('local'));
});

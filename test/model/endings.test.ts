import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Endings } from '../../src/model/endings.js';
import type { FunctionProbe, ProbeMap } from '../../src/probes/map.js';

const ender = (cause: string, ways?: string[]): FunctionProbe => ({
  symbols: [cause + ways?.join('')],
  role: 'control',
  params: '',
  effects: [{ does: 'unblock', causes: [cause], ways }],
  level: 'state',
});
const [exit, wakeup, other, close] = [
  ender('low-power', ['exit']),
  ender('low-power', ['wakeup']),
  ender('off'),
  ender('*'),
];
const map = { functions: [exit, wakeup, other, close] } as unknown as ProbeMap;

test('an end of a cause shows itself: on one way in a text, on all of them where the trace tells what is recorded', () => {
  const endings = new Endings();
  assert.equal(endings.has('low-power', map), false);
  endings.recorded(exit);
  assert.equal(endings.has('low-power', map), true);
  endings.complete = true;
  assert.equal(endings.has('low-power', map), false);
  endings.recorded(wakeup);
  assert.equal(endings.has('low-power', map), true);
  endings.vague(exit);
  assert.equal(endings.has('low-power', map), false);
  assert.equal(endings.has('off', map), false);
});

test('a cause that nothing ends but a close; a device of which nothing shows the driver', () => {
  const endings = new Endings();
  assert.equal(endings.has('disassociated', map), true);
  assert.equal(endings.has('off', null), false);
  endings.recorded(other);
  assert.deepEqual([endings.has('off', null), endings.has('low-power', null)], [true, false]);
  endings.vague(other);
  assert.equal(endings.has('off', null), false);
  endings.recorded(close);
  assert.equal(endings.has('low-power', null), true);
});

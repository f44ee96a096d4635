import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseTime } from '../../src/report/filter.js';

test('absolute times count from the base, exactly', () => {
  assert.equal(parseTime('17.647643281', 17_598_238_376n, 'ns'), 49_404_905);
  assert.equal(parseTime('17.6', 17_598_238_376n, 'ns'), 1_761_624);
});

test('relative times count from the start of the trace', () => {
  assert.equal(parseTime('+1.5', 17_598_238_376n, 'ns'), 1_500_000_000);
});

test('raw counts are counts', () => {
  assert.equal(parseTime('106439675570920', 106_439_675_570_000n, 'count'), 920);
});

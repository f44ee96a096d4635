import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Vma } from '../../src/model/vma.js';
import type { Zap } from '../../src/model/zap.js';

test('zaps in a row that would have missed a VMA: each counts once, a sign of the VMA begins anew', () => {
  const vma = new Vma(1, 1, 0);
  const [first, second] = [{}, {}] as Zap[];
  vma.noteSkip(first);
  vma.noteSkip(first);
  assert.equal(vma.skips, 1);
  vma.noteSkip(second);
  assert.equal(vma.skips, 2);
  vma.installs++;
  assert.equal(vma.skips, 0);
  vma.noteSkip(first);
  assert.equal(vma.skips, 1);
  vma.visits++;
  assert.equal(vma.skips, 0);
});

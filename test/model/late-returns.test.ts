import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Actor } from '../scenarios/actor.js';
import { NOPAGE, SIGBUS } from '../scenarios/actor.js';
import { expectClean, expectFindings } from '../scenarios/expect.js';
import type { VmaObject } from '../scenarios/objects.js';
import { stage } from '../scenarios/stage.js';

/** mprotect or munmap of the upper half at t: it gets a vm_area_struct of its own, then the old one shrinks. */
function split(who: Actor, t: number, vma: VmaObject): VmaObject {
  const half = vma.pages / 2;
  const upper = who.scenario.vma(vma.dev, vma.mm, {
    start: vma.start + half,
    pages: half,
    pgoff: vma.pgoff + half,
  });
  who
    .link(t, upper)
    .unlink(t + 0.1, vma)
    .link(t + 0.2, { ...vma, pages: half });
  return upper;
}

/**
 * The mm's lock keeps faults and what changes VMAs apart, but times of two CPUs may tell them the wrong way round: by
 * the rounding of µs, or by their skew. What a return tells then is of the VMA as it was when the call began.
 */
describe('a fault that seems to return after its VMA was changed', () => {
  it('refused, then the VMA is cut: no other VMA, no unknown past', () => {
    const { s, dev, vma, user, admin } = stage();
    admin.memoryOff(40, dev, [vma]);
    user.handler(60, 70, vma, 12, SIGBUS).query(61, dev, 0);
    const other = s.cpu(2).task(101);
    const upper = split(other, 69.5, vma);
    other.munmap(75, upper);
    user.refused(80, { ...vma, pages: 8 }, 1);
    admin.memoryOn(180, dev);
    const result = s.judge();
    expectClean(result);
    assert.deepEqual(
      result.vmas.map((v) => v.midlife),
      [false, false],
    );
  });

  it('an insert in what is cut off: the zap need not walk there', () => {
    const { s, dev, vma, user, admin } = stage();
    user.handler(30, 33, vma, 12).insert(31, 32, vma, 12);
    const other = s.cpu(2).task(101);
    const upper = split(other, 31.5, vma);
    other.munmap(35, upper);
    const rest = { ...vma, pages: 8 };
    admin.memoryOff(40, dev, [rest]);
    user.refused(60, rest, 0);
    admin.memoryOn(180, dev);
    expectClean(s.judge());
  });

  it('an insert in what is split off: the zap that skips it is caught', () => {
    const { s, dev, vma, user, admin } = stage();
    user.handler(30, 33, vma, 12).insert(31, 32, vma, 12);
    split(s.cpu(2).task(101), 31.5, vma);
    const rest = { ...vma, pages: 8 };
    admin.memoryOff(40, dev, [rest]);
    user.refused(60, rest, 0);
    admin.memoryOn(180, dev);
    expectFindings(s.judge(), 'zap-skipped-vma confirmed');
  });

  it('an insert that a zap has cleared before the VMA was split: the part was walked with the whole', () => {
    const { s, dev, vma, user, admin } = stage();
    admin.commandWrite(40, 56, dev, 0).zap(42, 54, dev).visit(45, 48, vma);
    user.handler(35, 52, vma, 12).insert(36, 51, vma, 12);
    split(s.cpu(2).task(101), 50, vma);
    admin.memoryOn(80, dev);
    const found = s.judge().findings.map((f) => f.rule.id);
    assert.ok(!found.includes('zap-missed-unlinked-vma'), found.join());
  });

  it('the VMA is unmapped and its vm_area_struct used again: nothing of the old one is in the new one', () => {
    const { s, dev, vma, user, admin } = stage();
    user.handler(30, 33, vma, 12).insert(31, 32.5, vma, 12);
    const other = s.cpu(2).task(101);
    const again = s.vma(dev, vma.mm, { pointer: vma.pointer });
    other.unmapPages(31.8, vma).unlink(31.9, vma).free(32, vma);
    other.mmap(32.1, 32.2, again).link(32.3, again);
    admin.memoryOff(40, dev, [again]);
    user.refused(60, again, 0);
    admin.memoryOn(180, dev);
    const result = s.judge();
    expectClean(result);
    assert.equal(result.vmas.length, 2);
  });

  it('the VMA is gone: it is not made again', () => {
    const { s, dev, vma, user, admin } = stage();
    const stays = s.vma(dev, vma.mm);
    user.map(26, stays).faultIn(30, stays, 0);
    user.handler(35, 38, vma, 12).insert(36, 37.5, vma, 12);
    s.cpu(2).task(101).unmapPages(37, vma).unlink(37.1, vma).free(37.2, vma);
    admin.memoryOff(40, dev, [stays]);
    user.refused(60, stays, 0);
    admin.memoryOn(180, dev);
    expectClean(s.judge());
  });
});

describe('an insert that seems to return after the walk of its VMA, at the same µs', () => {
  /** zap [39, 48], walk [44.2, 44.4], insert [36, 44]: the record of its return is before the walk's end, or behind it. */
  const overlapping = (swapped: boolean): string[] => {
    const { s, dev, vma, user, admin } = stage();
    admin.commandWrite(38, 50, dev, 0).zap(39, 48, dev).visit(44.2, 44.4, vma);
    user.handler(35, 46, vma, 1).insert(36, swapped ? 44.45 : 44, vma, 1, NOPAGE);
    user.refused(70, vma, 3);
    admin.memoryOn(180, dev);
    return s.judge({ digits: 6 }).findings.map((f) => `${f.rule.id} ${f.confidence}`);
  };

  it('ran at the same time as the zap, in whichever order the records are', () => {
    assert.deepEqual(overlapping(false), ['install-zap-overlap confirmed']);
    assert.deepEqual(overlapping(true), overlapping(false));
  });
});

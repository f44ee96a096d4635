import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { scenario } from '../scenarios/dsl.js';
import { expectClean, expectVerdict } from '../scenarios/expect.js';
import type { Item } from '../scenarios/recording.js';
import { judge } from '../scenarios/recording.js';
import { bare, stage } from '../scenarios/stage.js';
import * as zr from '../scenarios/zaprace.js';

const micro = (item: Item): number => Math.round(item.t / 1000);

/** In each µs the records of one CPU first, or last. */
const sorted = (items: readonly Item[], cpu: number, first: boolean): Item[] =>
  [...items].sort(
    (a, b) => micro(a) - micro(b) || (first ? 1 : -1) * (Number(b.cpu === cpu) - Number(a.cpu === cpu)),
  );

/** The verdict is the same whichever CPU's records come first in a µs. */
function sameEitherWay(items: readonly Item[], cpu: number): void {
  const [early, late] = [true, false].map((first) => judge(sorted(items, cpu, first), { digits: 6 }));
  const gist = (result: typeof early): string[] => result.findings.map((f) => `${f.rule.id} ${f.confidence}`);
  assert.deepEqual([early.verdict, ...gist(early)], [late.verdict, ...gist(late)]);
}

describe('records of two CPUs in the same µs: their order changes nothing', () => {
  it('an insert behind the walk, and the unblock', () => {
    const s = scenario('6.12');
    const dev = s.device();
    const vma = s.vma(dev, s.process(100), { pgoff: 0 });
    const user = s.cpu(0).task(100);
    const admin = s.cpu(1).task(200);
    s.munmapElsewhere(1);
    zr.mmap(user, 10, 11, vma).link(12, vma);
    zr.fault(user, 20, 23, vma, 0).insert(21, 22, vma, 0);
    admin.call('zaprace_zap', 40, 60.1, { z: dev.vdev }, 0);
    admin.call('unmap_mapping_range', 41, 60, { mapping: dev.mapping, holebegin: 0, holelen: 0 });
    admin.visit(42, 44, vma);
    zr.unzap(admin, 60.2, dev);
    zr.fault(user, 57, 62, vma, 1).insert(60.1, 60.3, vma, 1);
    sameEitherWay(s.trace(), 0);
  });

  it('an insert that returns in the µs of the unblock', () => {
    const s = scenario('6.12');
    const dev = s.device();
    const vma = s.vma(dev, s.process(100), { pgoff: 0 });
    const user = s.cpu(0).task(100);
    const admin = s.cpu(1).task(200);
    s.munmapElsewhere(1);
    zr.mmap(user, 10, 11, vma).link(12, vma);
    zr.zap(admin, 40, dev, [vma]);
    zr.fault(user, 57, 62, vma, 1).insert(59, 60.1, vma, 1);
    zr.unzap(admin, 60.2, dev);
    sameEitherWay(s.trace(), 0);
  });

  it('mremap, and the end of a zap that has walked the old place: what fork makes of it later', () => {
    const s = scenario('6.12');
    const dev = s.device();
    const [vma, moved] = [s.vma(dev, s.process(100), { pgoff: 0 }), s.vma(dev, s.process(100), { pgoff: 0 })];
    const child = s.vma(dev, s.process(101), { start: moved.start, pgoff: 0 });
    const user = s.cpu(0).task(100);
    const admin = s.cpu(1).task(200);
    s.munmapElsewhere(1);
    zr.mmap(user, 10, 11, vma).link(12, vma);
    zr.fault(user, 20, 23, vma, 15).insert(21, 22, vma, 15);
    admin.call('zaprace_zap', 40, 60, { z: dev.vdev }, 0);
    admin.call('unmap_mapping_range', 41, 50.3, { mapping: dev.mapping, holebegin: 0, holelen: 0 });
    // Half of each VMA only.
    admin.visit(42, 44, vma, 0, 8);
    admin.visit(46, 47, moved, 0, 8);
    user.link(45, moved).movePages(50.1, 50.2, vma, moved);
    user.fork(70, child, moved);
    zr.unzap(admin, 180, dev);
    const trace = s.trace();
    const [early, late] = [true, false].map((first) => judge(sorted(trace, 0, first), { digits: 6 }).verdict);
    assert.equal(early, late);
  });

  it('mremap, whose end is the µs in which a zap begins to walk the new place', () => {
    const s = scenario('6.12');
    const dev = s.device();
    const [vma, moved] = [s.vma(dev, s.process(100), { pgoff: 0 }), s.vma(dev, s.process(100), { pgoff: 0 })];
    const user = s.cpu(0).task(100);
    const admin = s.cpu(1).task(200);
    s.munmapElsewhere(1);
    zr.mmap(user, 10, 11, vma).link(12, vma);
    zr.fault(user, 20, 23, vma, 3).insert(21, 22, vma, 3);
    user.link(45, moved).movePages(49, 50.2, vma, moved);
    admin.call('zaprace_zap', 40, 60, { z: dev.vdev }, 0);
    admin.call('unmap_mapping_range', 41, 58, { mapping: dev.mapping, holebegin: 0, holelen: 0 });
    admin.visit(46, 47, vma).visit(50.3, 52, moved);
    zr.unzap(admin, 180, dev);
    sameEitherWay(s.trace(), 0);
  });

  it('fork, and the end of a zap that has walked the parent', () => {
    const { s, dev, vma, user, admin } = stage();
    const child = s.vma(dev, s.process(101), { start: vma.start });
    admin.commandWrite(40, 62, dev, 0).zap(42, 50.3, dev).visit(48, 50.2, vma);
    user.linkAfter(50, child, vma).copyPages(50.1, 50.2, child, vma);
    user.refused(80, vma, 3);
    admin.memoryOn(180, dev);
    sameEitherWay(s.trace(), 0);
  });

  it('fork goes on, and the begin of a zap that does not walk the child: what it copies is told later', () => {
    const { s, dev, vma, user, admin } = stage('6.12');
    const child = s.vma(dev, s.process(101), { start: vma.start });
    admin.commandWrite(40, 62, dev, 0).zap(42.2, 50, dev).visit(44, 46, vma);
    user.linkAfter(42, child, vma).copyPages(52, 53, child, vma);
    user.refused(80, vma, 3);
    admin.memoryOn(180, dev);
    sameEitherWay(s.trace(), 0);
  });

  it('munmap, and the end of a zap that has skipped the VMA', () => {
    const { s, dev, vma, user, admin } = stage();
    const other = s.vma(dev, vma.mm);
    user.map(25, other).faultIn(30, other, 0);
    admin.commandWrite(40, 62, dev, 0).zap(42, 50.2, dev).visit(44, 46, other);
    user.munmap(50, vma);
    user.refused(80, other, 3);
    admin.memoryOn(180, dev);
    sameEitherWay(s.trace(), 0);
  });

  it('munmap, and the unblock, right behind a zap that has skipped the VMA', () => {
    const { s, dev, vma, user, admin } = bare('6.12', {}, { pgoff: 0 });
    const other = s.vma(dev, s.process(101), { pgoff: 0 });
    zr.mmap(s.cpu(2).task(101), 4, 5, other).link(6, other);
    zr.mmap(user, 10, 11, vma).link(12, vma);
    zr.fault(user, 20, 23, vma, 0).insert(21, 22, vma, 0);
    admin.call('zaprace_zap', 40, 60.2, { z: dev.vdev }, 0);
    admin.call('unmap_mapping_range', 41, 60, { mapping: dev.mapping, holebegin: 0, holelen: 0 });
    admin.visit(42, 44, other);
    zr.unzap(admin, 61.3, dev);
    user.munmap(61.1, vma);
    sameEitherWay(s.trace(), 0);
  });

  it('a VMA is split in the µs in which a zap begins to walk it: the walk tells the range that it had', () => {
    const { s, dev, vma, user, admin } = stage();
    const other = s.cpu(2).task(101);
    const upper = s.vma(dev, vma.mm, { start: vma.start + 8, pages: 8, pgoff: vma.pgoff + 8 });
    user.faultIn(25, vma, 12);
    admin.commandWrite(40, 62, dev, 0).zap(42, 50.4, dev).visit(49.8, 50.1, vma);
    other.link(50.2, upper).unlink(50.3, vma);
    other.link(50.4, { ...vma, pages: 8 });
    user.refused(80, vma, 3);
    admin.memoryOn(180, dev);
    sameEitherWay(s.trace(), 2);
    expectClean(s.judge({ digits: 6 }));
  });

  it('a query that says yes, and the write that enables memory: no virtual function', () => {
    const { s, dev, vma, user, admin } = stage();
    const other = s.cpu(2).task(101);
    admin.memoryOff(40, dev, [vma]);
    user.handler(60, 64, vma, 3).insert(62, 63, vma, 3);
    admin.memoryOn(180.1, dev);
    other.handler(170, 190, vma, 4).query(180.4, dev, 1).insert(184, 185, vma, 4);
    sameEitherWay(s.trace(), 2);
    expectVerdict(judge(sorted(s.trace(), 2, true), { digits: 6 }), 'inconclusive');
  });

  it("the driver's first .mmap returns in the µs in which the zap that missed its VMA ends", () => {
    const s = scenario('6.12');
    const dev = s.device();
    const mm = s.process(100);
    const [vma, there] = [s.vma(dev, mm, { pgoff: 0 }), s.vma(dev, s.process(101), { pgoff: 0 })];
    const admin = s.cpu(1).task(200);
    const user = s.cpu(0).task(100);
    s.munmapElsewhere(1);
    s.cpu(2).task(101).link(5, there);
    zr.fault(s.cpu(2).task(101), 10, 13, there, 0).insert(11, 12, there, 0);
    zr.mmap(user, 20, 50.4, vma).remap(21, 23, vma);
    admin.call('zaprace_zap', 40, 50.3, { z: dev.vdev }, 0);
    admin.call('unmap_mapping_range', 41, 50.2, { mapping: dev.mapping, holebegin: 0, holelen: 0 });
    admin.visit(42, 44, there);
    user.link(50.45, vma);
    zr.unzap(admin, 180, dev);
    for (const first of [true, false])
      assert.equal(judge(sorted(s.trace(), 0, first), { digits: 6 }).verdict, 'violation');
  });
});

describe('a clock that stands still', () => {
  it('is coarser than its digits: nothing is clean', () => {
    const { s, dev, vma, user, admin } = stage();
    admin.memoryOff(40, dev, [vma]);
    user.refused(60, vma, 0);
    admin.memoryOn(180, dev);
    expectClean(s.judge());
    for (let i = 0; i < 600; i++) s.cpu(5).task(500).query(200.2, dev, 1);
    const result = s.judge();
    expectVerdict(result, 'inconclusive');
    assert.match(result.reasons.join(), /the clock cannot order them/);
  });
});

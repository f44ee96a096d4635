import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { expectFindings, proven } from '../scenarios/expect.js';
import type { Result } from '../scenarios/recording.js';
import { d3hot, lowPower, onList, reset, visited, zap } from './list-stage.js';

const nothingProven = (result: Result): void => assert.deepEqual(proven(result), []);

describe('what the records of zaps by a list leave open', () => {
  it('a handler that returns after the walk, when the device has been enabled again', () => {
    const { s, dev, vma, user, tasks } = visited({ without: ['remap_pfn_range'] });
    lowPower(zap(tasks[0], dev, 31, 45).visit(38, 40, vma), dev, 30, 46, true);
    lowPower(tasks[0], dev, 50, 52, false);
    user.handler(28, 60, vma, 0);
    lowPower(zap(tasks[0], dev, 71, 75), dev, 70, 76, true);
    nothingProven(s.judge());
  });

  it('a handler that overlaps the visit of one zap, while another one, which runs then, does not find the VMA', () => {
    const { s, dev, vma, user, tasks } = visited({ without: ['remap_pfn_range'] });
    zap(tasks[0], dev, 35, 80).visit(40, 44, vma);
    user.handler(30, 60, vma, 0);
    zap(tasks[1], dev, 38, 70);
    expectFindings(s.judge());
  });

  it('the same while a zap that only tried has come and gone', () => {
    const { s, dev, vma, user, tasks } = visited({ without: ['remap_pfn_range'] });
    zap(tasks[0], dev, 35, 200).visit(50, 52, vma);
    tasks[1].call('vfio_pci_zap_and_vma_lock', 40, 42, { vdev: dev.vdev, try: 1 }, 0);
    user.handler(45, 60, vma, 0);
    lowPower(zap(tasks[2], dev, 91, 95), dev, 90, 96, true);
    user.refused(110, vma, 1);
    nothingProven(s.judge());
  });

  it('an insert while a list is gone through, whose return shows only when the device is zapped and blocked again', () => {
    const { s, dev, vma, user, tasks } = visited({ without: ['zap_vma_ptes', 'vfio_pci_mmap_fault'] });
    lowPower(zap(tasks[0], dev, 41, 60), dev, 40, 62, true);
    lowPower(zap(tasks[1], dev, 31, 36), dev, 30, 37, true);
    user.remap(50, 52, vma, 0, vma.pages, 0, { lostReturn: true });
    lowPower(zap(tasks[2], dev, 71, 80), dev, 70, 82, true);
    user.map(90, s.vma(dev, vma.mm));
    nothingProven(s.judge());
  });

  it('an insert behind a walk of which only the entry is recorded: how long that took is not known', () => {
    const { s, dev, vma, user, tasks } = visited({ without: ['zap_vma_ptes'] });
    user.handler(30, 36, vma, 0).remap(32, 34, vma);
    lowPower(zap(tasks[0], dev, 41, 60).unmapPages(44, vma), dev, 40, 62, true);
    user.handler(49, 54, vma, 0).remap(50, 52, vma);
    const overlaps = s.judge().findings.filter(({ rule }) => rule.id === 'install-zap-overlap');
    assert.deepEqual(overlaps, []);
  });

  it('a VMA that mremap puts into the rmap while the zap runs is skipped by the list, not missed by the rmap', () => {
    for (const without of [
      [],
      ['vma_interval_tree_insert', 'vma_interval_tree_remove', 'unmap_page_range'],
    ]) {
      const { s, dev, vma, user, tasks } = visited({ without });
      const moved = s.vma(dev, vma.mm);
      user.handler(30, 36, vma, 0).remap(32, 34, vma);
      zap(tasks[0], dev, 40, 80);
      user.link(50, moved).movePages(52, 54, vma, moved).munmap(56, vma);
      const rules = s.judge().findings.map(({ rule }) => rule.id);
      assert.ok(rules.includes('zap-skipped-vma'), rules.join());
      assert.ok(!rules.includes('zap-missed-unlinked-vma'), rules.join());
    }
  });

  it('the same where mremap is not recorded: what the VMA holds, the list does not have', () => {
    const { s, dev, vma, user, tasks } = visited({ without: ['move_page_tables'] });
    const moved = s.vma(dev, vma.mm);
    user.handler(30, 36, vma, 0).remap(32, 34, vma);
    lowPower(zap(tasks[0], dev, 40, 80), dev, 39, 82, true);
    user.link(50, moved).munmap(56, vma);
    lowPower(tasks[0], dev, 90, 92, false);
    const unknown = (): boolean => s.judge().reasons.some((reason) => /whose past is not all/.test(reason));
    assert.ok(unknown());
    user.munmap(96, moved);
    assert.ok(unknown());
  });

  it('the same where no visits are recorded: not missed by the rmap, either', () => {
    const { s, dev, vma, user, tasks } = onList({ without: ['zap_vma_ptes'] });
    const moved = s.vma(dev, vma.mm);
    user.handler(30, 36, vma, 0).remap(32, 34, vma);
    lowPower(zap(tasks[0], dev, 40, 80), dev, 39, 82, true);
    user.link(50, moved).movePages(52, 54, vma, moved).munmap(56, vma);
    assert.ok(s.judge().findings.every(({ rule }) => rule.id !== 'zap-missed-unlinked-vma'));
  });

  it('a VMA that its .mmap has populated, and that is not in the rmap yet: the list does not have it', () => {
    const { s, dev, vma, user, tasks } = visited();
    const early = s.vma(dev, vma.mm);
    user.mmap(30, 40, early).remap(32, 34, early);
    lowPower(zap(tasks[0], dev, 51, 60), dev, 50, 62, true);
    user.link(70, early).refused(80, vma, 0);
    const rules = s.judge().findings.map(({ rule }) => rule.id);
    assert.ok(rules.includes('zap-skipped-vma') && !rules.includes('zap-missed-unlinked-vma'), rules.join());
  });

  it('what was inserted behind the walk is gone with its process, if that does not show itself', () => {
    const without = ['vma_interval_tree_remove', 'unmap_page_range', 'remove_vma'];
    for (const blocks of [true, false]) {
      const { s, dev, vma, user, tasks } = onList({ without });
      user.handler(10, 16, vma, 0).remap(12, 14, vma);
      zap(tasks[0], dev, 21, 60).visit(24, 26, vma);
      if (blocks) lowPower(tasks[0], dev, 20, 62, true);
      else tasks[0].call('vfio_pci_core_ioctl', 20, 62, { vdev: dev.vdev, cmd: 0x3b6f }, 0);
      user.handler(30, 36, vma, 0).remap(32, 34, vma);
      nothingProven(s.judge());
    }
  });

  it('what was inserted behind a walk may have met another one that no return probe saw: fork may have found nothing', () => {
    for (const seen of [false, true]) {
      const { s, dev, vma, user, tasks } = visited({ returnOnly: ['zap_vma_ptes'], returnArguments: true });
      const child = s.vma(dev, s.process(101), { start: vma.start });
      user.handler(30, 36, vma, 0).remap(32, 34, vma);
      lowPower(zap(tasks[0], dev, 41, 70).visit(44, 46, vma), dev, 40, 72, true);
      user.handler(50, 56, vma, 0).remap(52, 54, vma);
      if (seen) tasks[0].visit(60, 62, vma);
      user.fork(80, child, vma).visit(86, 88, child).refused(90, vma, 0);
      nothingProven(s.judge());
    }
  });

  it('a copy whose return is missing is over when vm_ops->open zaps the child', () => {
    const { s, dev, vma, user, tasks } = visited();
    const child = s.vma(dev, s.process(101), { start: vma.start });
    user.handler(30, 36, vma, 0).remap(32, 34, vma).linkAfter(40, child, vma);
    const mms = { dst_mm: child.mm.pointer, src_mm: vma.mm.pointer };
    const range = { start: vma.start * 4096, end: (vma.start + vma.pages) * 4096 };
    user.call('copy_page_range', 41, null, { dst: child.pointer, src: vma.pointer, ...range, ...mms });
    user.visit(46, 48, child).map(50, s.vma(dev, vma.mm));
    lowPower(zap(tasks[0], dev, 61, 70).visit(64, 66, vma), dev, 60, 72, true);
    expectFindings(s.judge());
  });

  it('a copy whose return is missing may have been over before the zap: what the child holds is unknown', () => {
    const { s, dev, vma, user, tasks } = visited({ entryOnly: ['copy_page_range'] });
    const child = s.vma(dev, s.process(101), { start: vma.start });
    user.handler(30, 36, vma, 0).remap(32, 34, vma).fork(40, child, vma);
    lowPower(zap(tasks[0], dev, 61, 70).visit(64, 66, vma), dev, 60, 72, true);
    user.refused(80, vma, 0);
    lowPower(tasks[0], dev, 90, 92, false);
    const { reasons } = s.judge();
    assert.ok(
      reasons.some((reason) => /whose past is not all/.test(reason)),
      reasons.join(),
    );
  });

  it('a zap of vm_ops->open of which only the entry is recorded has begun', () => {
    const { s, dev, vma, user, tasks } = visited({ entryOnly: ['zap_vma_ptes'] });
    const child = s.vma(dev, s.process(101), { start: vma.start });
    user.handler(30, 36, vma, 0).remap(32, 34, vma).fork(40, child, vma).visit(46, 48, child);
    lowPower(zap(tasks[0], dev, 61, 70).visit(64, 66, vma), dev, 60, 72, true);
    expectFindings(s.judge());
  });

  it('a zap of vm_ops->open of which only the entry is recorded is over when another VMA is unmapped', () => {
    const { s, dev, vma, user, tasks } = visited({
      entryOnly: ['zap_vma_ptes'],
      returnOnly: ['vma_interval_tree_remove', 'remove_vma'],
    });
    const child = s.vma(dev, s.process(101), { start: vma.start });
    user.handler(30, 36, vma, 0).remap(32, 34, vma).fork(40, child, vma).visit(46, 48, child);
    user.munmap(52, vma);
    lowPower(zap(tasks[0], dev, 61, 70), dev, 60, 72, true);
    user.map(90, s.vma(dev, vma.mm));
    nothingProven(s.judge());
  });

  it('a visit of which only the entry is recorded may be over when fork copies', () => {
    const { s, dev, vma, user, tasks } = visited({
      entryOnly: ['zap_vma_ptes', 'vfio_pci_zap_and_vma_lock'],
    });
    const child = s.vma(dev, s.process(101), { start: vma.start });
    user.handler(30, 36, vma, 0).remap(32, 34, vma);
    zap(tasks[0], dev, 37, 80);
    lowPower(zap(tasks[1], dev, 39, 45), dev, 38, 46, true);
    tasks[0].visit(42, 44, vma);
    user.fork(50, child, vma);
    nothingProven(s.judge());
  });

  it('a zap of vm_ops->open that does not tell how many pages it takes', () => {
    const { s, dev, vma, user, tasks } = visited({ without: ['remap_pfn_range'], lacking: ['size'] });
    const upper = s.vma(dev, vma.mm, { start: vma.start + 8, pages: 8, pgoff: vma.pgoff + 8 });
    user.handler(30, 36, vma, 0).remap(32, 34, vma).visit(40, 42, upper);
    user
      .link(45, upper)
      .unlink(45.1, vma)
      .link(45.2, { ...vma, pages: 8 });
    lowPower(zap(tasks[0], dev, 61, 70).visit(64, 66, { ...vma, pages: 8 }), dev, 60, 72, true);
    nothingProven(s.judge());
  });

  it('an insert in the same µs as the end of the zap: before it or after it, the doubt is the same', () => {
    const findings = [49.6, 50.4].map((end) => {
      const { s, dev, vma, user, tasks } = onList({}, '5.10');
      user.handler(10, 16, vma, 0).remap(12, 14, vma);
      lowPower(zap(tasks[0], dev, 31, end).visit(34, 36, vma), dev, 30, 56, true);
      user.handler(38, 55, vma, 0).remap(49.8, 50.2, vma);
      return s.judge({ digits: 6 }).findings.map(({ rule, doubts }) => [rule.id, ...doubts].join(' '));
    });
    assert.deepEqual(findings[0], findings[1]);
    assert.ok(findings[0].length > 0);
  });

  it('an insert and a zap of vm_ops->open in the same µs', () => {
    const { s, dev, vma, user, tasks } = visited();
    const upper = s.vma(dev, vma.mm, { start: vma.start + 8, pages: 8, pgoff: vma.pgoff + 8 });
    // mprotect in another thread splits the VMA; the fault was over before, by nothing but ns.
    const thread = s.cpu(4).task(101);
    thread.visit(43.6, 43.7, upper);
    user.handler(40, 44.4, vma, 0).remap(42, 44.3, vma);
    thread
      .link(45, upper)
      .unlink(45.1, vma)
      .link(45.2, { ...vma, pages: 8 });
    lowPower(zap(tasks[0], dev, 61, 70).visit(64, 66, { ...vma, pages: 8 }), dev, 60, 72, true);
    nothingProven(s.judge({ digits: 6 }));
  });

  it('an insert in the same µs as the exit of its process went with it', () => {
    const { s, dev, vma, user, tasks } = visited();
    zap(tasks[0], dev, 30, 50);
    s.cpu(3).task(101).exitMmap(39.6, vma.mm);
    user.handler(35, 40.4, vma, 0).remap(37, 39.9, vma);
    expectFindings(s.judge({ digits: 6 }));
  });

  it('a visit whose return is missing overlaps nothing for certain', () => {
    const { s, dev, vma, user, tasks } = visited();
    zap(tasks[0], dev, 30, 60).visit(32, 36, vma, 0, vma.pages, { lostReturn: true });
    // Until the next visit begins, for all that is known.
    tasks[0].visit(50, 52, s.vma(dev, s.process(901)));
    user.handler(40, 58, vma, 0).remap(48, 56, vma);
    zap(tasks[1], dev, 41, 59).visit(57, 58, vma);
    nothingProven(s.judge());
  });

  it('a zap in which records are lost: the cause that it was to set may have come and gone', () => {
    const { s, dev, vma, user, tasks } = visited();
    zap(d3hot(tasks[0], dev, 30, 50, true, true), dev, 32, 45, true);
    // (Its write of D0 is lost as well.)
    s.lost(60, 1, 9);
    tasks[0].mark(62, 'goes on');
    reset(tasks[1], dev, 70, 78);
    user.handler(90, 96, vma, 0).remap(92, 94, vma);
    nothingProven(s.judge());
  });

  it('a call whose return is missing sets nothing when another one has ended its cause and a third one begun it', () => {
    for (const [entryOnly, zapReturns] of [
      [[], true],
      [[], false],
      [['vfio_pci_core_ioctl_feature'], false],
    ] as const) {
      const { s, dev, vma, user, tasks } = visited({ entryOnly });
      const [first, second, third] = tasks;
      lowPower(first, dev, 30, 40, true, true);
      zap(first, dev, 31, 38, !zapReturns);
      lowPower(second, dev, 50, 52, false);
      lowPower(second, dev, 60, 300, true);
      zap(second, dev, 61, 290);
      // What the first task does next shows that its call was over, not when.
      lowPower(first, dev, 70, 310, true);
      zap(first, dev, 71, 308);
      reset(third, dev, 80, 88);
      user.handler(100, 106, vma, 0).query(101, dev, 1).remap(102, 104, vma);
      second.visit(200, 210, vma);
      nothingProven(s.judge());
    }
  });
});

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { FALLBACK, NOPAGE, SIGBUS } from './actor.js';
import { scenario } from './dsl.js';
import { expectClean, expectFindings, expectVerdict, only, proven, said } from './expect.js';
import { addr, BAR2 } from './objects.js';
import type { Result } from './recording.js';
import { stage } from './stage.js';
import * as zr from './zaprace.js';

describe('golden scenarios (kernel facts §7)', () => {
  it('1. normal: MEM=0, zap, SIGBUS fault, MEM=1, NOPAGE: clean', () => {
    const { s, dev, vma, user, admin } = stage();
    admin.memoryOff(40, dev, [vma]);
    user.refused(60, vma, 0);
    admin.memoryOn(80, dev);
    user.faultIn(100, vma, 0);
    const result = s.judge();
    expectClean(result);
    assert.equal(result.vmas[0].blockedFaults, 1);
    assert.equal(result.zaps[0].pagesCleared, 1);
  });

  it('2. a handler waits across the window, the insert comes after the unblock: clean', () => {
    const { s, dev, vma, user, admin } = stage();
    admin.memoryOff(40, dev, [vma]);
    admin.memoryOn(80, dev); // [80, 82]: the lock is released before the return
    user.handler(45, 90, vma, 0).insert(81, 84, vma, 0);
    expectClean(s.judge());
  });

  it('3. an insert between the zap and the next MEM=1 of a physical function: install-after-zap, confirmed', () => {
    const { s, dev, vma, user, admin } = stage();
    admin.memoryOff(40, dev, [vma]); // returns at 48
    user.refused(55, vma, 3);
    user.faultIn(65, vma, 0); // insert [66, 67]
    admin.memoryOn(180, dev);
    const result = s.judge();
    expectFindings(result, 'install-after-zap confirmed');
    expectVerdict(result, 'violation');
    const finding = only(result, 'install-after-zap');
    assert.equal(finding.pages, 1);
    assert.equal(finding.page, vma.start);
    assert.equal(finding.endedBy, 're-enabled');
    assert.equal(finding.exposed, (180 - 67) * 1000);
  });

  it('3b. the same, and nothing shows whether it is a virtual function: possible', () => {
    const { s, dev, vma, user, admin } = stage();
    admin.memoryOff(40, dev, [vma]);
    user.faultIn(65, vma, 0);
    admin.memoryOn(180, dev);
    const result = s.judge();
    expectFindings(result, 'install-after-zap possible');
    expectVerdict(result, 'inconclusive');
  });

  it('4. the same on a virtual function: clean', () => {
    const { s, dev, vma, user, admin } = stage();
    admin.memoryOff(40, dev, [vma]);
    user.faultIn(65, vma, 0).query(65.5, dev, 1);
    admin.memoryOn(180, dev);
    expectClean(s.judge());
  });

  it('5. an insert overlaps the walk of its VMA: install-after-zap possible, overlap confirmed', () => {
    const { s, dev, vma, user, admin } = stage();
    // zap [42, 62], the VMA is walked [45, 60]; the insert [50, 55] is inside by more than the clock can be wrong
    admin.commandWrite(40, 64, dev, 0).zap(42, 62, dev).visit(45, 60, vma);
    user.handler(44, 61, vma, 1).insert(50, 55, vma, 1);
    user.refused(70, vma, 3);
    admin.memoryOn(180, dev);
    const result = s.judge();
    expectFindings(result, 'install-after-zap possible', 'install-zap-overlap confirmed');
    expectVerdict(result, 'violation');
  });

  it('6. the race of 5.10: remap returns after zap_vma_ptes of its VMA, before the write lock is taken: confirmed', () => {
    const s = scenario('5.10');
    const dev = s.device();
    const vma = s.vma(dev, s.process(100));
    const other = s.vma(dev, s.process(100));
    const user = s.cpu(0).task(100);
    const admin = s.cpu(1).task(200);
    user.map(1, vma).map(5, other);
    admin
      .commandWrite(31, 90, dev, 0)
      .call('vfio_pci_zap_and_down_write_memory_lock', 32, 80, { vdev: dev.vdev });
    admin.call('vfio_pci_zap_and_vma_lock', 34, 44, { vdev: dev.vdev, try: 0 }, 1).visit(36, 38, vma);
    // the handler has listed the VMA before the zap, and remaps after it
    user.handler(30, 75, vma, 2).remap(60, 70, vma);
    user.refused(100, other, 0);
    admin.memoryOn(180, dev);
    const result = s.judge();
    expectFindings(result, 'install-after-zap confirmed');
    assert.equal(only(result, 'install-after-zap').pages, vma.pages);
  });

  it('7. populate in .mmap, a zap without children, then the rmap insertion, still blocked: confirmed', () => {
    const s = scenario('6.12');
    const dev = s.device();
    const vma = s.vma(dev, s.process(100), { pgoff: 0 });
    const user = s.cpu(0).task(100);
    const admin = s.cpu(1).task(200);
    zr.populatingMmap(user, 10, vma, 100);
    zr.zap(admin, 50, dev);
    zr.unzap(admin, 300, dev);
    const result = s.judge();
    expectFindings(result, 'zap-missed-unlinked-vma confirmed');
    expectVerdict(result, 'violation');
    const finding = only(result, 'zap-missed-unlinked-vma');
    assert.equal(finding.pages, vma.pages);
    assert.equal(finding.exposed, (300 - 52) * 1000);
  });

  it('8. .mmap_prepare with the rmap lock held: the zap visits the VMA after the population: clean', () => {
    const s = scenario('7.3');
    const dev = s.device();
    const vma = s.vma(dev, s.process(100), { pgoff: 0 });
    const user = s.cpu(0).task(100);
    const admin = s.cpu(1).task(200);
    zr.prepare(user, 10, 12, vma).link(14, vma);
    zr.action(user, 20, 60, vma, 0, 1);
    // the zap waits for i_mmap_rwsem from 31 to 61
    admin.call('zaprace_zap', 30, 70, { z: dev.vdev }, 0);
    admin.call('unmap_mapping_range', 31, 66, {
      mapping: dev.mapping,
      holebegin: 0,
      holelen: 0,
      even_cows: 1,
    });
    admin.visit(62, 65, vma);
    zr.unzap(admin, 100, dev);
    expectClean(s.judge());
  });

  it('9. .mmap_prepare, populated after a zap that is over: install-after-zap, confirmed', () => {
    const s = scenario('7.3');
    const dev = s.device();
    const vma = s.vma(dev, s.process(100), { pgoff: 0 });
    const first = s.vma(dev, s.process(100), { pgoff: 0 });
    const user = s.cpu(0).task(100);
    const admin = s.cpu(1).task(200);
    zr.prepare(user, 1, 2, first).link(3, first);
    zr.action(user, 4, 8, first);
    zr.prepare(user, 10, 12, vma);
    zr.zap(admin, 30, dev, [first]);
    user.link(60, vma);
    zr.action(user, 70, 80, vma);
    zr.unzap(admin, 200, dev);
    const result = s.judge();
    expectFindings(result, 'install-after-zap confirmed');
    assert.equal(
      only(result, 'install-after-zap').vma.pointer,
      result.facts[0].type === 'installed-after-zap' ? result.facts[0].run.vma.pointer : 0,
    );
    assert.equal(only(result, 'install-after-zap').pages, vma.pages);
  });

  it('10. fork on a kernel with a list-based zap: the child keeps its entries: zap-skipped-vma, confirmed', () => {
    const s = scenario('6.1');
    s.munmapElsewhere(1);
    const dev = s.device();
    const parent = s.vma(dev, s.process(100));
    const child = s.vma(dev, s.process(101), { start: parent.start });
    const user = s.cpu(0).task(100);
    const admin = s.cpu(1).task(200);
    user.map(1, parent).handler(10, 20, parent, 0).remap(12, 18, parent).fork(30, child, parent);
    admin
      .commandWrite(50, 80, dev, 0)
      .call('vfio_pci_zap_and_vma_lock', 52, 62, { vdev: dev.vdev, try: 0 }, 1)
      .visit(54, 58, parent);
    admin.memoryOn(300, dev);
    s.goesOn();
    const result = s.judge();
    expectFindings(result, 'zap-skipped-vma confirmed');
    const finding = only(result, 'zap-skipped-vma');
    assert.equal(finding.pages, parent.pages);
    assert.equal(finding.vma.mm === 0, false);
    assert.notEqual(finding.vma.pointer, result.vmas.find((v) => v.origin === 'mmap')?.pointer);
  });

  it('11. mremap on a kernel with a list-based zap: the moved VMA is not on the list: zap-skipped-vma, confirmed', () => {
    const s = scenario('6.1');
    s.munmapElsewhere(1);
    const dev = s.device();
    const old = s.vma(dev, s.process(100));
    const moved = s.vma(dev, s.process(100));
    const user = s.cpu(0).task(100);
    const admin = s.cpu(1).task(200);
    user.map(1, old).handler(10, 20, old, 0).remap(12, 18, old);
    user.link(30, moved).movePages(32, 36, old, moved).munmap(38, old);
    admin
      .commandWrite(50, 80, dev, 0)
      .call('vfio_pci_zap_and_vma_lock', 52, 62, { vdev: dev.vdev, try: 0 }, 1);
    // the per-VMA probe works: another VMA of the device is on the list
    const listed = s.vma(dev, s.process(100));
    user.map(5, listed).handler(22, 28, listed, 0).remap(24, 26, listed);
    admin.visit(54, 58, listed);
    admin.memoryOn(300, dev);
    s.goesOn();
    const result = s.judge();
    expectFindings(result, 'zap-skipped-vma confirmed');
    assert.equal(only(result, 'zap-skipped-vma').page, moved.start);
  });

  it('12. nvgrace-gpu up to 6.18 populates at mmap and is never zapped by design: informational only', () => {
    const s = scenario('6.12');
    const dev = s.device();
    const mm = s.process(100);
    const bar = s.vma(dev, mm);
    const memory = s.vma(dev, mm);
    const user = s.cpu(0).task(100);
    const admin = s.cpu(1).task(200);
    user.map(1, bar).faultIn(5, bar, 0);
    // vm_pgoff becomes the pfn inside the callback
    const linked = { ...memory, pgoff: 0x42_0000_0000 };
    const fields = {
      core_vdev: dev.vdev,
      vma: memory.pointer,
      vm_start: addr(memory.start),
      vm_end: addr(memory.start + 16),
    };
    user.call(
      'nvgrace_gpu_mmap',
      10,
      20,
      { ...fields, pgoff: BAR2, mm: mm.pointer, mapping: dev.mapping },
      0,
    );
    user.remap(12, 18, memory).link(22, linked);
    admin.memoryOff(40, dev, [bar]);
    user.refused(60, bar, 0);
    admin.memoryOn(100, dev);
    const result = s.judge();
    expectFindings(result);
    assert.notEqual(result.verdict, 'violation');
    assert.ok(result.findings.some((f) => f.severity === 'note'));
  });

  it('12b. nvgrace-gpu up to 6.18, and the zap falls between population and rmap insertion: informational only', () => {
    const s = scenario('6.12');
    const dev = s.device();
    const mm = s.process(100);
    const memory = s.vma(dev, mm);
    const user = s.cpu(0).task(100);
    const admin = s.cpu(1).task(200);
    const fields = {
      core_vdev: dev.vdev,
      vma: memory.pointer,
      vm_start: addr(memory.start),
      vm_end: addr(memory.start + 16),
    };
    user.call(
      'nvgrace_gpu_mmap',
      10,
      20,
      { ...fields, pgoff: BAR2, mm: mm.pointer, mapping: dev.mapping },
      0,
    );
    user.remap(12, 18, memory).link(200, { ...memory, pgoff: 0x42_0000_0000 });
    admin.memoryOff(40, dev);
    admin.memoryOn(100, dev);
    expectFindings(s.judge());
  });

  it('13. a hot reset fails with -EBUSY after it has zapped: clean', () => {
    const { s, dev, vma, user, admin } = stage();
    const ioctl = { vdev: dev.vdev, cmd: 0x3b71 };
    admin
      .call('vfio_pci_core_ioctl', 40, 60, ioctl, -16)
      .call('vfio_pci_dev_set_hot_reset', 42, 58, { dev_set: 1n }, -16);
    admin.zapOf(44, dev, [vma]); // [44, 48]
    user.handler(46, 57, vma, 0).insert(55, 56, vma, 0); // as soon as the lock is dropped, before the ioctl returns
    user.faultIn(70, vma, 1);
    expectClean(s.judge());
  });

  it('13b. the same up to 6.9, where memory is never blocked: clean', () => {
    const s = scenario('6.1');
    const dev = s.device();
    const vma = s.vma(dev, s.process(100));
    const user = s.cpu(0).task(100);
    const admin = s.cpu(1).task(200);
    user.map(1, vma).handler(10, 20, vma, 0).remap(12, 18, vma);
    admin.call('vfio_pci_core_ioctl', 40, 70, { vdev: dev.vdev, cmd: 0x3b71 }, -16);
    admin.call('vfio_pci_zap_and_vma_lock', 42, 50, { vdev: dev.vdev, try: 1 }, 1).visit(44, 48, vma);
    user.handler(52, 68, vma, 0).remap(55, 65, vma);
    expectClean(s.judge());
  });

  it('13c. the same, when it gives up halfway, because somebody holds the list: nothing, or nothing certain', () => {
    const story = (tries: { try?: number }, result?: number, without: string[] = []) => {
      const s = scenario('6.1', { without });
      s.munmapElsewhere(0);
      const dev = s.device();
      const [vma, other] = [s.vma(dev, s.process(100)), s.vma(dev, s.process(101))];
      s.cpu(0).task(100).map(1, vma).handler(10, 20, vma, 0).remap(12, 18, vma);
      s.cpu(2).task(101).map(2, other).handler(21, 29, other, 0).remap(22, 28, other);
      const admin = s.cpu(1).task(200);
      admin.call('vfio_pci_core_ioctl', 40, 70, { vdev: dev.vdev, cmd: 0x3b71 }, -16);
      admin
        .call('vfio_pci_zap_and_vma_lock', 42, 50, { vdev: dev.vdev, ...tries }, result)
        .visit(44, 48, other);
      s.cpu(0).task(100).handler(80, 86, vma, 3).query(82, dev, 1);
      return s.judge();
    };
    expectFindings(story({ try: 1 }, 0));
    expectFindings(story({}, 0));
    for (const tries of [{ try: 1 }, {}]) {
      const result = story(tries);
      assert.deepEqual(proven(result), []);
      expectVerdict(result, 'inconclusive');
      // It has not given up, or does not: what it did not find is skipped.
      expectFindings(story(tries, 1), 'zap-skipped-vma confirmed');
    }
    expectFindings(story({ try: 0 }), 'zap-skipped-vma confirmed');
    // Nothing but the argument tells that it only tried.
    assert.deepEqual(proven(story({ try: 1 }, undefined, ['vfio_pci_core_ioctl'])), []);
    expectFindings(story({ try: 0 }, undefined, ['vfio_pci_core_ioctl']), 'zap-skipped-vma confirmed');
  });

  it('14. events lost between zap and insert: inconclusive', () => {
    const { s, dev, vma, user, admin } = stage();
    admin.memoryOff(40, dev, [vma]);
    user.refused(52, vma, 3);
    s.lost(60, 1, 12);
    user.faultIn(65, vma, 0);
    const result = s.judge();
    assert.deepEqual(
      said(result).filter((line) => line.includes('confirmed')),
      [],
    );
    expectVerdict(result, 'inconclusive');
  });

  it('15. the vm_area_struct is reused after munmap: clean', () => {
    const { s, dev, vma, user, admin } = stage();
    user.faultIn(30, vma, 1).munmap(36, vma);
    const next = s.vma(dev, s.process(100), { pointer: vma.pointer });
    user.map(40, next);
    admin.memoryOff(60, dev, [next]);
    user.refused(80, next, 0);
    admin.memoryOn(90, dev);
    const result = s.judge();
    expectClean(result);
    assert.equal(result.vmas.length, 2);
  });

  it('15b. reused without any record of the munmap, by another process: clean', () => {
    const { s, dev, vma, user, admin } = stage();
    const next = s.vma(dev, s.process(300), { pointer: vma.pointer });
    s.cpu(0).task(300).map(40, next);
    admin.memoryOff(60, dev, [next]);
    user.refused(80, next, 0);
    admin.memoryOn(90, dev);
    expectFindings(s.judge());
  });

  it('16. two devices, one blocked: inserts on the other one are fine', () => {
    const { s, dev, vma, user, admin } = stage();
    const free = s.device('free');
    const mine = s.vma(free, s.process(100));
    user.map(30, mine);
    admin.memoryOff(40, dev, [vma]);
    user.refused(60, vma, 0);
    user.faultIn(70, mine, 0).faultIn(80, mine, 1);
    admin.memoryOn(90, dev);
    expectClean(s.judge());
  });

  it('17. a chain of PUD, PMD and PTE attempts is one install', () => {
    const s = scenario('6.12');
    const dev = s.device();
    const vma = s.vma(dev, s.process(100), { pages: 2 ** 18 });
    const user = s.cpu(0).task(100);
    const admin = s.cpu(1).task(200);
    user.map(1, vma);
    user.handler(10, 11, vma, 7, FALLBACK, 18).handler(12, 13, vma, 7, FALLBACK, 9).faultIn(14, vma, 7);
    admin.memoryOff(40, dev, [vma]);
    user
      .handler(60, 61, vma, 7, FALLBACK, 18)
      .handler(62, 63, vma, 7, FALLBACK, 9)
      .handler(64, 66, vma, 7, SIGBUS);
    admin.memoryOn(80, dev);
    const result = s.judge();
    expectClean(result);
    assert.equal(result.analysis.installs, 1);
    assert.deepEqual(result.vmas[0].orders, { 0: 1 });
    assert.equal(result.zaps[0].pagesCleared, 1);
  });

  it('18. a return probe that missed a return: inconclusive, never a violation', () => {
    const { s, dev, vma, user, admin } = stage();
    admin.memoryOff(40, dev, [vma]);
    user.refused(52, vma, 3);
    user.handler(60, 70, vma, 0).insert(62, 64, vma, 0, NOPAGE, 0, { lostReturn: true });
    admin.memoryOn(180, dev);
    const result = s.judge();
    assert.deepEqual(
      said(result).filter((line) => line.includes('confirmed')),
      [],
    );
    expectVerdict(result, 'inconclusive');
  });

  it('19. end of the walk and begin of the insert at the same µs on two CPUs: possible at most', () => {
    const { s, dev, vma, user, admin } = stage();
    admin.commandWrite(40, 64, dev, 0).zap(42, 62, dev).visit(45, 60.2, vma);
    user.handler(44, 64, vma, 1).insert(60.3, 60.9, vma, 1);
    user.refused(70, vma, 3);
    admin.memoryOn(180, dev);
    const result = s.judge({ digits: 6 });
    assert.deepEqual(
      said(result).filter((line) => line.startsWith('install-after-zap confirmed')),
      [],
    );
    assert.notEqual(result.verdict, 'clean');
  });

  /** Not clean, without a finding: an install that the clock does not put before or behind. */
  function expectUntold(result: Result): void {
    expectFindings(result);
    expectVerdict(result, 'inconclusive');
    assert.match(
      result.reasons[0],
      /^1 install at the same time as a zap or an unblock, as far as the clock tells: .*trace-cmd report -t/,
    );
  }

  it('19a. a walk and all of an insert in the same µs on two CPUs: not told', () => {
    const { s, dev, vma, user, admin } = stage();
    admin.commandWrite(40, 64, dev, 0).zap(42, 50.22, dev).visit(50.1, 50.2, vma);
    user.handler(44, 64, vma, 1).insert(50.25, 50.4, vma, 1).refused(70, vma, 3);
    admin.memoryOn(180, dev);
    expectUntold(s.judge({ digits: 6 }));
  });

  it('19b. an insert that ends in the µs in which a zap begins, and its walk: not told, with ns clean', () => {
    const { s, dev, vma, user, admin } = stage();
    user.handler(44, 50.21, vma, 1).insert(49, 50.2, vma, 1).refused(70, vma, 3);
    admin.commandWrite(50.22, 64, dev, 0).zap(50.25, 62, dev).visit(50.3, 60, vma);
    admin.memoryOn(180, dev);
    expectUntold(s.judge({ digits: 6 }));
    expectClean(s.judge());
  });

  for (const [how, from, to] of [
    ['ends in the µs of the unblock: not told', 179.4, 180.2],
    ['begins in the µs of the unblock: not told', 180.1, 181],
    ['begins later: clean', 181, 182],
  ] as const)
    it(`19c. an insert on another CPU that ${how}`, () => {
      const { s, dev, vma, user, admin } = stage();
      admin.memoryOff(40, dev, [vma]).memoryOn(180, dev);
      user.refused(60, vma, 3).handler(179, 183, vma, 1).insert(from, to, vma, 1);
      (how.endsWith('clean') ? expectClean : expectUntold)(s.judge({ digits: 6 }));
    });

  it('20. the trace starts in the middle of a window: unknown until the first state event', () => {
    const s = scenario('6.12');
    const dev = s.device();
    const vma = s.vma(dev, s.process(100));
    const user = s.cpu(0).task(100);
    const admin = s.cpu(1).task(200);
    user.faultIn(10, vma, 0).refused(20, vma, 1);
    admin.memoryOn(30, dev);
    user.faultIn(40, vma, 1);
    admin.memoryOff(60, dev, [vma]);
    user.refused(80, vma, 1);
    admin.memoryOn(90, dev);
    const result = s.judge();
    expectFindings(result);
    expectVerdict(result, 'inconclusive');
  });
});

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { FALLBACK, NOPAGE } from '../scenarios/actor.js';
import { scenario } from '../scenarios/dsl.js';
import { expectClean, expectFindings, expectVerdict, only, said } from '../scenarios/expect.js';
import { addr } from '../scenarios/objects.js';
import { stage } from '../scenarios/stage.js';

describe('false-positive traps (kernel facts §4)', () => {
  it('1. virtual function: the window ends with the write, whatever MEM says', () => {
    const { s, dev, vma, user, admin } = stage();
    admin.memoryOff(40, dev, [vma]);
    user.faultIn(60, vma, 0).query(60.5, dev, 1);
    user.faultIn(70, vma, 1).query(70.5, dev, 1);
    const result = s.judge();
    expectClean(result);
  });

  it('1b. virtual function, first fault without a recorded query: the later one clears the suspicion', () => {
    const { s, dev, vma, user, admin } = stage();
    admin.memoryOff(40, dev, [vma]);
    user.faultIn(60, vma, 0);
    user.faultIn(70, vma, 1).query(70.5, dev, 1);
    expectClean(s.judge());
  });

  it('1c. virtual function, shown in an earlier window: later windows end with their write, too', () => {
    const { s, dev, vma, user, admin } = stage();
    admin.memoryOff(40, dev, [vma]);
    user.faultIn(60, vma, 0).query(60.5, dev, 1);
    admin.memoryOn(80, dev).memoryOff(90, dev, [vma]);
    user.faultIn(110, vma, 0);
    admin.memoryOn(130, dev);
    expectClean(s.judge());
  });

  it('2. a hot reset that fails with -EINVAL unwinds: the window closes, the state is as before', () => {
    const { s, dev, vma, user, admin } = stage();
    admin.call('vfio_pci_core_ioctl', 40, 60, { vdev: dev.vdev, cmd: 0x3b71 }, -22);
    admin.call('vfio_pci_dev_set_hot_reset', 42, 58, { dev_set: 1n }, -22).zapOf(44, dev, [vma]);
    user.faultIn(70, vma, 0);
    const result = s.judge();
    expectClean(result);
    assert.ok(result.zaps[0].unblocked <= 59_000);
  });

  it('2b. the same while memory is disabled: it stays disabled', () => {
    const { s, dev, vma, user, admin } = stage();
    admin.memoryOff(40, dev, [vma]);
    user.refused(52, vma, 0);
    admin.call('vfio_pci_core_ioctl', 60, 80, { vdev: dev.vdev, cmd: 0x3b71 }, -22).zapOf(64, dev, [vma]);
    user.faultIn(90, vma, 0);
    admin.memoryOn(180, dev);
    expectFindings(s.judge(), 'install-after-zap confirmed');
  });

  it('3. MEM=0 written again while it is 0: a second zap, no second block', () => {
    const { s, dev, vma, user, admin } = stage();
    admin.memoryOff(40, dev, [vma]).memoryOff(60, dev, [vma]);
    user.refused(80, vma, 0);
    admin.memoryOn(90, dev);
    user.faultIn(100, vma, 0);
    const result = s.judge();
    expectClean(result);
    assert.equal(result.zaps.length, 2);
  });

  it('4. zap_vma_ptes in the error path of the fault handler is no device zap', () => {
    const s = scenario('6.1');
    const dev = s.device();
    const vma = s.vma(dev, s.process(100));
    const user = s.cpu(0).task(100);
    const admin = s.cpu(1).task(200);
    user.map(1, vma);
    user.handler(10, 30, vma, 0, 0x2).remap(12, 18, vma, 0, vma.pages, -12).visit(20, 24, vma);
    user.handler(40, 50, vma, 0).remap(42, 48, vma);
    admin
      .commandWrite(60, 80, dev, 0)
      .call('vfio_pci_zap_and_vma_lock', 62, 70, { vdev: dev.vdev, try: 0 }, 1)
      .visit(64, 68, vma);
    user.refused(90, vma, 0);
    admin.memoryOn(100, dev);
    const result = s.judge();
    expectFindings(result);
    assert.equal(result.zaps.length, 1);
    assert.equal(result.analysis.installs, 1);
  });

  it('4b. zap_vma_ptes in vm_ops->open is no device zap', () => {
    const s = scenario('6.1');
    const dev = s.device();
    const vma = s.vma(dev, s.process(100));
    const user = s.cpu(0).task(100);
    user.map(1, vma).handler(10, 20, vma, 0).remap(12, 18, vma);
    user.visit(30, 34, vma, 8, 8); // the new half of a split
    user.handler(40, 50, vma, 0).remap(42, 48, vma);
    const result = s.judge();
    expectFindings(result);
    assert.equal(result.zaps.length, 0);
  });

  it('5. a device-specific region lies outside the zap: not skipped', () => {
    const { s, dev, vma, user, admin } = stage();
    const region = s.vma(dev, s.process(100), { pgoff: 9 * 2 ** 28 });
    user.map(24, region).faultIn(30, region, 0);
    admin.memoryOff(40, dev, [vma]);
    user.refused(60, vma, 0);
    admin.memoryOn(80, dev);
    expectClean(s.judge());
  });

  it('5b. an install in such a region while memory is disabled is none after that zap', () => {
    const { s, dev, vma, user, admin } = stage();
    const region = s.vma(dev, s.process(100), { pgoff: 9 * 2 ** 28 });
    user.map(24, region);
    admin.memoryOff(40, dev, [vma]);
    user.refused(60, vma, 0);
    user.faultIn(70, region, 0);
    s.cpu(0)
      .task(100)
      .mark(80, `read ok va=0x${addr(region.start).toString(16)}`);
    admin.memoryOn(180, dev);
    expectClean(s.judge());
  });

  it('5c. one block, two zaps of a range each: an install in the first range comes after the first zap', () => {
    const { s, dev, vma, user, admin } = stage();
    const other = s.vma(dev, s.process(100), { pgoff: vma.pgoff + 64 });
    user.map(24, other).faultIn(30, other, 0);
    const part = (t: number, of: typeof vma) =>
      admin
        .call('unmap_mapping_range', t, t + 6, {
          mapping: dev.mapping,
          holebegin: addr(of.pgoff),
          holelen: addr(of.pages),
          even_cows: 1,
        })
        .visit(t + 1, t + 3, of);
    admin.commandWrite(40, 70, dev, 0);
    part(42, vma);
    part(52, other);
    user.refused(80, other, 3);
    user.faultIn(90, vma, 1);
    admin.memoryOn(180, dev);
    expectFindings(s.judge(), 'install-after-zap confirmed');
  });

  it('6. NOPAGE on an entry that a zap has missed shows the leak, not an install', () => {
    const { s, dev, vma, user, admin } = stage();
    const other = s.vma(dev, s.process(100));
    user.map(24, other).faultIn(30, other, 0);
    admin.memoryOff(40, dev, [vma]); // other is skipped
    user.refused(60, vma, 0);
    user.faultIn(70, other, 0);
    admin.memoryOn(180, dev);
    const result = s.judge();
    assert.ok(said(result).includes('zap-skipped-vma confirmed'));
    assert.equal(only(result, 'zap-skipped-vma').pages, 1);
  });

  it('7. to 6.9, NOPAGE without a remap means that the VMA was listed already', () => {
    const s = scenario('6.1');
    const dev = s.device();
    const vma = s.vma(dev, s.process(100));
    const user = s.cpu(0).task(100);
    const admin = s.cpu(1).task(200);
    user.map(1, vma).handler(10, 20, vma, 0).remap(12, 18, vma);
    s.cpu(1).task(101).handler(11, 22, vma, 1);
    admin
      .commandWrite(60, 80, dev, 0)
      .call('vfio_pci_zap_and_vma_lock', 62, 70, { vdev: dev.vdev, try: 0 }, 1)
      .visit(64, 68, vma);
    user.refused(90, vma, 0);
    admin.memoryOn(100, dev);
    const result = s.judge();
    expectClean(result);
    assert.equal(result.analysis.installs, 1);
  });

  it('8. FALLBACK, RETRY and OOM are no installs', () => {
    const { s, dev, vma, user, admin } = stage();
    admin.memoryOff(40, dev, [vma]);
    user.refused(52, vma, 3);
    user
      .handler(60, 61, vma, 1, FALLBACK, 9)
      .handler(62, 63, vma, 1, 0x400)
      .handler(64, 68, vma, 1, 0x1)
      .insert(65, 66, vma, 1, 0x1);
    admin.memoryOn(80, dev);
    const result = s.judge();
    expectClean(result);
    assert.equal(result.analysis.installs, 1);
  });

  it('9. an address that moved is no VMA without a visit', () => {
    const { s, dev, vma, user, admin } = stage();
    const moved = s.vma(dev, s.process(100));
    user.link(30, moved).movePages(32, 34, vma, moved).munmap(36, vma);
    admin.memoryOff(40, dev, [moved]);
    user.refused(60, moved, 0);
    admin.memoryOn(80, dev);
    const result = s.judge();
    expectClean(result);
    assert.equal(result.zaps[0].pagesCleared, 1);
  });

  it('9b. a split leaves both halves populated, and a zap that visits both is fine', () => {
    const { s, dev, vma, user, admin } = stage();
    user.faultIn(24, vma, 12);
    const upper = s.vma(dev, vma.mm, { start: vma.start + 8, pages: 8, pgoff: vma.pgoff + 8 });
    const lower = { ...vma, pages: 8 };
    user.link(30, upper).unlink(31, vma).link(32, lower);
    admin.memoryOff(40, dev, [lower, upper]);
    user.refused(60, upper, 4);
    admin.memoryOn(80, dev);
    const result = s.judge();
    expectClean(result);
    assert.equal(result.zaps[0].pagesCleared, 2);
  });

  it('9c. a split of which only the rmap insertions are recorded', () => {
    const { s, dev, vma, user, admin } = stage('6.12', { without: ['vma_interval_tree_remove'] });
    user.faultIn(24, vma, 12);
    const upper = s.vma(dev, vma.mm, { start: vma.start + 8, pages: 8, pgoff: vma.pgoff + 8 });
    const lower = { ...vma, pages: 8 };
    user.link(30, upper).link(32, lower);
    admin.memoryOff(40, dev, [lower, upper]);
    user.refused(60, upper, 4);
    admin.memoryOn(80, dev);
    const result = s.judge();
    expectClean(result);
    assert.equal(result.zaps[0].pagesCleared, 2);
  });

  it('9d. a partial munmap that was not recorded: what the VMA has lost is no uncovered page', () => {
    const without = [
      'vma_interval_tree_insert',
      'vma_interval_tree_remove',
      'unmap_page_range',
      'remove_vma',
    ];
    const { s, dev, vma, user, admin } = stage('6.12', { without });
    user.faultIn(24, vma, 12);
    admin.memoryOff(40, dev, [{ ...vma, pages: 8 }]);
    user.refused(60, vma, 4);
    admin.memoryOn(80, dev);
    expectFindings(s.judge());
  });

  it('10. pointer of the VMA, pid and mm are reused, or the mm is printed hashed elsewhere', () => {
    const { s, dev, vma, user, admin } = stage();
    user.munmap(30, vma).exitMmap(33, vma.mm);
    // the next process gets the same pid, mm and vm_area_struct
    const again = s.vma(dev, vma.mm, { pointer: vma.pointer });
    const next = s.cpu(0).task(100, 'next');
    admin.memoryOff(40, dev);
    next.map(60, again).refused(70, again, 0);
    next.tracepoint('mmap_lock_acquire_returned', 75, { mm: 0x1234n, success: 1 });
    admin.memoryOn(80, dev);
    next.faultIn(90, again, 0);
    const result = s.judge();
    expectFindings(result);
    assert.equal(result.vmas.length, 2);
  });

  it('11. two devices in one process: windows never mix', () => {
    const { s, dev, vma, user, admin } = stage();
    const other = s.device('other');
    const mine = s.vma(other, vma.mm);
    user.map(24, mine).faultIn(30, mine, 0);
    admin.memoryOff(40, dev, [vma]);
    user.refused(55, vma, 0).faultIn(60, mine, 1);
    admin.memoryOff(70, other, [mine]).memoryOn(90, dev);
    user.faultIn(100, vma, 0).refused(110, mine, 1);
    admin.memoryOn(120, other);
    expectClean(s.judge());
  });

  it('12. a zap without children is routine when the device has no populated VMA', () => {
    const { s, dev, vma, user, admin } = stage();
    user.munmap(30, vma);
    for (const t of [40, 50, 60]) admin.memoryOff(t, dev).memoryOn(t + 7, dev);
    const result = s.judge();
    expectFindings(result);
    assert.equal(result.zaps.length, 3);
  });

  it('12b. and the strongest sign of a leak when it has one', () => {
    const { s, dev, vma, user, admin } = stage();
    admin.memoryOff(40, dev, [vma]).memoryOn(60, dev);
    user.faultIn(70, vma, 0);
    admin.memoryOff(80, dev);
    user.refused(95, vma, 1);
    admin.memoryOn(180, dev);
    expectFindings(s.judge(), 'zap-skipped-vma confirmed');
  });

  it('13. overwritten start: unknown initial state, inconclusive', () => {
    const { s, dev, vma, user, admin } = stage();
    s.lost(0, -1, -1, 'start');
    admin.memoryOff(40, dev, [vma]);
    user.refused(60, vma, 0);
    admin.memoryOn(80, dev);
    const result = s.judge();
    expectFindings(result);
    expectVerdict(result, 'inconclusive');
  });

  it('13b. cut end: an open window and open calls are unfinished, not violations', () => {
    const { s, dev, vma, user, admin } = stage();
    admin.commandWrite(40, null, dev, 0).zap(42, null, dev).visit(43, null, vma);
    user.handler(38, null, vma, 1).insert(39, null, vma, 1);
    const result = s.judge();
    assert.deepEqual(
      said(result).filter((line) => line.includes('confirmed')),
      [],
    );
    assert.notEqual(result.verdict, 'violation');
  });

  it('13c. a window that is open at the end, and nothing wrong in it', () => {
    const { s, dev, vma, user, admin } = stage();
    admin.memoryOff(40, dev, [vma]);
    user.refused(60, vma, 0);
    const result = s.judge();
    expectFindings(result);
  });

  it('few probes: inserts and zaps only, no rmap, no per-VMA calls: nothing is claimed', () => {
    const without = [
      'vma_interval_tree_insert',
      'vma_interval_tree_remove',
      'zap_page_range_single',
      'unmap_page_range',
      'remove_vma',
    ];
    const { s, dev, vma, user, admin } = stage('6.12', { without });
    admin.memoryOff(40, dev, [vma]);
    user.refused(60, vma, 0);
    admin.memoryOn(80, dev);
    user.faultIn(90, vma, 0);
    const result = s.judge();
    expectFindings(result);
    expectVerdict(result, 'inconclusive');
  });

  it('strays that another insert writes once more are the same pages', () => {
    for (const how of ['remap', 'insert'] as const) {
      const { s, dev, vma, user, admin } = stage();
      const thread = s.cpu(2).task(101);
      admin.memoryOff(40, dev, [vma]); // [40, 49]
      if (how === 'remap') {
        user.handler(60, 70, vma, 0).remap(62, 66, vma);
        thread.handler(72, 80, vma, 0).remap(74, 78, vma);
      } else {
        for (let page = 0; page < vma.pages; page++) user.faultIn(60 + 4 * page, vma, page);
        thread.handler(200, 210, vma, 0).remap(202, 206, vma);
      }
      user.refused(300, s.vma(dev, vma.mm), 0);
      admin.memoryOn(400, dev);
      assert.equal(only(s.judge(), 'install-after-zap').pages, vma.pages, how);
    }
  });

  it('few probes: handlers and zaps only', () => {
    const { s, dev, vma, user, admin } = stage('6.12', {
      without: ['vmf_insert_pfn', 'zap_page_range_single', 'vma_interval_tree_insert'],
    });
    user.handler(38, 46, vma, 1); // waits for nothing that is recorded: overlaps the zap
    admin.memoryOff(40, dev, [vma]); // [40, 49]
    user.refused(60, vma, 0);
    user.handler(70, 95, vma, 0, NOPAGE); // waits until memory is enabled
    admin.memoryOn(80, dev);
    expectFindings(s.judge());
  });

  it('a truncate or a /dev/mem revoke on another mapping is not a zap of ours', () => {
    const { s, dev, vma, user, admin } = stage();
    const noise = { mapping: s.pointer(), holebegin: addr(0x280000), holelen: addr(16), even_cows: 1 };
    admin.call('unmap_mapping_range', 30, 33, noise);
    user.faultIn(34, vma, 1);
    admin.memoryOff(40, dev, [vma]);
    user.refused(60, vma, 0);
    admin.memoryOn(80, dev);
    const result = s.judge();
    expectClean(result);
    assert.equal(result.zaps.length, 1);
  });
});

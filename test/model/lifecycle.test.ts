import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { scenario } from '../scenarios/dsl.js';
import { expectClean, expectFindings, only, said } from '../scenarios/expect.js';
import { addr, BAR2 } from '../scenarios/objects.js';
import type { Stage } from '../scenarios/stage.js';
import { stage } from '../scenarios/stage.js';

/** All zaps of a scenario end with a refused fault and MEM=1: certain physical function, closed window. */
function settle({ dev, vma, user, admin }: Stage, t = 150): void {
  user.refused(t, vma, 15);
  admin.memoryOn(t + 30, dev);
}

describe('PTEs that move without the driver (kernel facts §3.5)', () => {
  it('fork: the parent`s pointer was another device`s VMA before, and no record told its end: nothing is copied', () => {
    const { s, dev, vma, user, admin } = stage();
    const second = s.device('second');
    const mm = s.process(101);
    const [known, again] = [s.vma(second, mm), s.vma(second, mm, { pointer: vma.pointer, start: vma.start })];
    const child = s.vma(second, s.process(102), { start: vma.start });
    const forker = s.cpu(2).task(101);
    // Its root is known to be the second device's.
    const before = s.vma(second, s.process(103), { start: known.start });
    forker.map(30, known).faultIn(35, known, 0).fork(40, before, known);
    forker.fork(50, child, again);
    // Memory of the first device goes off; the child is none of its VMAs.
    admin.memoryOff(60, dev, [vma]);
    user.refused(75, vma, 3);
    admin.memoryOn(90, dev);
    expectFindings(s.judge());
  });

  it('fork: the child has what the parent has, and a zap of both clears both', () => {
    const staged = stage();
    const { s, dev, vma, user, admin } = staged;
    const child = s.vma(dev, s.process(101), { start: vma.start });
    user.faultIn(24, vma, 1).fork(30, child, vma);
    admin.memoryOff(40, dev, [vma, child]);
    settle(staged);
    const result = s.judge();
    expectClean(result);
    assert.equal(result.zaps[0].pagesCleared, 4);
  });

  it('fork: the child`s pointer was another VMA before, and no record told its end: it has what the parent has', () => {
    const staged = stage();
    const { s, dev, vma, user, admin } = staged;
    const gone = s.vma(dev, s.process(101));
    const child = s.vma(dev, s.process(102), { pointer: gone.pointer, start: vma.start });
    s.cpu(2).task(101).map(20, gone);
    user.faultIn(24, vma, 1).copyPages(31, 33, child, vma);
    admin.memoryOff(40, dev, [vma]);
    settle(staged);
    expectFindings(s.judge(), 'zap-skipped-vma confirmed');
  });

  it('fork: the parent was split, and no record told so: the child reaches as far as the parent does now', () => {
    const staged = stage('6.1', { without: ['remap_pfn_range', 'vmf_insert_pfn'] });
    const { s, dev, vma, user, admin } = staged;
    user.handler(24, 26, vma, 1);
    const lower = { ...vma, pages: 8 };
    const child = s.vma(dev, s.process(101), { start: vma.start, pages: 8 });
    user.fork(30, child, lower);
    admin.memoryOff(40, dev, [lower, child]);
    user.refused(60, lower, 2);
    admin.memoryOn(180, dev);
    expectFindings(s.judge());
  });

  it('fork: a zap that visits only the parent skips the child', () => {
    const staged = stage();
    const { s, dev, vma, user, admin } = staged;
    const child = s.vma(dev, s.process(101), { start: vma.start });
    user.faultIn(24, vma, 1).fork(30, child, vma);
    admin.memoryOff(40, dev, [vma]);
    settle(staged);
    const result = s.judge();
    expectFindings(result, 'zap-skipped-vma confirmed');
    assert.equal(only(result, 'zap-skipped-vma').pages, 2);
  });

  it('fork after a zap copies nothing', () => {
    const staged = stage();
    const { s, dev, vma, user, admin } = staged;
    const child = s.vma(dev, s.process(101), { start: vma.start });
    admin.memoryOff(30, dev, [vma]);
    user.fork(40, child, vma);
    settle(staged);
    expectClean(s.judge());
  });

  it('fork during a zap: the child sits behind the parent in the walk, nothing is certain to be left', () => {
    const staged = stage();
    const { s, dev, vma, user, admin } = staged;
    const child = s.vma(dev, s.process(101), { start: vma.start });
    admin.commandWrite(30, 70, dev, 0).zap(32, 68, dev).visit(34, 45, vma).visit(46, 60, child);
    user.linkAfter(31, child, vma).copyPages(36, 48, child, vma);
    settle(staged);
    expectFindings(s.judge());
  });

  it('fork that fails (-ENOMEM) is taken back', () => {
    const staged = stage();
    const { s, dev, vma, user, admin } = staged;
    const child = s.vma(dev, s.process(101), { start: vma.start });
    user.linkAfter(30, child, vma).copyPages(31, 33, child, vma, -12).munmap(34, child);
    admin.memoryOff(40, dev, [vma]);
    settle(staged);
    expectClean(s.judge());
  });

  it('the parent goes, the child stays and is zapped', () => {
    const staged = stage();
    const { s, dev, vma, user, admin } = staged;
    const child = s.vma(dev, s.process(101), { start: vma.start });
    user.fork(24, child, vma).munmap(30, vma).exitMmap(34, vma.mm);
    admin.memoryOff(40, dev, [child]);
    s.cpu(0).task(101).refused(60, child, 0);
    admin.memoryOn(80, dev);
    expectClean(s.judge());
  });

  it('a grandchild inherits, too', () => {
    const s = scenario('6.1');
    s.munmapElsewhere(1);
    const dev = s.device();
    const parent = s.vma(dev, s.process(100));
    const child = s.vma(dev, s.process(101), { start: parent.start });
    const grandchild = s.vma(dev, s.process(102), { start: parent.start });
    const user = s.cpu(0).task(100);
    user.map(1, parent).handler(10, 20, parent, 0).remap(12, 18, parent).fork(30, child, parent);
    s.cpu(0).task(101).fork(40, grandchild, child);
    const admin = s.cpu(1).task(200);
    admin
      .commandWrite(50, 80, dev, 0)
      .call('vfio_pci_zap_and_vma_lock', 52, 62, { vdev: dev.vdev, try: 0 }, 1)
      .visit(54, 58, parent);
    admin.memoryOn(300, dev);
    s.goesOn();
    expectFindings(s.judge(), 'zap-skipped-vma confirmed', 'zap-skipped-vma confirmed');
  });

  it('mremap: the pages are at the new address, the old one is empty', () => {
    const staged = stage();
    const { s, dev, vma, user, admin } = staged;
    const moved = s.vma(dev, vma.mm);
    user.faultIn(24, vma, 5).link(30, moved).movePages(32, 34, vma, moved).munmap(36, vma);
    admin.memoryOff(40, dev, [moved]);
    user.refused(60, moved, 0);
    admin.memoryOn(80, dev);
    const result = s.judge();
    expectClean(result);
    assert.equal(result.zaps[0].pagesCleared, 2);
  });

  it('mremap: a zap that visits the old VMA only has skipped the new one', () => {
    const staged = stage();
    const { s, dev, vma, user, admin } = staged;
    const moved = s.vma(dev, vma.mm);
    user.faultIn(24, vma, 5).link(30, moved).movePages(32, 34, vma, moved);
    admin.memoryOff(40, dev, [vma]);
    settle(staged);
    const result = s.judge();
    expectFindings(result, 'zap-skipped-vma confirmed');
    assert.equal(only(result, 'zap-skipped-vma').page, moved.start);
    assert.equal(only(result, 'zap-skipped-vma').pages, 2);
  });

  it('mremap: the new VMA`s pointer was another device`s VMA before, and no record told its end: that is not it', () => {
    const { s, dev, admin } = stage();
    const second = s.device('second');
    const gone = s.vma(second, s.process(101));
    const old = s.vma(dev, s.process(102));
    const moved = s.vma(dev, old.mm, { pointer: gone.pointer });
    const mover = s.cpu(3).task(102);
    s.cpu(2).task(101).map(20, gone).faultIn(26, gone, 0);
    // (Nothing tells whose it is.)
    mover.handler(34, 36, old, 5);
    // Memory of the second device goes off; what moves is none of its VMAs.
    admin.memoryOff(40, second, [gone]);
    mover.movePages(60, 62, old, moved);
    admin.memoryOn(90, second);
    expectFindings(s.judge());
  });

  it('mremap of 7.3 (struct pagetable_move_control) and a stray PTE that moves', () => {
    const { s, dev, vma, user, admin } = stage('7.3');
    const moved = s.vma(dev, vma.mm);
    admin.memoryOff(30, dev, [vma]);
    user.refused(41, vma, 3).faultIn(45, vma, 0);
    const fields = {
      pmc: s.pointer(),
      vma: vma.pointer,
      new_vma: moved.pointer,
      old_addr: addr(vma.start),
      old_end: addr(vma.start + 16),
      new_addr: addr(moved.start),
      len: addr(16),
      mm: vma.mm.pointer,
    };
    user.link(50, moved).call('move_page_tables', 52, 54, fields, addr(16)).munmap(56, vma);
    admin.memoryOn(180, dev);
    const result = s.judge();
    const found = result.findings.filter((f) => f.rule.id === 'install-after-zap');
    assert.ok(found.length >= 1 && found.every((f) => f.confidence === 'confirmed'));
    assert.ok(
      found.some((f) => f.vma.start === moved.start),
      'the stray is reported where it is now',
    );
  });

  it('a partial munmap takes its pages, the rest stays', () => {
    const staged = stage();
    const { s, dev, vma, user, admin } = staged;
    user.faultIn(24, vma, 8).faultIn(28, vma, 15);
    // munmap of pages 4…11: split at 4, split at 12, unmap the middle
    const low = { ...vma, pages: 4 };
    const rest = s.vma(dev, vma.mm, { start: vma.start + 4, pages: 12, pgoff: vma.pgoff + 4 });
    user.link(33, rest).unlink(33.2, vma).link(33.4, low);
    const middle = { ...rest, pages: 8 };
    const high = s.vma(dev, vma.mm, { start: vma.start + 12, pages: 4, pgoff: vma.pgoff + 12 });
    user.link(34, high).unlink(34.2, rest).link(34.4, middle);
    user.unmapPages(35, middle).unlink(36, middle).free(37, middle);
    admin.memoryOff(40, dev, [low, high]);
    settle(staged);
    const result = s.judge();
    expectClean(result);
    assert.equal(result.zaps[0].pagesCleared, 2);
  });

  it('after a split, a zap that visits one half has skipped the other', () => {
    const staged = stage();
    const { s, dev, vma, user, admin } = staged;
    user.faultIn(24, vma, 12);
    const upper = s.vma(dev, vma.mm, { start: vma.start + 8, pages: 8, pgoff: vma.pgoff + 8 });
    const lower = { ...vma, pages: 8 };
    user.link(30, upper).unlink(31, vma).link(32, lower);
    admin.memoryOff(40, dev, [lower]);
    user.refused(60, lower, 2);
    admin.memoryOn(180, dev);
    const result = s.judge();
    expectFindings(result, 'zap-skipped-vma confirmed');
    assert.equal(only(result, 'zap-skipped-vma').page, vma.start + 12);
  });

  it('MAP_FIXED over a populated VMA: the old pages are gone', () => {
    const staged = stage();
    const { s, dev, vma, user, admin } = staged;
    const over = s.vma(dev, vma.mm, { start: vma.start });
    user.unmapPages(28, vma).unlink(29, vma).free(30, vma).map(32, over);
    admin.memoryOff(40, dev, [over]);
    user.refused(60, over, 0);
    admin.memoryOn(80, dev);
    expectClean(s.judge());
  });

  it('exit without munmap: nothing is left', () => {
    const { s, dev, vma, user, admin } = stage();
    user.exitMmap(30, vma.mm).munmap(31, vma);
    admin.memoryOff(40, dev);
    admin.memoryOn(80, dev);
    expectFindings(s.judge());
  });

  it('a zap visits a VMA whose pages munmap has just cleared: harmless', () => {
    const { s, dev, vma, user, admin } = stage();
    user.unmapPages(41, vma).unlink(60, vma).free(61, vma);
    admin.memoryOff(40, dev, [vma]);
    admin.memoryOn(80, dev);
    expectFindings(s.judge());
  });

  it('munmap while the zap runs: pages that it cleared are not missed by the zap', () => {
    const { s, dev, vma, user, admin } = stage();
    admin.memoryOff(22, dev, [vma]).memoryOn(31, dev);
    user.faultIn(34, vma, 1);
    admin.commandWrite(40, 60, dev, 0).zap(42, 58, dev);
    user.unmapPages(41, vma).unlink(41.5, vma).free(45, vma);
    admin.memoryOn(80, dev);
    expectFindings(s.judge());
  });

  it('a recycled pointer with another range is another VMA', () => {
    const { s, dev, vma, user, admin } = stage();
    const next = s.vma(dev, vma.mm, { pointer: vma.pointer });
    user.map(30, next);
    admin.memoryOff(40, dev, [next]);
    user.refused(60, next, 0);
    admin.memoryOn(80, dev);
    const result = s.judge();
    expectFindings(result);
    assert.equal(result.vmas.length, 2);
  });

  it('a recycled pointer that an insert shows by its address alone', () => {
    // probes without vm_start and mm: the address is outside of what the pointer stood for
    const { s, dev, vma, user, admin } = stage();
    admin.memoryOff(30, dev, [vma]);
    user.refused(41, vma, 0);
    const fields = { vma: vma.pointer, addr: addr(0x1234_5000), pfn: 1 };
    s.cpu(0).task(900).call('vmf_insert_pfn', 50, 52, fields, 0x100);
    admin.memoryOn(80, dev);
    assert.deepEqual(said(s.judge()), []);
  });
});

describe('huge entries and partial zaps', () => {
  const huge = () => {
    const s = scenario('6.12');
    s.munmapElsewhere(1);
    const dev = s.device();
    const mm = s.process(100);
    const vma = s.vma(dev, mm, { start: 0x7_f000_0000 + 2 ** 18, pages: 2 ** 19 });
    const user = s.cpu(0).task(100);
    const admin = s.cpu(1).task(200);
    user.map(1, vma);
    return { s, dev, mm, vma, user, admin };
  };

  it('orders 0, 9 and 18 cover what they cover, from any address inside', () => {
    const { s, dev, vma, user, admin } = huge();
    user
      .faultIn(10, vma, 77, 18)
      .faultIn(15, vma, 2 ** 18 + 513, 9)
      .faultIn(20, vma, 2 ** 18 + 3, 0);
    admin.memoryOff(40, dev, [vma]);
    user.refused(60, vma, 5);
    admin.memoryOn(80, dev);
    const result = s.judge();
    expectClean(result);
    assert.deepEqual(result.vmas[0].orders, { 0: 1, 9: 1, 18: 1 });
    assert.equal(result.zaps[0].pagesCleared, 2 ** 18 + 512 + 1);
  });

  it('a zap of half of the VMA leaves the other half: partial-zap', () => {
    const { s, dev, vma, user, admin } = huge();
    user.faultIn(10, vma, 3).faultIn(15, vma, 600);
    admin.commandWrite(40, 60, dev, 0).zap(42, 58, dev).visit(44, 50, vma, 0, 512);
    user.refused(70, vma, 3);
    admin.memoryOn(180, dev);
    const result = s.judge();
    expectFindings(result, 'partial-zap confirmed');
    const finding = only(result, 'partial-zap');
    assert.deepEqual([finding.page, finding.pages], [vma.start + 600, 1]);
  });

  it('two visits that cover the VMA together are no partial zap', () => {
    const { s, dev, vma, user, admin } = huge();
    user.faultIn(10, vma, 3).faultIn(15, vma, 600);
    admin
      .commandWrite(40, 60, dev, 0)
      .zap(42, 58, dev)
      .visit(44, 48, vma, 0, 512)
      .visit(49, 55, vma, 512, 2 ** 19 - 512);
    user.refused(70, vma, 3);
    admin.memoryOn(80, dev);
    expectClean(s.judge());
  });

  it('a visit of part of a huge entry drops it whole: nothing is left', () => {
    const { s, dev, vma, user, admin } = huge();
    user.faultIn(10, vma, 3, 9);
    admin.commandWrite(40, 60, dev, 0).zap(42, 58, dev).visit(44, 50, vma, 0, 8);
    user.refused(70, vma, 3);
    admin.memoryOn(80, dev);
    expectFindings(s.judge());
  });

  it('a visit of part of a remapped range leaves exactly the rest', () => {
    const s = scenario('6.1');
    s.munmapElsewhere(1);
    const dev = s.device();
    const vma = s.vma(dev, s.process(100), { pages: 100 });
    const user = s.cpu(0).task(100);
    const admin = s.cpu(1).task(200);
    user.map(1, vma).handler(10, 20, vma, 0).remap(12, 18, vma);
    admin
      .commandWrite(40, 60, dev, 0)
      .call('vfio_pci_zap_and_vma_lock', 42, 52, { vdev: dev.vdev, try: 0 }, 1)
      .visit(44, 48, vma, 10, 30);
    admin.memoryOn(180, dev);
    s.goesOn();
    const result = s.judge();
    expectFindings(result, 'partial-zap confirmed');
    assert.equal(only(result, 'partial-zap').pages, 70);
  });

  it('a zap of part of the file: what lies outside is not missed by it', () => {
    const { s, dev, vma, user, admin } = stage();
    user.faultIn(24, vma, 12);
    const range = { mapping: dev.mapping, holebegin: addr(BAR2), holelen: addr(8), even_cows: 1 };
    admin.commandWrite(40, 60, dev, 0).call('unmap_mapping_range', 42, 58, range).visit(44, 50, vma, 0, 8);
    user.refused(70, vma, 3);
    admin.memoryOn(80, dev);
    expectFindings(s.judge());
  });

  it('a munmap inside a huge entry drops it: a zap has nothing to miss', () => {
    const { s, dev, vma, user, admin } = huge();
    user.faultIn(10, vma, 3, 9).unmapPages(20, vma, 100, 8);
    admin
      .commandWrite(40, 60, dev, 0)
      .zap(42, 58, dev)
      .visit(44, 50, vma, 2 ** 18, 8);
    user.refused(70, vma, 3);
    admin.memoryOn(80, dev);
    expectFindings(s.judge());
  });
});

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Actor } from '../scenarios/actor.js';
import { NOPAGE, SIGBUS } from '../scenarios/actor.js';
import { scenario } from '../scenarios/dsl.js';
import { expectClean, expectFindings, expectVerdict, only, said } from '../scenarios/expect.js';
import type { Dev, VmaObject } from '../scenarios/objects.js';
import { ALL_BARS, addr, vmaFields } from '../scenarios/objects.js';
import { stage } from '../scenarios/stage.js';
import * as zr from '../scenarios/zaprace.js';

/** vfio_pci_dma_buf_move(vdev, revoked) [t, t+0.5]. */
const move = (who: Actor, t: number, dev: Dev, revoked: number): Actor =>
  who.call('vfio_pci_dma_buf_move', t, t + 0.5, { vdev: dev.vdev, revoked });

/** An order-0 fault as 7.3 runs it: six functions deep, [t, t+10]. */
function deepFault(who: Actor, t: number, vma: VmaObject, page: number, ret = NOPAGE): Actor {
  const at = { vma: vma.pointer, addr: addr(vma.start + page) };
  const vmf = { vmf: 0xffff_c900_0000_1000n, ...at };
  who.call('vfio_pci_mmap_page_fault', t, t + 10, vmf, ret);
  who.call(
    'vfio_pci_mmap_huge_fault',
    t + 1,
    t + 9,
    { ...vmf, ...vmaFields(vma), vdev: vma.dev.vdev, order: 0 },
    ret,
  );
  who.call(
    'vfio_pci_vmf_insert_pfn',
    t + 2,
    t + 8,
    { vdev: vma.dev.vdev, ...vmf, pfn: 0x280000 + page, order: 0 },
    ret,
  );
  who.query(t + 2.6, vma.dev, ret === NOPAGE ? 1 : 0);
  if (ret !== NOPAGE) return who;
  const { vm_start, vm_end, mm } = vmaFields(vma);
  who.call('vmf_insert_pfn', t + 3, t + 7, { ...at, pfn: 0x280000 + page, vm_start, vm_end, mm }, ret);
  who.call('vmf_insert_pfn_prot', t + 4, t + 6, { ...at, pfn: 0x280000 + page, prot: 0x37 }, ret);
  return who.call('insert_pfn', t + 4.5, t + 5.5, { ...at, pfn: 0x280000 + page }, ret);
}

describe('traps of Linux 7.3', () => {
  it('two handlers and four inserts per fault are one fault and one install', () => {
    const { s, dev, vma, user, admin } = stage('7.3');
    deepFault(user, 30, vma, 1);
    admin.memoryOff(50, dev, [vma]);
    deepFault(user, 70, vma, 1, SIGBUS);
    admin.memoryOn(90, dev);
    const result = s.judge();
    expectClean(result);
    assert.equal(result.vmas[0].installs, 2); // the stage's, and this one
    assert.equal(result.vmas[0].blockedFaults, 1);
    assert.equal(result.zaps[0].pagesCleared, 2);
  });

  it('unmap_mapping_pages and __zap_vma_range inside a zap are the same zap and the same visit', () => {
    const { s, dev, vma, user, admin } = stage('7.3');
    admin.commandWrite(40, 60, dev, 0).zap(42, 55, dev);
    admin.call('unmap_mapping_pages', 43, 54, {
      mapping: dev.mapping,
      start: 0,
      nr: ALL_BARS / 4096,
      even_cows: 1,
    });
    admin.visit(44, 52, vma).unmapPages(46, vma);
    user.refused(70, vma, 0);
    admin.memoryOn(80, dev);
    const result = s.judge();
    expectClean(result);
    assert.equal(result.zaps.length, 1);
    assert.equal(result.vmas[0].visits, 1);
    assert.equal(result.zaps[0].pagesCleared, 1);
  });

  it('vfio_pci_dma_buf_move(0) at a write that changes nothing is no transition', () => {
    const { s, dev, vma, user, admin } = stage('7.3');
    admin.memoryOn(30, dev);
    move(admin, 31, dev, 0);
    admin.memoryOff(40, dev, [vma]);
    move(admin, 47.2, dev, 1);
    user.refused(60, vma, 0);
    admin.memoryOn(80, dev);
    move(admin, 81, dev, 0);
    user.faultIn(90, vma, 0);
    const result = s.judge();
    expectClean(result);
    assert.equal(result.zaps.length, 1);
    assert.equal(result.zaps[0].unblocked, 79_000); // from the entry of the write; t 1 is the first record
  });

  it('vfio_pci_dma_buf_move fires during close: to 1, then to 0, after the last munmap', () => {
    const { s, dev, vma, user, admin } = stage('7.3');
    admin.memoryOff(40, dev, [vma]);
    user.refused(60, vma, 0);
    admin.memoryOn(80, dev);
    user.faultIn(90, vma, 0).munmap(100, vma);
    admin.call('vfio_pci_core_close_device', 110, 130, { vdev: dev.vdev });
    move(admin, 112, dev, 1);
    admin.call('vfio_pci_runtime_pm_exit', 115, 120, { vdev: dev.vdev }).query(117, dev, 1);
    move(admin, 118, dev, 0);
    expectClean(s.judge());
  });

  it('closed while memory is disabled, opened again: the new user starts with a new device state', () => {
    const { s, dev, vma, user, admin } = stage('7.3');
    admin.memoryOff(40, dev, [vma]);
    user.refused(60, vma, 0).munmap(70, vma);
    admin.call('vfio_pci_core_close_device', 80, 90, { vdev: dev.vdev });
    const again = s.vma(dev, s.process(300));
    s.cpu(0).task(300).map(100, again).faultIn(110, again, 0);
    expectClean(s.judge());
  });

  it('zap_vma_range_batched by madvise of ordinary memory is no device zap', () => {
    const { s, dev, vma, user, admin } = stage('7.3');
    const heap = {
      vma: s.pointer(),
      addr: addr(0x55_0000),
      size: addr(16),
      vm_start: addr(0x55_0000),
      vm_end: addr(0x55_0010),
    };
    user.call('zap_vma_range_batched', 30, 32, { ...heap, pgoff: 0, mm: vma.mm.pointer });
    admin.memoryOff(40, dev, [vma]);
    user.call('zap_vma_range_batched', 56, 58, { ...heap, pgoff: 0, mm: vma.mm.pointer }).refused(60, vma, 0);
    admin.memoryOn(80, dev);
    const result = s.judge();
    expectClean(result);
    assert.deepEqual([result.zaps.length, result.vmas.length], [1, 1]);
  });

  it('unmap_mapping_range of /dev/mem at device open, with the physical address of the BAR, is noise', () => {
    const s = scenario('7.3');
    const dev = s.device();
    const vma = s.vma(dev, s.process(100));
    const user = s.cpu(0).task(100);
    const admin = s.cpu(1).task(200);
    admin.call('unmap_mapping_range', 1, 2, {
      mapping: s.pointer(),
      holebegin: 0x2_8000_0000,
      holelen: 2 ** 26,
      even_cows: 1,
    });
    user.map(10, vma).faultIn(20, vma, 0);
    admin.memoryOff(40, dev, [vma]);
    user.refused(60, vma, 0);
    admin.memoryOn(80, dev);
    const result = s.judge();
    expectClean(result);
    assert.equal(result.zaps.length, 1);
  });

  it('mmap_action_complete of other files (type 0) is noise', () => {
    const { s, dev, vma, user, admin } = stage('7.3');
    const library = {
      vma: s.pointer(),
      vm_start: addr(0x66_0000),
      vm_end: addr(0x66_0010),
      mm: vma.mm.pointer,
    };
    admin.memoryOff(40, dev, [vma]);
    user
      .call('mmap_action_complete', 60, 62, { ...library, type: 0, hide: 0, is_compat: 0 }, 0)
      .refused(64, vma, 0);
    admin.memoryOn(80, dev);
    const result = s.judge();
    expectClean(result);
    assert.equal(result.vmas.length, 1);
  });

  it('no hide flag: the zap visits the VMA before the action populates it: install-after-zap', () => {
    const { s, dev, vma, user, admin } = prepared();
    zr.prepare(user, 20, 22, vma).link(24, vma);
    const end = zr.zap(admin, 30, dev, [vma]);
    zr.action(user, 60, 70, vma, 0, 0);
    zr.unzap(admin, 200, dev);
    const result = s.judge();
    expectFindings(result, 'install-after-zap confirmed');
    const finding = only(result, 'install-after-zap');
    assert.equal(finding.pages, vma.pages);
    assert.ok(finding.t > end);
  });

  it('no hide flag, the action runs while the zap is over its VMA: possible at most', () => {
    const { s, dev, vma, user, admin } = prepared();
    zr.prepare(user, 20, 22, vma).link(24, vma);
    admin.call('zaprace_zap', 30, 80, { z: dev.vdev }, 0);
    admin
      .call('unmap_mapping_range', 31, 75, { mapping: dev.mapping, holebegin: 0, holelen: 0, even_cows: 1 })
      .visit(35, 70, vma);
    zr.action(user, 40, 60, vma, 0, 0);
    zr.unzap(admin, 200, dev);
    const result = s.judge();
    assert.deepEqual(said(result), ['install-after-zap possible']);
    expectVerdict(result, 'inconclusive');
  });

  it('hide flag: the zap waits in unmap_mapping_range and clears what the action populated: clean', () => {
    const { s, dev, vma, user, admin } = prepared();
    zr.prepare(user, 20, 22, vma).link(24, vma);
    zr.action(user, 40, 60, vma, 0, 1);
    admin.call('zaprace_zap', 30, 80, { z: dev.vdev }, 0);
    admin
      .call('unmap_mapping_range', 31, 75, { mapping: dev.mapping, holebegin: 0, holelen: 0, even_cows: 1 })
      .visit(63, 70, vma);
    zr.unzap(admin, 200, dev);
    expectClean(s.judge());
  });

  it('hide flag, but the zap is over before the rmap insertion: install-after-zap', () => {
    const { s, dev, vma, user, admin } = prepared();
    zr.prepare(user, 20, 22, vma);
    zr.zap(admin, 30, dev);
    user.link(50, vma);
    zr.action(user, 60, 70, vma, 0, 1);
    zr.unzap(admin, 200, dev);
    expectFindings(s.judge(), 'install-after-zap confirmed');
  });

  it('compat path: the action populates inside .mmap, a zap before the rmap insertion misses it', () => {
    const { s, dev, vma, user, admin } = prepared();
    zr.mmap(user, 20, 40, vma);
    zr.prepare(user, 21, 23, vma);
    zr.action(user, 24, 34, vma, 1, 0);
    zr.zap(admin, 60, dev);
    user.link(100, vma);
    zr.unzap(admin, 200, dev);
    expectFindings(s.judge(), 'zap-missed-unlinked-vma confirmed');
  });

  it('compat path, and no zap in between: latent', () => {
    const { s, dev, vma, user, admin } = prepared();
    zr.mmap(user, 20, 40, vma);
    zr.prepare(user, 21, 23, vma);
    zr.action(user, 24, 34, vma, 1, 0).link(50, vma);
    zr.zap(admin, 60, dev, [vma]);
    zr.unzap(admin, 200, dev);
    const result = s.judge();
    expectFindings(result, 'populate-before-rmap confirmed');
    assert.equal(only(result, 'populate-before-rmap').severity, 'warning');
    assert.notEqual(result.verdict, 'violation');
  });

  it('.mapped refuses after a zap: the mapping is taken down, its PTEs were there for a moment', () => {
    const { s, dev, vma, user, admin } = prepared();
    zr.prepare(user, 20, 22, vma).link(24, vma);
    zr.zap(admin, 30, dev, [vma]);
    zr.action(user, 60, 70, vma, 0, 0);
    user.call(
      'zaprace_mapped',
      69.9,
      69.95,
      { start: addr(vma.start), end: addr(vma.start + vma.pages) },
      -16,
    );
    user.munmap(90, vma);
    zr.unzap(admin, 200, dev);
    const result = s.judge();
    expectFindings(result, 'install-after-zap confirmed');
    const finding = only(result, 'install-after-zap');
    assert.equal(finding.endedBy, 'unmap');
    assert.ok(finding.exposed < 25_000, `${finding.exposed} ns`);
  });

  it('a driver that refuses the mmap after a zap: no VMA, nothing to find', () => {
    const { s, dev, vma, user, admin } = prepared();
    zr.zap(admin, 30, dev);
    zr.prepare(user, 50, 52, vma, -16);
    zr.unzap(admin, 200, dev);
    expectFindings(s.judge());
  });
});

/** zaprace on 7.3 with one VMA that was populated properly and zapped once, so that all probes have fired. */
function prepared() {
  const s = scenario('7.3');
  const dev = s.device();
  const before = s.vma(dev, s.process(90), { pgoff: 0 });
  const user = s.cpu(0).task(100);
  const admin = s.cpu(1).task(200);
  const early = s.cpu(0).task(90);
  zr.prepare(early, 1, 2, before).link(3, before);
  zr.action(early, 4, 6, before);
  zr.zap(admin, 8, dev, [before]); // [8, 14]
  zr.unzap(admin, 15, dev);
  early.munmap(17, before);
  return { s, dev, vma: s.vma(dev, s.process(100), { pgoff: 0 }), user, admin };
}

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Probes } from '../scenarios/dsl.js';
import { scenario } from '../scenarios/dsl.js';
import { expectClean, expectFindings, expectVerdict, proven } from '../scenarios/expect.js';
import type { VmaObject } from '../scenarios/objects.js';
import { addr, vmaFields } from '../scenarios/objects.js';
import { bare, stage } from '../scenarios/stage.js';
import * as zr from '../scenarios/zaprace.js';

/** The race of the list mail, and a page fault of another VMA, so that inserts and their results are seen. */
function leak(probes: Probes) {
  const { s, dev, vma, other, user, admin } = bare('6.12', probes, { pgoff: 0 });
  zr.mmap(user, 5, 6, other).link(7, other);
  zr.fault(user, 10, 13, other, 0).insert(11, 12, other, 0);
  // .mmap [20, 70] populates [21, 23]; the zap comes before it returns
  zr.mmap(user, 20, 70, vma).remap(21, 23, vma).link(75, vma);
  zr.zap(admin, 40, dev, [other]);
  zr.unzap(admin, 180, dev);
  return s.judge();
}

describe('a real leak, and something is not recorded: never clean', () => {
  it('everything is recorded: confirmed', () => {
    expectFindings(leak({}), 'zap-missed-unlinked-vma confirmed');
  });

  it('the return of remap_pfn_range(): it is told after the zap, and may have succeeded', () => {
    const result = leak({ entryOnly: ['remap_pfn_range'] });
    expectFindings(result, 'zap-missed-unlinked-vma possible');
    expectVerdict(result, 'inconclusive');
  });

  it('the mmap callback: whose insert it was shows itself at the rmap insertion', () => {
    expectVerdict(leak({ without: ['zaprace_mmap'] }), 'inconclusive');
  });
});

describe('an mmap action whose insert is not recorded', () => {
  const actions = (without: string[]) => {
    const s = scenario('7.3', { without });
    const dev = s.device();
    const [vma, other] = [s.vma(dev, s.process(100), { pgoff: 0 }), s.vma(dev, s.process(101), { pgoff: 0 })];
    const user = s.cpu(0).task(100);
    const admin = s.cpu(1).task(200);
    s.munmapElsewhere(1);
    zr.mmap(s.cpu(2).task(101), 4, 5, other).link(6, other);
    zr.fault(s.cpu(2).task(101), 10, 14, other, 0).insert(11, 13, other, 0);
    zr.zap(admin, 20, dev, [other]);
    // It populates although the device is blocked.
    zr.prepare(user, 40, 42, vma);
    zr.action(user.link(44, vma), 50, 60, vma);
    zr.unzap(admin, 180, dev);
    return s.judge();
  };

  it('recorded: a stray', () => {
    expectFindings(actions([]), 'install-after-zap confirmed');
  });

  it('not recorded: not clean', () => {
    expectVerdict(actions(['remap_pfn_range_complete', 'remap_pfn_range_track']), 'inconclusive');
  });
});

/** vfio-pci of 6.1: the zap goes by a list of the VMAs that have faulted. */
function listed(without: string[]) {
  const s = scenario('6.1', { without });
  const dev = s.device();
  const mm = s.process(100);
  const [vma, other] = [s.vma(dev, mm), s.vma(dev, mm)];
  const user = s.cpu(0).task(100);
  const admin = s.cpu(1).task(200);
  s.munmapElsewhere(1);
  user.map(4, other).map(10, vma);
  user.handler(15, 18, other, 0).remap(16, 17, other);
  user.handler(20, 26, vma, 0).remap(21, 25, vma);
  const zap = (t: number, vmas: VmaObject[]): void => {
    admin.commandWrite(t, t + 30, dev, 0);
    admin.call('vfio_pci_zap_and_down_write_memory_lock', t + 1, t + 25, { vdev: dev.vdev });
    admin.call('vfio_pci_zap_and_vma_lock', t + 2, t + 20, { vdev: dev.vdev, try: 0 }, 1);
    [other, ...vmas].forEach((v, i) => admin.visit(t + 3 + 3 * i, t + 5 + 3 * i, v));
    admin.memoryOn(t + 60, dev);
  };
  return { s, dev, mm, vma, user, zap };
}

describe('fork and mremap give PTEs to a VMA that is not on the list', () => {
  for (const without of [[], ['move_page_tables']]) {
    it(`mremap, without [${without}]: not clean`, () => {
      const { s, dev, mm, vma, user, zap } = listed(without);
      const moved = s.vma(dev, mm, { pgoff: vma.pgoff });
      user.link(40, moved).movePages(41, 43, vma, moved).munmap(44, vma);
      zap(100, []);
      s.goesOn();
      expectVerdict(s.judge(), without.length === 0 ? 'violation' : 'inconclusive');
    });
  }

  for (const without of [[], ['copy_page_range']]) {
    it(`fork, without [${without}]: not clean`, () => {
      const { s, dev, vma, user, zap } = listed(without);
      const child = s.vma(dev, s.process(101), { start: vma.start });
      user.fork(40, child, vma);
      zap(100, [vma]);
      s.goesOn();
      expectVerdict(s.judge(), without.length === 0 ? 'violation' : 'inconclusive');
    });
  }

  it('a zap through the rmap walks what it does not know of: clean', () => {
    const { s, dev, vma, user, admin } = stage('6.12', { without: ['copy_page_range', 'move_page_tables'] });
    const child = s.vma(dev, s.process(101), { start: vma.start });
    const moved = s.vma(dev, vma.mm, { pgoff: vma.pgoff });
    user.fork(30, child, vma).link(35, moved).movePages(36, 38, vma, moved).munmap(40, vma);
    admin.memoryOff(50, dev, [child, moved]);
    user.refused(80, moved, 0);
    admin.memoryOn(180, dev);
    expectClean(s.judge());
  });
});

describe('arguments that are not recorded', () => {
  it('copy_page_range() without the child: no VMA is made up', () => {
    const { s, dev, vma, user, admin } = stage();
    const child = s.vma(dev, s.process(101), { start: vma.start });
    user.linkAfter(30, child, vma).call('copy_page_range', 31, 33, { src: vma.pointer }, 0);
    admin.memoryOff(50, dev, [vma, child]);
    user.refused(80, vma, 0);
    admin.memoryOn(180, dev);
    const result = s.judge();
    expectFindings(result);
    assert.equal(result.vmas.length, 2);
  });

  it('fork of a VMA at a recycled pointer, which no record has shown: it has not what the old one had', () => {
    const s = scenario('6.12', { without: ['remove_vma', 'unmap_page_range'] });
    const dev = s.device();
    const vma = s.vma(dev, s.process(100), { pgoff: 0 });
    const user = s.cpu(0).task(100);
    const admin = s.cpu(1).task(200);
    zr.mmap(user, 10, 11, vma).link(12, vma);
    zr.fault(user, 20, 24, vma, 0).insert(21, 23, vma, 0);
    // Its last record: the task ends with its munmap.
    user.unlink(30, vma);
    const again = s.vma(dev, s.process(101), { pointer: vma.pointer });
    const child = s.vma(dev, s.process(102), { start: again.start });
    zr.zap(admin, 40, dev);
    s.cpu(2).task(101).copyPages(70, 72, child, again);
    zr.unzap(admin, 180, dev);
    assert.deepEqual(proven(s.judge()), []);
  });

  it('the return of a query without its value says neither yes nor no', () => {
    const { s, dev, vma, user, admin } = stage();
    admin.memoryOff(40, dev, [vma]);
    user.refused(60, vma, 0);
    admin.memoryOn(80, dev);
    // Without a value of its own it must not be taken for the one before it, which said no.
    const other = s.cpu(2).task(102);
    other.handler(100, 105, vma, 0).insert(102, 103, vma, 0);
    s.cpu(3).task(300).query(101.3, s.device('elsewhere'), 0);
    s.items.push({
      ...{ t: 101_500, cpu: 2, pid: 102, comm: 'task102', name: 'query_without_value' },
      ...{ symbol: '__vfio_pci_memory_enabled', isReturn: true, shape: 'probe', fields: {} },
    });
    expectFindings(s.judge());
  });

  /** vm_ops->open of the VMA that is being split off clears its PTEs: 6.1, before it is in the rmap. */
  function openOfSplit(fields: (upper: VmaObject) => Record<string, bigint | number>, probes: Probes = {}) {
    const s = scenario('6.1', probes);
    const dev = s.device();
    const mm = s.process(100);
    const vma = s.vma(dev, mm);
    const user = s.cpu(0).task(100);
    const admin = s.cpu(1).task(200);
    s.munmapElsewhere(1);
    user.map(10, vma);
    user.handler(20, 26, vma, 0).remap(21, 25, vma);
    const upper = s.vma(dev, mm, { start: vma.start + 8, pages: 8, pgoff: vma.pgoff + 8 });
    user.call('zap_vma_ptes', 30, 31, { vma: upper.pointer, ...fields(upper) });
    user
      .link(32, upper)
      .unlink(33, vma)
      .link(34, { ...vma, pages: 8 });
    admin.commandWrite(100, 130, dev, 0);
    admin.call('vfio_pci_zap_and_down_write_memory_lock', 101, 125, { vdev: dev.vdev });
    admin.call('vfio_pci_zap_and_vma_lock', 102, 120, { vdev: dev.vdev, try: 0 }, 1);
    admin.visit(103, 105, { ...vma, pages: 8 });
    admin.memoryOn(180, dev);
    return s.judge();
  }
  const range = (v: VmaObject) => ({ addr: addr(v.start), size: addr(v.pages) });

  it('PTEs cleared in a VMA that is being split off, by its address or by its range', () => {
    expectFindings(openOfSplit((v) => ({ ...range(v), ...vmaFields(v) })));
    expectFindings(openOfSplit(vmaFields));
  });

  it('the same, and whose address space it is, is not recorded: nothing is proven', () => {
    assert.deepEqual(proven(openOfSplit(range)), []);
  });

  it('the same, and the insert has no return: it was over by then', () => {
    expectFindings(
      openOfSplit((v) => ({ ...range(v), ...vmaFields(v) }), {
        entryOnly: ['remap_pfn_range'],
        without: ['vfio_pci_mmap_fault'],
      }),
    );
  });
});

describe('functions that are not recorded', () => {
  it('a split: after munmap of a part, the rest may have another vm_area_struct', () => {
    const { s, dev, vma, user, admin } = stage('6.12', {
      without: ['vma_interval_tree_insert', 'vma_interval_tree_remove', 'remove_vma'],
    });
    const other = s.vma(dev, vma.mm);
    user.map(25, other).faultIn(30, other, 0);
    // The upper half keeps the vm_area_struct, and is unmapped with it; the lower half has a new one.
    user.unmapPages(40, vma, 8, 8);
    const lower = s.vma(dev, vma.mm, { start: vma.start, pages: 8, pgoff: vma.pgoff });
    admin.memoryOff(50, dev, [other, lower]);
    user.refused(80, other, 3);
    admin.memoryOn(180, dev);
    const result = s.judge();
    assert.deepEqual(proven(result), []);
    expectVerdict(result, 'inconclusive');
  });
});

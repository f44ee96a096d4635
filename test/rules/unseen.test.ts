import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Probes } from '../scenarios/dsl.js';
import { scenario } from '../scenarios/dsl.js';
import { expectClean, expectFindings, expectVerdict, proven } from '../scenarios/expect.js';
import { addr, vmaFields } from '../scenarios/objects.js';
import type { Result } from '../scenarios/recording.js';
import { bare, stage } from '../scenarios/stage.js';
import * as zr from '../scenarios/zaprace.js';

/** Inconclusive, and the coverage note names the function to probe. */
function expectAdvice(result: Result, rule: string, symbol: string): void {
  expectVerdict(result, 'inconclusive');
  assert.match(result.advice.get(rule)?.join() ?? '', new RegExp(`\\b${symbol}\\b`));
}

/** A driver that faults `other` in, and maps `vma` while someone else zaps, or before that. */
function mapping(mapped: number, probes: Probes = {}) {
  const { s, dev, mm, vma, other, user, admin } = bare('6.12', probes, { pgoff: 0 });
  zr.mmap(user, 5, 6, other).link(7, other);
  zr.fault(user, 10, 13, other, 0).insert(11, 12, other, 0);
  zr.mmap(user, mapped, mapped + 4, vma).link(mapped + 5, vma);
  zr.zap(admin, 50, dev, mapped < 40 ? [other, vma] : [other]);
  zr.unzap(admin, 180, dev);
  return { s, dev, mm, user, admin };
}

describe('a driver that may populate in .mmap, and remap_pfn_range() does not occur', () => {
  it('the VMA was mapped before the zap, which found it: clean', () => {
    expectClean(mapping(20).s.judge());
  });

  it('a zap came between .mmap and the rmap: not clean', () => {
    const result = mapping(48).s.judge();
    expectAdvice(result, 'zap-missed-unlinked-vma', 'remap_pfn_range');
  });

  it('the zap came before, and the device is blocked still: not clean', () => {
    expectAdvice(mapping(80).s.judge(), 'install-after-zap', 'remap_pfn_range');
  });

  it('the same, and only the rmap insertion is recorded', () => {
    for (const t of [50, 80]) {
      expectVerdict(mapping(t, { without: ['zaprace_mmap'] }).s.judge(), 'inconclusive');
    }
  });

  it('another driver`s remap_pfn_range(), or its description, shows that it would be seen: clean', () => {
    const other = mapping(80);
    const far = other.s.vma(other.s.device('far'), other.s.process(300));
    other.s.cpu(3).task(300).remap(2, 3, far).link(4, far);
    expectClean(other.s.judge());
    const { s } = mapping(80);
    const described = ['remap_pfn_range', 'copy_page_range', 'vmf_insert_pfn'];
    expectClean(s.judge({ described }));
    // The function that mmap actions populate with is another one.
    expectVerdict(s.judge({ described: ['remap_pfn_range_complete'] }), 'inconclusive');
  });

  it('.mmap failed: there is nothing left', () => {
    const { s, dev, mm, user } = mapping(20);
    zr.mmap(user, 80, 84, s.vma(dev, mm, { pgoff: 0 }), -12);
    expectClean(s.judge());
  });

  it('it is .mmap whose entry is not recorded, and it populates before the zap', () => {
    const { s, dev, mm, user, admin } = mapping(20, { returnOnly: ['zaprace_mmap'], returnArguments: true });
    const vma = s.vma(dev, mm, { pgoff: 0 });
    user.remap(201, 203, vma);
    zr.mmap(user, 200, 220, vma).link(221, vma);
    zr.zap(admin, 205, dev);
    zr.unzap(admin, 300, dev);
    expectVerdict(s.judge(), 'inconclusive');
  });
});

/** A VMA that was there before the trace, whose file is not recorded, and one that is known. */
function unknownFile(without: string[]) {
  const { s, dev, vma, admin } = stage('6.12', { without });
  const old = s.vma(dev, s.process(300));
  admin.memoryOff(40, dev, [vma]);
  const { pointer } = old;
  s.cpu(3)
    .task(300)
    .call('vmf_insert_pfn', 62, 63, { vma: pointer, addr: addr(old.start), pfn: 5 }, 0x100);
  admin.memoryOn(180, dev);
  return s.judge();
}

describe('inserts without a sign of a driver, in a VMA whose file is not recorded', () => {
  it('the driver`s fault handler is recorded: another driver`s, as the vDSO`s are', () => {
    expectClean(unknownFile([]));
  });

  it('another driver, of whose devices none was zapped, need not be recorded: clean', () => {
    const { s, dev, vma, admin } = stage();
    const gem = s.vma(s.device('gem'), s.process(300));
    const far = s.cpu(3).task(300);
    const fields = { vma: gem.pointer, ...vmaFields(gem), mapping: gem.dev.mapping };
    far.call('drm_gem_mmap', 30, 31, fields, 0).link(32, gem);
    far.insert(34, 35, s.vma(s.device('far'), s.process(300)), 0);
    admin.memoryOff(40, dev, [vma]).memoryOn(180, dev);
    expectClean(s.judge());
  });

  it('it is not: not clean', () => {
    const result = unknownFile(['vfio_pci_mmap_huge_fault', '__vfio_pci_memory_enabled']);
    expectAdvice(result, 'install-after-zap', 'vfio_pci_mmap_huge_fault');
  });

  it('an insert that names no VMA, outside of any handler: not clean', () => {
    const { s, dev, vma, user, admin } = stage('6.12', { without: ['vfio_pci_mmap_huge_fault'] });
    admin.memoryOff(40, dev, [vma]);
    user.call('vmf_insert_pfn_pmd', 60, 61, { vmf: s.pointer(), pfn: 0x280000, write: 0 }, 0x100);
    admin.memoryOn(180, dev);
    expectAdvice(s.judge(), 'install-after-zap', 'vfio_pci_mmap_huge_fault');
  });

  it('it maps another file: clean', () => {
    const { s, dev, vma, admin } = stage('6.12', { without: ['vfio_pci_mmap_huge_fault'] });
    const far = s.vma(s.device('far'), s.process(300));
    s.cpu(3).task(300).remap(31, 32, far).link(33, far).insert(34, 35, far, 0);
    admin.memoryOff(40, dev, [vma]).memoryOn(180, dev);
    expectClean(s.judge());
  });

  it('vfio_pci_vmf_insert_pfn() is around it: it is the driver`s', () => {
    const s = scenario('7.3');
    const dev = s.device();
    const vma = s.vma(dev, s.process(100));
    const user = s.cpu(0).task(100);
    const admin = s.cpu(1).task(200);
    s.munmapElsewhere(1);
    const at = { vdev: dev.vdev, vma: vma.pointer, addr: addr(vma.start), pfn: 5, order: 0 };
    user.call('vfio_pci_vmf_insert_pfn', 10, 14, at, 0x100).insert(11, 13, vma, 0);
    admin.memoryOff(40, dev, [vma]).memoryOn(80, dev);
    const result = s.judge();
    assert.equal(result.analysis.installs, 1);
    assert.deepEqual(proven(result), []);
  });
});

/** vfio-pci of 6.1: one VMA on the list. A fork copies it, or nothing happens to it. */
function list(without: string[], described?: string[], forks = false) {
  const s = scenario('6.1', { without });
  const dev = s.device();
  const vma = s.vma(dev, s.process(100));
  const user = s.cpu(0).task(100);
  const admin = s.cpu(1).task(200);
  s.munmapElsewhere(1);
  user.map(4, vma).handler(10, 14, vma, 0).remap(11, 13, vma);
  if (forks) user.fork(20, s.vma(dev, s.process(101), { start: vma.start }), vma);
  admin.commandWrite(40, 60, dev, 0);
  admin.call('vfio_pci_zap_and_vma_lock', 42, 56, { vdev: dev.vdev, try: 0 }, 1).visit(44, 46, vma);
  admin.memoryOn(180, dev);
  return s.judge({ described });
}

describe('a zap by a list of VMAs', () => {
  const COPIES = ['vma_interval_tree_insert_after', 'copy_page_range'];
  const LINKS = ['vma_interval_tree_insert', 'move_page_tables'];

  it('text that has the rmap in it: clean', () => expectClean(list([])));

  it('neither the rmap nor fork and mremap are recorded: a copy would not be seen', () => {
    for (const forks of [false, true])
      expectAdvice(list([...COPIES, ...LINKS], undefined, forks), 'zap-skipped-vma', 'copy_page_range');
  });

  it('a trace.dat tells what is recorded: one of fork`s two, and one of mremap`s', () => {
    expectVerdict(list(COPIES, [...LINKS]), 'inconclusive');
    expectVerdict(list(['vma_interval_tree_insert'], [...COPIES]), 'inconclusive');
    for (const fork of COPIES)
      for (const mremap of LINKS) expectClean(list([], [fork, mremap, 'vmf_insert_pfn']));
  });
});

describe('half of a function`s probes', () => {
  it('a trace.dat describes the return of what unblocks, and nothing its entry: nothing is proven', () => {
    const s = scenario('6.12', { returnOnly: ['zaprace_unzap'] });
    const dev = s.device();
    const vma = s.vma(dev, s.process(100), { pgoff: 0 });
    const user = s.cpu(0).task(100);
    zr.mmap(user, 10, 12, vma).link(13, vma);
    zr.zap(s.cpu(1).task(200), 40, dev, [vma]);
    zr.unzap(s.cpu(1).task(200), 60, dev);
    zr.fault(user, 80, 84, vma, 0).insert(81, 83, vma, 0);
    expectFindings(s.judge({ described: ['zaprace_unzap_ret'] }));
  });

  it('inserts without their entries: when they began is not known', () => {
    const { s, dev, vma, user, admin } = stage('6.12', {
      returnOnly: ['vmf_insert_pfn'],
      returnArguments: true,
    });
    admin.memoryOff(40, dev, [vma]);
    user.insert(60, 61, vma, 3);
    admin.memoryOn(180, dev);
    expectAdvice(s.judge(), 'install-after-zap', 'vmf_insert_pfn');
  });
});

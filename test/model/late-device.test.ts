import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { scenario } from '../scenarios/dsl.js';
import { expectFindings, expectVerdict, proven } from '../scenarios/expect.js';
import { vmaFields } from '../scenarios/objects.js';
import * as zr from '../scenarios/zaprace.js';

describe('a VMA whose device shows itself late', () => {
  it('what it held before a zap may have been walked by it: fork copies nothing that is certain', () => {
    // No mmap callback, no rmap insertion but that of fork (which tells the root only), no walks.
    const s = scenario('6.12', {
      without: ['zaprace_mmap', 'vma_interval_tree_insert', 'zap_page_range_single'],
    });
    const dev = s.device();
    const [vma, known] = [s.vma(dev, s.process(100), { pgoff: 0 }), s.vma(dev, s.process(101), { pgoff: 0 })];
    const child = s.vma(dev, s.process(102), { start: vma.start, pgoff: 0 });
    const grandchild = s.vma(dev, s.process(103), { start: known.start, pgoff: 0 });
    const user = s.cpu(0).task(100);
    const admin = s.cpu(1).task(200);
    s.munmapElsewhere(1);
    zr.fault(user, 10, 14, vma, 0).insert(11, 13, vma, 0);
    // One that forks shows whose root it is.
    zr.mmap(s.cpu(2).task(101), 20, 21, known);
    s.cpu(2)
      .task(101)
      .call('vfio_pci_core_mmap', 22, 23, { vma: known.pointer, mapping: dev.mapping }, 0)
      .linkAfter(25, known, known)
      .fork(30, grandchild, known);
    zr.zap(admin, 50, dev, [vma, known, grandchild]);
    user.fork(80, child, vma);
    zr.unzap(admin, 180, dev);
    assert.deepEqual(proven(s.judge()), []);
  });
});

describe('installs and zaps that were not held against each other', () => {
  it('the trace is not clean', () => {
    const s = scenario('6.12', { without: ['zaprace_mmap'] });
    const dev = s.device();
    const vma = s.vma(dev, s.process(100), { pgoff: 0 });
    const user = s.cpu(0).task(100);
    const admin = s.cpu(1).task(200);
    s.munmapElsewhere(1);
    zr.zap(admin, 20, dev);
    // Only its root is told, which no VMA of the device has shown.
    user.call('vma_interval_tree_insert', 40, null, {
      vma: vma.pointer,
      root: dev.mapping + 72n,
      vm_start: vma.start * 4096,
      vm_end: (vma.start + vma.pages) * 4096,
      pgoff: 0,
      mm: vma.mm.pointer,
    });
    // A stray: the device is blocked since 20.
    zr.fault(user, 50, 60, vma, 0).insert(52, 58, vma, 0);
    zr.zap(admin, 80, dev, [vma]);
    zr.unzap(admin, 180, dev);
    const result = s.judge();
    expectFindings(result);
    expectVerdict(result, 'inconclusive');
  });
});

describe('two names turn out to be one device', () => {
  it('what goes on with it goes on: an unblock that ran when the zap got the lock', () => {
    const s = scenario('6.12');
    const dev = s.device();
    const vma = s.vma(dev, s.process(100), { pgoff: 0 });
    const user = s.cpu(0).task(100);
    s.munmapElsewhere(1);
    // The mapping is known by its VMA, the driver's struct by its functions: the zap below is the first that names both.
    user.call('vfio_pci_core_mmap', 5, 6, { vma: vma.pointer, mapping: dev.mapping, ...vmaFields(vma) }, 0);
    user.link(7, vma);
    s.cpu(1).task(200).call('zaprace_unzap', 20, 60, { z: dev.vdev }, 0);
    zr.zap(s.cpu(2).task(201), 30, dev, [vma]);
    // The unblock waited for the zap, or the other way round.
    zr.fault(user, 70, 76, vma, 0).insert(72, 74, vma, 0);
    zr.unzap(s.cpu(2).task(201), 180, dev);
    assert.deepEqual(proven(s.judge()), []);
  });
});

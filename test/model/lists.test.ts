import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { scenario } from '../scenarios/dsl.js';
import { expectFindings, proven } from '../scenarios/expect.js';

/** Up to 6.9: a zap [40, 60] by list, which has been to the VMA by 46 and then goes to another one. */
function listZap() {
  const s = scenario('6.1', { without: ['vmf_insert_pfn'] });
  const dev = s.device();
  const [vma, other] = [s.vma(dev, s.process(100)), s.vma(dev, s.process(101))];
  const user = s.cpu(0).task(100);
  const admin = s.cpu(1).task(200);
  s.munmapElsewhere(1);
  user.map(4, vma);
  s.cpu(2).task(101).map(8, other).handler(15, 19, other, 0).remap(16, 18, other);
  admin.call('vfio_pci_core_ioctl_feature', 38, 64, { vdev: dev.vdev, flags: 0x20003 }, 0);
  admin.call('vfio_pci_zap_and_vma_lock', 40, 60, { vdev: dev.vdev, try: 0 }, 1);
  admin.visit(42, 46, vma).visit(50, 54, other);
  admin.call('vfio_pci_core_ioctl_feature', 180, 182, { vdev: dev.vdev, flags: 0x20005 }, 0);
  return { s, dev, vma, user };
}

describe('installs while a zap goes through a list of VMAs', () => {
  it('behind the walk of the VMA, before the list is at its end: it stays', () => {
    const { s, vma, user } = listZap();
    user.handler(30, 58, vma, 0).remap(50, 56, vma);
    expectFindings(s.judge(), 'install-after-zap confirmed');
  });

  it('a handler that overlaps the walk, its insert not recorded, and a fork: nothing is proven', () => {
    const { s, dev, vma, user } = listZap();
    user.call(
      'vfio_pci_mmap_huge_fault',
      30,
      58,
      { vma: vma.pointer, addr: vma.start * 4096, order: 0 },
      0x100,
    );
    user.fork(80, s.vma(dev, s.process(102), { start: vma.start }), vma);
    assert.deepEqual(proven(s.judge()), []);
  });
});

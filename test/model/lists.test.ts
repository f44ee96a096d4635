import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type Scenario, scenario } from '../scenarios/dsl.js';
import { expectFindings, expectVerdict, proven } from '../scenarios/expect.js';
import type { Dev } from '../scenarios/objects.js';

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

describe('a zap by a list, whose lock comes when the list is empty', () => {
  const blocks = (s: Scenario, dev: Dev, t: number, pid = 200, to = t + 20) =>
    s
      .cpu(1)
      .task(pid)
      .call('vfio_pci_core_ioctl_feature', t, to + 2, { vdev: dev.vdev, flags: 0x20003 }, 0)
      .call('vfio_pci_zap_and_vma_lock', t + 1, to, { vdev: dev.vdev, try: 0 }, 1);

  it('while one runs, and another cause has just ended, faults go through: nothing is found', () => {
    const s = scenario('6.1');
    const dev = s.device();
    const vma = s.vma(dev, s.process(100));
    const user = s.cpu(0).task(100);
    s.munmapElsewhere(0);
    user.map(5, vma);
    // D3hot is over while LOW_POWER_ENTRY still goes through the list.
    const other = s.cpu(2).task(201);
    other.call('vfio_pm_config_write', 10, 20, { vdev: dev.vdev, pos: 0x44, count: 2, offset: 4, val: 3 }, 2);
    other.call('vfio_pci_zap_and_vma_lock', 11, 14, { vdev: dev.vdev, try: 0 }, 1);
    blocks(s, dev, 30, 200, 80).visit(70, 75, vma);
    other.call('vfio_pm_config_write', 40, 44, { vdev: dev.vdev, pos: 0x44, count: 2, offset: 4, val: 0 }, 2);
    user.handler(50, 58, vma, 0).query(51, dev, 1).remap(52, 56, vma);
    expectFindings(s.judge());
  });

  it('an insert when it has returned, before the call that blocks has: it stays', () => {
    const s = scenario('5.10');
    const dev = s.device();
    const vma = s.vma(dev, s.process(100));
    const user = s.cpu(0).task(100);
    s.munmapElsewhere(0);
    user.map(5, vma);
    s.cpu(1)
      .task(200)
      .call('vfio_pm_config_write', 10, 40, { vdev: dev.vdev, pos: 0x44, count: 2, offset: 4, val: 3 }, 2)
      .call('vfio_pci_zap_and_vma_lock', 12, 20, { vdev: dev.vdev, try: 0 }, 1)
      .visit(14, 16, vma);
    user.handler(8, 36, vma, 0).remap(24, 30, vma);
    expectFindings(s.judge(), 'install-after-zap confirmed');
  });

  /** mremap has made a VMA that is on no list; then the device is zapped [60, 80]. */
  function moved(exits = true) {
    const s = scenario('6.1');
    const dev = s.device();
    const [old, vma] = [s.vma(dev, s.process(100)), s.vma(dev, s.process(100))];
    const user = s.cpu(0).task(100);
    if (exits) s.munmapElsewhere(0);
    user.map(5, old).handler(10, 20, old, 0).remap(12, 18, old);
    user.link(30, vma).movePages(32, 36, old, vma).munmap(38, old);
    const listed = s.vma(dev, s.process(300));
    s.cpu(2).task(300).map(2, listed).handler(40, 48, listed, 0).remap(42, 46, listed);
    blocks(s, dev, 60).visit(65, 67, listed);
    return { s, dev, vma, user };
  }

  it('an address space that exits when it is over may have had no user any more: a note', () => {
    const { s, user, vma } = moved();
    user.exitMmap(81, vma.mm);
    const result = s.judge();
    expectFindings(result);
    const [{ severity, missing }] = result.findings;
    assert.equal(severity, 'note');
    assert.match(missing.join(), /may have had no user left/);
    expectVerdict(result, 'inconclusive');
  });

  it('a record of its task in between shows that it had one', () => {
    const { s, user, vma } = moved();
    user.mark(90, 'still here').refused(95, vma, 3).exitMmap(100, vma.mm);
    expectFindings(s.judge(), 'zap-skipped-vma confirmed');
  });

  it('where exit is not recorded, only a fault of the address space shows that', () => {
    expectFindings(moved(false).s.judge());
    const { s, dev, user, vma } = moved(false);
    user.munmap(40, s.vma(dev, vma.mm));
    const other = s.vma(dev, vma.mm);
    user.map(45, other).refused(95, other, 0);
    expectFindings(s.judge(), 'zap-skipped-vma confirmed');
  });

  it('what another zap of the device is at is not skipped', () => {
    const s = scenario('6.1', { entryOnly: ['zap_vma_ptes'] });
    const dev = s.device();
    const vma = s.vma(dev, s.process(100));
    const user = s.cpu(0).task(100);
    s.munmapElsewhere(0);
    user.map(5, vma).handler(10, 20, vma, 0).remap(12, 18, vma);
    blocks(s, dev, 30, 200, 80).visit(40, 44, vma);
    const other = s.cpu(2).task(201);
    other.call('vfio_pci_zap_and_vma_lock', 50, 60, { vdev: dev.vdev, try: 0 }, 1);
    expectFindings(s.judge());
  });

  it('an exit that does not tell whose it is: a note', () => {
    for (const t of [55, 81]) {
      const { s } = moved();
      s.cpu(3).task(400).call('exit_mmap', t, null, {});
      const result = s.judge();
      expectFindings(result);
      expectVerdict(result, 'inconclusive');
    }
  });

  it('a call that blocks and whose return is missing blocks no more when another has enabled the device', () => {
    for (const how of [{ entryOnly: ['vfio_pci_core_ioctl_feature'] }, {}]) {
      const s = scenario('6.1', how);
      const dev = s.device();
      const vma = s.vma(dev, s.process(100));
      const user = s.cpu(0).task(100);
      const [admin, other] = [s.cpu(1).task(200), s.cpu(2).task(201)];
      const lowPower = (task: typeof admin, from: number, to: number, on: boolean, lost = false) =>
        task.call(
          'vfio_pci_core_ioctl_feature',
          from,
          to,
          { vdev: dev.vdev, flags: on ? 0x20003 : 0x20005 },
          0,
          { lostReturn: lost },
        );
      s.munmapElsewhere(0);
      user.map(1, vma);
      lowPower(admin, 10, 20, true, true);
      admin.call('vfio_pci_zap_and_vma_lock', 11, 18, { vdev: dev.vdev, try: 0 }, 1, { lostReturn: true });
      lowPower(other, 30, 32, false);
      // The next one is still at the list, and what the task does next closes the call of before.
      lowPower(other, 40, 200, true);
      other.call('vfio_pci_zap_and_vma_lock', 41, 190, { vdev: dev.vdev, try: 0 }, 1);
      admin.call('vfio_pci_core_ioctl', 50, 60, { vdev: dev.vdev, cmd: 0x3b6f }, 0);
      admin.call('vfio_pci_zap_and_vma_lock', 51, 55, { vdev: dev.vdev, try: 0 }, 1);
      lowPower(admin, 70, 72, true);
      user.handler(80, 90, vma, 0).query(82, dev, 1).remap(84, 88, vma);
      other.visit(150, 160, vma);
      expectFindings(s.judge());
    }
  });
});

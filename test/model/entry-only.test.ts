import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { expectClean, expectFindings, proven, said } from '../scenarios/expect.js';
import { ALL_BARS } from '../scenarios/objects.js';
import { stage } from '../scenarios/stage.js';

/** LOW_POWER_ENTRY and _EXIT by their flags. */
const ENTRY = 0x20003;
const EXIT = 0x20005;

describe('a call of which only the entry is recorded', () => {
  it('low power is entered, and left by another task; the first task zaps again: not for low power', () => {
    const { s, dev, vma, user, admin } = stage('6.12', {
      entryOnly: ['vfio_pci_core_ioctl_feature'],
      without: ['vfio_basic_config_write', 'vfio_pci_zap_and_down_write_memory_lock'],
    });
    const second = s.cpu(2).task(201);
    admin.call('vfio_pci_core_ioctl_feature', 40, 50, { vdev: dev.vdev, flags: ENTRY });
    admin.zapOf(42, dev, [vma]);
    second.call('vfio_pci_core_ioctl_feature', 60, 62, { vdev: dev.vdev, flags: EXIT });
    // A write to COMMAND, and one that enables memory again at 90: none of it is recorded.
    admin.memoryOff(80, dev, [vma]);
    user.faultIn(100, vma, 0);
    assert.deepEqual(said(s.judge()), []);
  });

  it('the one that zaps twice on purpose: the second write blocks as well', () => {
    const { s, dev, vma, user, admin } = stage('6.12', { entryOnly: ['vfio_basic_config_write'] });
    admin.memoryOff(40, dev, [vma]).memoryOn(60, dev);
    user.faultIn(70, vma, 0);
    admin.memoryOff(80, dev, [vma]);
    user.refused(95, vma, 3).faultIn(110, vma, 1);
    admin.memoryOn(180, dev);
    expectFindings(s.judge(), 'install-after-zap possible');
  });

  it('a virtual function: the thread that wrote COMMAND faults, and the driver says that it may', () => {
    const { s, dev, vma, admin } = stage('6.12', { entryOnly: ['vfio_basic_config_write'] });
    admin.memoryOff(40, dev, [vma]);
    admin.handler(70, 75, vma, 0).query(71, dev, 1).insert(72, 73, vma, 0);
    admin.memoryOn(180, dev);
    expectClean(s.judge());
  });

  it('a zap without return, and a fault that waits for it: fork copies nothing that is certain', () => {
    const { s, dev, vma, user, admin } = stage('6.12', {
      entryOnly: ['unmap_mapping_range'],
      without: ['zap_page_range_single', 'vmf_insert_pfn', 'vfio_pci_zap_and_down_write_memory_lock'],
    });
    const child = s.vma(dev, s.process(101), { start: vma.start });
    // The lock was free until 41; the zap clears what the fault has installed.
    user.handler(38, 46, vma, 2);
    const zapped = { mapping: dev.mapping, holebegin: 0, holelen: ALL_BARS, even_cows: 1 };
    admin
      .call('vfio_pm_config_write', 40, 50, { vdev: dev.vdev, pos: 0x44, count: 2, offset: 4, val: 3 }, 2)
      .call('unmap_mapping_range', 42, null, zapped);
    user.fork(60, child, vma);
    admin.call(
      'vfio_pm_config_write',
      180,
      182,
      { vdev: dev.vdev, pos: 0x44, count: 2, offset: 4, val: 0 },
      2,
    );
    assert.deepEqual(proven(s.judge()), []);
  });
});

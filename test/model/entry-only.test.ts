import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Actor } from '../scenarios/actor.js';
import { SIGBUS } from '../scenarios/actor.js';
import { expectClean, expectFindings, proven, said } from '../scenarios/expect.js';
import { ALL_BARS } from '../scenarios/objects.js';
import { bare, stage } from '../scenarios/stage.js';
import * as zr from '../scenarios/zaprace.js';
import { d3hot, lowPower, onList, zap } from './list-stage.js';

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

  it('one that a task has left behind, and its next call, which is recorded whole, goes on until it returns', () => {
    const { s, dev, vma, user, tasks } = onList({
      entryOnly: ['vfio_pci_zap_and_down_write_memory_lock'],
      without: ['vfio_basic_config_write'],
    });
    const [admin, other] = tasks;
    const lock = (task: Actor, t: number) =>
      task.call('vfio_pci_zap_and_down_write_memory_lock', t, null, { vdev: dev.vdev });
    s.munmapElsewhere(0);
    user.handler(8, 14, vma, 0).remap(10, 12, vma);
    // A write to COMMAND that is not recorded itself, and is over; then D3hot, whose zap waits for a long time.
    zap(lock(admin, 20), dev, 22, 26).visit(23, 25, vma);
    zap(lock(d3hot(admin, dev, 40, 98, true), 42), dev, 44, 90).visit(84, 86, vma);
    // Low power comes and goes meanwhile: what is installed then was allowed.
    zap(lowPower(other, dev, 50, 62, true), dev, 51, 60);
    lowPower(other, dev, 64, 66, false);
    user.handler(70, 76, vma, 0).remap(72, 74, vma);
    assert.deepEqual(proven(s.judge()), []);
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

  for (const gone of [true, false]) {
    it(`fork, told when its task goes on${gone ? ', and the child has gone' : ''}: it has nothing that came later`, () => {
      const { s, dev, vma, user, admin } = stage('6.12', { entryOnly: ['copy_page_range'] });
      const child = s.vma(dev, s.process(101), { start: vma.start });
      const second = s.cpu(3).task(102);
      admin.memoryOff(26, dev, [vma]);
      second.refused(38, vma, 0);
      user.fork(40, child, vma);
      if (gone) s.cpu(2).task(101).unlink(44, child).free(45, child);
      admin.memoryOn(50, dev);
      second.faultIn(60, vma, 0);
      // The first record of the task that forked.
      user.faultIn(70, vma, 1);
      admin.memoryOff(80, dev, gone ? [vma] : [vma, child]);
      second.refused(100, vma, 0);
      admin.memoryOn(180, dev);
      const result = s.judge();
      expectClean(result);
      assert.equal(result.vmas.length, 2);
    });
  }

  it('.mmap of one VMA, and later an insert of another VMA by the same task: not in .mmap', () => {
    const probes = {
      entryOnly: ['zaprace_mmap'],
      without: ['zaprace_fault', 'vma_interval_tree_insert', 'zap_page_range_single'],
    };
    const { s, dev, vma, other, user, admin } = bare('6.12', probes, { pgoff: 0 });
    s.munmapElsewhere(1);
    // The other one's mmap was before the trace; a refused fault tells its device.
    const where = { vma: other.pointer, addr: other.start * 4096, vdev: dev.vdev };
    user.call('vfio_pci_mmap_huge_fault', 8, 9, where, SIGBUS);
    zr.mmap(user, 12, 13, vma);
    user.insert(20, 21, other, 0);
    zr.zap(admin, 40, dev, [vma, other]);
    zr.unzap(admin, 180, dev);
    assert.deepEqual(proven(s.judge()), []);
  });

  it('.mmap, and neither the rmap nor munmap is recorded: a VMA that a zap does not walk may be gone', () => {
    const probes = {
      entryOnly: ['zaprace_mmap'],
      without: [
        'zaprace_fault',
        'vma_interval_tree_insert',
        'vma_interval_tree_remove',
        'unmap_page_range',
        'remove_vma',
      ],
    };
    const { s, dev, vma, other, user, admin } = bare('6.12', probes, { pgoff: 0 });
    zr.mmap(s.cpu(2).task(101), 5, 6, other);
    zr.mmap(user, 10, 11, vma);
    user.insert(20, 21, vma, 0);
    user.munmap(30, vma);
    zr.zap(admin, 40, dev, [other]);
    zr.unzap(admin, 180, dev);
    assert.deepEqual(proven(s.judge()), []);
  });
});

describe('a call whose return is among lost records', () => {
  it('does not block the device again when its task zaps for another reason', () => {
    const { s, dev, vma, user, admin } = stage('6.12', {
      without: ['vfio_pci_zap_and_down_write_memory_lock', '__vfio_pci_memory_enabled'],
    });
    const d3 = (val: number) => ({ vdev: dev.vdev, pos: 0x44, count: 2, offset: 4, val });
    // Another call shows that returns are recorded.
    admin.call('vfio_pm_config_write', 10, 12, d3(0), 2);
    admin.call('vfio_pm_config_write', 40, 50, d3(3), 2, { lostReturn: true }).zapOf(42, dev, [vma]);
    // D0 again, the return above: lost on CPU 1, but its task has gone on elsewhere since.
    const moved = admin.on(2);
    moved.call('vfio_pci_core_ioctl_feature', 60, 62, { vdev: dev.vdev, flags: EXIT }, 0);
    s.lost(69, 1);
    s.cpu(1).task(300).query(70, s.device('elsewhere'), 1);
    moved.commandWrite(80, 90, dev, 0x400).zapOf(82, dev, [vma]);
    moved.memoryOn(100, dev);
    user.faultIn(110, vma, 0);
    assert.deepEqual(proven(s.judge()), []);
  });
});

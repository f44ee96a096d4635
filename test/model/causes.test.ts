import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Actor } from '../scenarios/actor.js';
import { scenario } from '../scenarios/dsl.js';
import { expectClean, expectFindings, expectVerdict, only, said } from '../scenarios/expect.js';
import type { Dev } from '../scenarios/objects.js';
import { stage } from '../scenarios/stage.js';

const powerWrite = (who: Actor, t: number, to: number, dev: Dev, state: number): Actor =>
  who.call('vfio_pm_config_write', t, to, { vdev: dev.vdev, pos: 0x44, count: 2, offset: 4, val: state }, 2);
const feature = (who: Actor, t: number, to: number, dev: Dev, flags: number, ret = 0): Actor =>
  who.call('vfio_pci_core_ioctl_feature', t, to, { vdev: dev.vdev, flags }, ret);
const ioctl = (who: Actor, t: number, to: number, dev: Dev, cmd: number, ret = 0): Actor =>
  who.call('vfio_pci_core_ioctl', t, to, { vdev: dev.vdev, cmd }, ret);

describe('what blocks a device, and what ends it (kernel facts §2)', () => {
  it('D3hot blocks until D0', () => {
    const { s, dev, vma, user, admin } = stage();
    powerWrite(admin, 40, 50, dev, 3).zapOf(42, dev, [vma]);
    user.refused(60, vma, 0);
    powerWrite(admin, 80, 82, dev, 0);
    user.faultIn(90, vma, 0);
    const result = s.judge();
    expectClean(result);
    assert.equal(result.zaps[0].cause, 'd3hot');
  });

  it('an insert in D3hot is certain: a virtual function has power states, too', () => {
    const { s, dev, vma, user, admin } = stage();
    powerWrite(admin, 40, 50, dev, 3).zapOf(42, dev, [vma]);
    user.faultIn(60, vma, 0);
    powerWrite(admin, 180, 182, dev, 0);
    expectFindings(s.judge(), 'install-after-zap confirmed');
  });

  it('causes are a set: MEM=1 in D3hot enables nothing', () => {
    const { s, dev, vma, user, admin } = stage();
    admin.memoryOff(30, dev, [vma]);
    powerWrite(admin, 45, 55, dev, 3).zapOf(47, dev, [vma]);
    admin.memoryOn(60, dev);
    user.faultIn(70, vma, 0); // wrong: still D3hot
    powerWrite(admin, 180, 182, dev, 0);
    const result = s.judge();
    assert.deepEqual(said(result), ['install-after-zap confirmed']);
    assert.equal(only(result, 'install-after-zap').endedBy, 're-enabled');
  });

  it('causes are a set: D0 with MEM=0 enables nothing', () => {
    const { s, dev, vma, user, admin } = stage();
    admin.memoryOff(30, dev, [vma]);
    user.refused(41, vma, 2);
    powerWrite(admin, 45, 55, dev, 3).zapOf(47, dev, [vma]);
    powerWrite(admin, 60, 62, dev, 0);
    user.faultIn(70, vma, 0); // wrong: memory is still disabled
    admin.memoryOn(180, dev);
    assert.deepEqual(said(s.judge()), ['install-after-zap confirmed']);
  });

  it('a refusal in D3hot does not show that MEM=0 blocks: the device may be a virtual function', () => {
    const { s, dev, vma, user, admin } = stage();
    powerWrite(admin, 30, 40, dev, 3).zapOf(32, dev, [vma]);
    user.handler(42, 44, vma, 2, 0x2);
    admin.memoryOff(45, dev, [vma]);
    powerWrite(admin, 60, 62, dev, 0);
    user.faultIn(70, vma, 0); // fine on a virtual function
    admin.memoryOn(180, dev);
    assert.deepEqual(
      said(s.judge()).filter((line) => line.endsWith('confirmed')),
      [],
    );
  });

  it('what an earlier window has shown of the function stays known: MEM=0 blocks a physical one', () => {
    const { s, dev, vma, user, admin } = stage();
    admin.memoryOff(30, dev, [vma]);
    user.refused(41, vma, 0);
    admin.memoryOn(50, dev).memoryOff(60, dev, [vma]);
    user.faultIn(75, vma, 0);
    admin.memoryOn(180, dev);
    expectFindings(s.judge(), 'install-after-zap confirmed');
  });

  it('low power: blocked from LOW_POWER_ENTRY to LOW_POWER_EXIT; faults are refused without a query', () => {
    const { s, dev, vma, user, admin } = stage();
    feature(admin, 40, 50, dev, 0x20003).zapOf(42, dev, [vma]);
    user.handler(60, 62, vma, 0, 0x2);
    feature(admin, 80, 84, dev, 0x20005);
    user.faultIn(90, vma, 0);
    const result = s.judge();
    expectClean(result);
    assert.equal(result.zaps[0].cause, 'low-power');
  });

  it('low power that is refused (-EBUSY) blocks nothing after its return', () => {
    const { s, dev, vma, user, admin } = stage();
    feature(admin, 40, 50, dev, 0x20003, -16).zapOf(42, dev, [vma]);
    user.faultIn(60, vma, 0);
    expectClean(s.judge());
  });

  it('LOW_POWER_ENTRY again while in low power zaps, fails with -EINVAL, and low power stays', () => {
    const { s, dev, vma, user, admin } = stage();
    feature(admin, 30, 38, dev, 0x20003).zapOf(32, dev, [vma]);
    feature(admin, 40, 50, dev, 0x20003, -22).zapOf(42, dev, [vma]);
    user.faultIn(60, vma, 0);
    feature(admin, 180, 184, dev, 0x20005);
    expectFindings(s.judge(), 'install-after-zap confirmed');
  });

  it('a trace that tells what is recorded: a way out of the cause that is not among it may have been taken', () => {
    const lowPower = (described: readonly string[]) => {
      const { s, dev, vma, user, admin } = stage();
      feature(admin, 40, 50, dev, 0x20004).zapOf(42, dev, [vma]);
      // A wakeup before it would make this insert legal.
      user.faultIn(60, vma, 0);
      feature(admin, 180, 184, dev, 0x20005);
      return s.judge({ described: ['vfio_pci_core_ioctl_feature', ...described] });
    };
    const note = lowPower([]);
    expectFindings(note);
    expectVerdict(note, 'inconclusive');
    assert.match(only(note, 'install-after-zap').missing.join(), /probe the functions that unblock it/);
    expectFindings(lowPower(['vfio_pci_core_runtime_resume']), 'install-after-zap confirmed');

    const d3hot = (described: readonly string[]) => {
      const { s, dev, vma, user, admin } = stage();
      powerWrite(admin, 40, 50, dev, 3).zapOf(42, dev, [vma]);
      user.faultIn(60, vma, 0);
      return s.judge({ described: ['vfio_pm_config_write', ...described] });
    };
    expectFindings(d3hot([]));
    for (const name of ['vfio_pci_set_power_state', 'vfio_pci_dma_buf_move'])
      expectFindings(d3hot([name]), 'install-after-zap confirmed');
  });

  it('a function that ends a cause, without the argument that tells whether it does', () => {
    for (const lacking of [[], ['flags']]) {
      const { s, dev, vma, user, admin } = stage('6.12', { lacking });
      feature(admin, 10, 12, dev, 0x20005);
      admin.call('vfio_pci_runtime_pm_entry', 40, 50, { vdev: dev.vdev }, 0).zapOf(42, dev, [vma]);
      user.faultIn(60, vma, 0);
      expectFindings(s.judge(), ...(lacking.length === 0 ? ['install-after-zap confirmed'] : []));
    }
  });

  it('a wakeup resume ends low power', () => {
    const { s, dev, vma, user, admin } = stage();
    feature(admin, 40, 50, dev, 0x20004).zapOf(42, dev, [vma]);
    user.handler(60, 62, vma, 0, 0x2);
    admin.call('vfio_pci_core_runtime_resume', 70, 74, { dev: s.pointer() }, 0);
    user.faultIn(90, vma, 0);
    expectFindings(s.judge());
  });

  it('VFIO_DEVICE_RESET: blocked while it runs, state as before', () => {
    const { s, dev, vma, user, admin } = stage();
    ioctl(admin, 40, 70, dev, 0x3b6f).zapOf(42, dev, [vma]);
    user.handler(48, 75, vma, 0).insert(69, 72, vma, 0); // waits for the lock, which is dropped before the return
    const result = s.judge();
    expectClean(result);
    assert.equal(result.zaps[0].cause, 'reset');
  });

  it('VFIO_DEVICE_RESET leaves D3hot', () => {
    const { s, dev, vma, user, admin } = stage();
    powerWrite(admin, 30, 40, dev, 3).zapOf(32, dev, [vma]);
    ioctl(admin, 50, 80, dev, 0x3b6f).zapOf(52, dev, [vma]);
    admin.call('vfio_pci_set_power_state', 60, 62, { vdev: dev.vdev, state: 0 }, 0);
    user.faultIn(90, vma, 0);
    expectClean(s.judge());
  });

  it('a function level reset by the PCIe capability blocks only while it runs', () => {
    const { s, dev, vma, user, admin } = stage();
    const write = { vdev: dev.vdev, pos: 0x78, count: 2, offset: 8, val: 0x8000 };
    admin.call('vfio_exp_config_write', 40, 70, write, 2).zapOf(42, dev, [vma]);
    user.faultIn(80, vma, 0);
    const result = s.judge();
    expectClean(result);
    assert.equal(result.zaps[0].cause, 'flr');
  });

  it('hot reset of three devices: each has its zap, all are free at the return', () => {
    const s = scenario('7.3');
    const devs = ['a', 'b', 'c'].map((name) => s.device(name));
    const mm = s.process(100);
    const user = s.cpu(0).task(100);
    const admin = s.cpu(1).task(200);
    const vmas = devs.map((dev) => s.vma(dev, mm));
    vmas.forEach((vma, i) => user.map(1 + 5 * i, vma).faultIn(20 + 5 * i, vma, 0));
    ioctl(admin, 40, 100, devs[0], 0x3b71).call(
      'vfio_pci_dev_set_hot_reset.constprop.0',
      42,
      98,
      { dev_set: 1n },
      0,
    );
    devs.forEach((dev, i) => {
      const t = 44 + 10 * i;
      admin
        .call('vfio_pci_dma_buf_move', t, t + 1, { vdev: dev.vdev, revoked: 1 })
        .zapOf(t + 2, dev, [vmas[i]]);
    });
    // up_write in reverse order, each after its move to 0
    [2, 1, 0].forEach((i, n) => {
      const t = 85 + 4 * n;
      admin
        .query(t, devs[i], 1)
        .call('vfio_pci_dma_buf_move', t + 1, t + 2, { vdev: devs[i].vdev, revoked: 0 });
    });
    user.handler(50, 92, vmas[2], 0).insert(90, 91, vmas[2], 0);
    vmas.forEach((vma, i) => user.faultIn(110 + 5 * i, vma, 0));
    const result = s.judge();
    expectClean(result);
    assert.equal(result.zaps.length, 3);
    assert.equal(new Set(result.zaps.map((zap) => zap.device)).size, 3);
    assert.deepEqual(
      result.zaps.map((zap) => zap.pagesCleared),
      [1, 1, 1],
    );
  });

  it('a command write that does not touch the COMMAND register changes nothing', () => {
    const { s, dev, vma, user, admin } = stage();
    admin.call(
      'vfio_basic_config_write',
      40,
      42,
      { vdev: dev.vdev, pos: 0xc, count: 1, offset: 0xc, val: 0 },
      1,
    );
    user.faultIn(50, vma, 1);
    admin.memoryOff(60, dev, [vma]);
    admin.call(
      'vfio_basic_config_write',
      75,
      77,
      { vdev: dev.vdev, pos: 0xc, count: 1, offset: 0xc, val: 2 },
      1,
    );
    user.refused(80, vma, 1).faultIn(90, vma, 0);
    admin.memoryOn(180, dev);
    expectFindings(s.judge(), 'install-after-zap confirmed');
  });

  it('a byte write to the upper half of COMMAND does not touch the memory bit', () => {
    const { s, dev, vma, user, admin } = stage();
    // pos 5: offset 4 + 1 in config space; the value is the upper byte
    admin.call('vfio_basic_config_write', 40, 42, { vdev: dev.vdev, pos: 5, count: 1, offset: 5, val: 0 }, 1);
    user.faultIn(50, vma, 1);
    const result = s.judge();
    expectFindings(result);
    assert.equal(result.zaps.length, 0);
  });

  it('MSI programming forces memory on for a moment: no enable', () => {
    const { s, dev, vma, user, admin } = stage();
    admin.memoryOff(40, dev, [vma]);
    user.refused(55, vma, 0);
    admin.call('vfio_pci_memory_lock_and_enable', 60, 61, { vdev: dev.vdev }, 0x400);
    admin.call('vfio_pci_memory_unlock_and_restore', 62, 63, { vdev: dev.vdev, cmd: 0x400 });
    user.faultIn(70, vma, 0);
    admin.memoryOn(180, dev);
    expectFindings(s.judge(), 'install-after-zap confirmed');
  });

  it('a query of 0 inside a fault that installs is a breach, with no argument of time', () => {
    const { s, dev, vma, user } = stage();
    user.faultIn(60, vma, 1).query(60.5, dev, 0);
    expectFindings(s.judge(), 'install-after-zap confirmed');
  });

  it('a zap behind a call that only unblocks, and whose return is missing, is not its, nor of its device', () => {
    const { s, vma, admin, user, dev } = stage('6.12', { returnOnly: ['vfio_pci_core_ioctl'] });
    const other = s.device('other');
    feature(admin, 30, 40, dev, 0x20003).zapOf(32, dev, [vma]);
    admin.call('vfio_pci_core_ioctl_feature', 50, 52, { vdev: dev.vdev, flags: 0x20005 }, 0, {
      lostReturn: true,
    });
    user.faultIn(60, vma, 0);
    // VFIO_DEVICE_RESET of another device, of whose VMAs nothing is known
    ioctl(admin, 70, 90, other, 0x3b6f).zap(72, 80, other);
    user.munmap(120, vma);
    expectFindings(s.judge());
  });

  it('a write-protected pair of zaps while blocked: the window began with the first', () => {
    const { s, dev, vma, user, admin } = stage();
    admin.memoryOff(30, dev, [vma]);
    user.refused(41, vma, 3).faultIn(45, vma, 0); // stray from 47
    admin.memoryOff(60, dev, [vma]); // [60, 68], walk [63, 65]
    admin.memoryOn(100, dev);
    const result = s.judge();
    expectFindings(result, 'install-after-zap confirmed');
    assert.equal(only(result, 'install-after-zap').endedBy, 'zap');
    assert.equal(only(result, 'install-after-zap').exposed, (63 - 47) * 1000);
  });

  it('an insert after the second zap has begun, before its walk: stray since the first zap', () => {
    const { s, dev, vma, user, admin } = stage();
    admin.memoryOff(30, dev, [vma]);
    user.refused(41, vma, 3);
    admin.commandWrite(60, 90, dev, 0).zap(62, 88, dev).visit(80, 86, vma);
    user.insert(64, 66, vma, 0); // both zaps hold the lock: it breaks the first one's window, too
    admin.memoryOn(100, dev);
    assert.ok(said(s.judge()).includes('install-zap-overlap confirmed'));
    assert.ok(said(s.judge()).includes('install-after-zap confirmed'));
  });
});

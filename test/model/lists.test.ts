import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type Probes, scenario } from '../scenarios/dsl.js';
import { expectFindings, expectVerdict, proven } from '../scenarios/expect.js';
import { d3hot, lowPower, onList, visited, zap } from './list-stage.js';

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
    s.goesOn();
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
  it('while one runs, and another cause has just ended, faults go through: nothing is found', () => {
    const { s, dev, vma, user, tasks } = onList();
    const [admin, other] = tasks;
    s.munmapElsewhere(0);
    // D3hot is over while LOW_POWER_ENTRY still goes through the list.
    zap(d3hot(other, dev, 10, 20, true), dev, 11, 14);
    zap(lowPower(admin, dev, 30, 82, true), dev, 31, 80).visit(70, 75, vma);
    d3hot(other, dev, 40, 44, false);
    user.handler(50, 58, vma, 0).query(51, dev, 1).remap(52, 56, vma);
    expectFindings(s.judge());
  });

  it('an insert when it has returned, before the call that blocks has: it stays', () => {
    const { s, dev, vma, user, tasks } = onList({}, '5.10');
    s.munmapElsewhere(0);
    zap(d3hot(tasks[0], dev, 10, 40, true), dev, 12, 20).visit(14, 16, vma);
    user.handler(8, 36, vma, 0).remap(24, 30, vma);
    expectFindings(s.judge(), 'install-after-zap confirmed');
  });

  /** mremap has made a VMA that is on no list; then the device is zapped [60, 80]. */
  function moved(exits = true, probes: Probes = {}) {
    const { s, dev, vma: old, user, tasks } = onList(probes);
    const vma = s.vma(dev, old.mm);
    if (exits) s.munmapElsewhere(0);
    user.handler(10, 20, old, 0).remap(12, 18, old);
    user.link(30, vma).movePages(32, 36, old, vma).munmap(38, old);
    const listed = s.vma(dev, s.process(300));
    s.cpu(2).task(300).map(2, listed).handler(40, 48, listed, 0).remap(42, 46, listed);
    zap(lowPower(tasks[0], dev, 60, 82, true), dev, 61, 80).visit(65, 67, listed);
    return { s, dev, vma, user, listed };
  }

  it('an address space that exits when it is over may have had no user any more: a note', () => {
    const { s, user, vma } = moved();
    user.exitMmap(81, vma.mm);
    const result = s.judge();
    expectFindings(result);
    const [{ severity, missing }] = result.findings;
    assert.equal(severity, 'note');
    assert.match(missing.join(), /may have had no user any more/);
    expectVerdict(result, 'inconclusive');
  });

  it('the same when the device has been enabled before that shows: the finding waits for it', () => {
    const { s, dev, user, vma } = moved();
    lowPower(s.cpu(1).task(201), dev, 84, 86, false);
    s.goesOn();
    expectFindings(s.judge(), 'zap-skipped-vma confirmed');
    user.exitMmap(90, vma.mm);
    expectFindings(s.judge());
    user.mark(85, 'still here').refused(88, vma, 3);
    expectFindings(s.judge(), 'zap-skipped-vma confirmed');
  });

  it('the same when its vm_area_struct is used again, and no record tells how it ended', () => {
    const { s, dev, vma } = moved();
    lowPower(s.cpu(1).task(201), dev, 84, 86, false);
    s.goesOn();
    const again = { ...s.vma(dev, s.process(500)), pointer: vma.pointer };
    s.cpu(3).task(500).map(90, again);
    expectFindings(s.judge());
  });

  it('the same when the device turns out to be a virtual function, which no memory enable bit blocks', () => {
    const { s, dev, vma, user, tasks } = visited();
    user.handler(30, 36, vma, 0).remap(32, 34, vma);
    zap(tasks[0].commandWrite(60, 74, dev, 0x400), dev, 62, 70);
    const other = s.cpu(2).task(300);
    const theirs = s.vma(dev, s.process(300));
    other.map(50, theirs);
    for (const t of [80, 90]) other.handler(t, t + 6, theirs, 0).query(t + 2, dev, 1);
    zap(tasks[1], dev, 100, 110);
    s.goesOn();
    expectFindings(s.judge(), 'zap-skipped-vma confirmed', 'zap-skipped-vma confirmed');
    user.exitMmap(120, vma.mm);
    expectFindings(s.judge());
  });

  it('with --follow, it is told when the process would have ended by then', () => {
    const { s, dev, user, vma } = moved();
    lowPower(s.cpu(1).task(201), dev, 84, 86, false);
    s.goesOn();
    expectFindings(s.judge({ live: true }), 'zap-skipped-vma confirmed');
    const late = moved();
    lowPower(late.s.cpu(1).task(201), late.dev, 84, 86, false);
    late.user.exitMmap(65_000, late.vma.mm);
    expectFindings(late.s.judge(), 'zap-skipped-vma confirmed');
    user.exitMmap(90, vma.mm);
    expectFindings(s.judge({ live: true }));
  });

  it('that exits are recorded shows later, in a text', () => {
    const { s, dev } = moved(false);
    lowPower(s.cpu(1).task(201), dev, 84, 86, false);
    expectFindings(s.judge());
    s.goesOn();
    s.cpu(3).task(400).exitMmap(90, s.process(400));
    expectFindings(s.judge(), 'zap-skipped-vma confirmed');
    // Its own exit is the first that shows.
    const own = moved(false);
    lowPower(own.s.cpu(1).task(201), own.dev, 84, 86, false);
    own.user.exitMmap(90, own.vma.mm);
    expectFindings(own.s.judge());
    // That may be among what was lost before exits showed.
    const lossy = moved(false);
    lossy.s
      .cpu(0)
      .task(500)
      .map(82, lossy.s.vma(lossy.dev, lossy.s.process(500)));
    lossy.s.lost(86, 0, 3);
    lossy.s.cpu(3).task(400).exitMmap(90, lossy.s.process(400));
    lossy.user.munmap(95, lossy.vma);
    expectFindings(lossy.s.judge());
  });

  it('a record of its task in between shows that it had one', () => {
    const { s, user, vma } = moved();
    user.mark(90, 'still here').refused(95, vma, 3).exitMmap(100, vma.mm);
    expectFindings(s.judge(), 'zap-skipped-vma confirmed');
  });

  it('the same when walks show to be recorded only after it has gone: a note, unless it went long after the zap', () => {
    for (const [exit, found] of [
      [44, []],
      [12_000, ['zap-skipped-vma confirmed']],
    ] as const) {
      const { s, dev, vma, user, tasks } = onList();
      s.munmapElsewhere(0);
      user.handler(10, 20, vma, 0).remap(12, 18, vma);
      zap(lowPower(tasks[0], dev, 30, 42, true), dev, 31, 40);
      user.exitMmap(exit, vma.mm);
      const other = s.vma(dev, s.process(300));
      s.cpu(3).task(300).map(12_100, other);
      zap(tasks[1], dev, 12_200, 12_210).visit(12_202, 12_204, other);
      expectFindings(s.judge(), ...found);
    }
  });

  it('where exit is not recorded, only a fault of the address space shows that', () => {
    expectFindings(moved(false).s.judge());
    const { s, dev, user, vma } = moved(false);
    user.munmap(40, s.vma(dev, vma.mm));
    const other = s.vma(dev, vma.mm);
    user.map(45, other).refused(95, other, 0);
    expectFindings(s.judge(), 'zap-skipped-vma confirmed');
  });

  it('a later zap of the blocked device does not keep it from showing that of the earlier one', () => {
    const { s, dev, user, vma, listed } = moved(false);
    const again = s.cpu(4).task(400);
    zap(d3hot(again, dev, 84, 92, true), dev, 85, 90).visit(86, 87, listed);
    expectFindings(s.judge());
    user.refused(96, vma, 3);
    expectFindings(s.judge(), 'zap-skipped-vma confirmed', 'zap-skipped-vma confirmed');
  });

  it('a fault of which nothing tells whose it is does not', () => {
    const { s, listed } = moved(false, { lacking: ['mm'] });
    s.cpu(2).task(300).refused(95, listed, 0);
    expectFindings(s.judge());
  });

  it('what another zap of the device is at is not skipped', () => {
    const { s, dev, vma, user, tasks } = onList({ entryOnly: ['zap_vma_ptes'] });
    s.munmapElsewhere(0);
    user.handler(10, 20, vma, 0).remap(12, 18, vma);
    zap(lowPower(tasks[0], dev, 30, 82, true), dev, 31, 80).visit(40, 44, vma);
    zap(tasks[1], dev, 50, 60);
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
});

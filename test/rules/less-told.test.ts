import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { FunctionProbe } from '../../src/probes/map.js';
import { BUILTIN_MAPS } from '../../src/probes/maps/index.js';
import { NOPAGE, SIGBUS } from '../scenarios/actor.js';
import type { Probes } from '../scenarios/dsl.js';
import { expectClean, expectFindings, expectVerdict, proven } from '../scenarios/expect.js';
import { addr, vmaFields } from '../scenarios/objects.js';
import type { Bare } from '../scenarios/stage.js';
import { bare } from '../scenarios/stage.js';
import * as zr from '../scenarios/zaprace.js';

/** A VMA of vfio-pci that has a page, another one, and who blocks the device. */
function vfio(probes: Probes = {}): Bare {
  const staged = bare('6.12', probes);
  const { vma, other, user } = staged;
  for (const [i, one] of [vma, other].entries()) user.map(5 + 10 * i, one).faultIn(30 + 10 * i, one, 0);
  return staged;
}

/** The same of the demonstrator. */
function race(probes: Probes = {}): Bare {
  const staged = bare('6.12', probes, { pgoff: 0 });
  const { vma, other, user } = staged;
  for (const [i, one] of [vma, other].entries()) {
    zr.mmap(user, 5 + 10 * i, 6 + 10 * i, one).link(7 + 10 * i, one);
    zr.fault(user, 30 + 10 * i, 33 + 10 * i, one, 0).insert(31 + 10 * i, 32 + 10 * i, one, 0);
  }
  return staged;
}

describe('who blocks and unblocks does not say which device', () => {
  it('it has a mapping only: what its driver enables, it may be', () => {
    const { s, dev, vma, other, user, admin } = vfio({ lacking: ['vdev'], without: ['vfio_pci_core_mmap'] });
    admin.memoryOff(100, dev, [vma, other]).memoryOn(200, dev);
    user.faultIn(300, vma, 0);
    expectFindings(s.judge());
  });

  it('an enabling that runs while the block comes into force: which came last is not known', () => {
    const { s, dev, vma, other, user, admin } = race({ lacking: ['z'] });
    s.cpu(2).task(300).call('zaprace_unzap', 101, 140, { z: dev.vdev }, 0);
    zr.zap(admin, 100, dev, [vma, other]);
    zr.fault(user, 150, 153, vma, 0).insert(151, 152, vma, 0);
    zr.unzap(admin, 200, dev);
    assert.deepEqual(proven(s.judge()), []);
  });

  it('an enabling that was over before: the block is certain', () => {
    const { s, dev, vma, other, user, admin } = race({ lacking: ['z'] });
    zr.zap(admin, 60, dev, [vma, other]);
    zr.unzap(admin, 80, dev);
    zr.zap(admin, 100, dev, [vma, other]);
    zr.fault(user, 150, 153, vma, 0).insert(151, 152, vma, 0);
    zr.unzap(admin, 200, dev);
    expectFindings(s.judge(), 'install-after-zap confirmed');
  });

  it('of two devices one is enabled: the other may be blocked still, so not clean', () => {
    const { s, dev, mm, vma, other, user, admin } = race({ lacking: ['z'] });
    const second = s.device('second');
    const far = s.vma(second, mm, { pgoff: 0 });
    zr.mmap(user, 50, 51, far).link(52, far);
    zr.fault(user, 60, 63, far, 0).insert(61, 62, far, 0);
    zr.zap(admin, 100, dev, [vma, other]);
    zr.zap(admin, 150, second, [far]);
    zr.unzap(admin, 200, second);
    zr.fault(user, 250, 253, vma, 0).insert(251, 252, vma, 0);
    zr.unzap(admin, 300, dev);
    expectVerdict(s.judge(), 'inconclusive');
  });
});

it('that the device is closed is recorded, what enables it is not: it may have been enabled', () => {
  const release: FunctionProbe = {
    symbols: ['zaprace_release'],
    role: 'control',
    params: 'z',
    args: { device: 'z' },
    effects: [{ does: 'unblock', causes: ['*'] }],
    level: 'state',
  };
  const maps = BUILTIN_MAPS.map((map) =>
    map.name === 'zaprace' ? { ...map, functions: [...map.functions, release] } : map,
  );
  for (const without of [[], ['zaprace_unzap']]) {
    const { s, dev, vma, other, user, admin } = race({ without });
    zr.unzap(admin, 50, dev);
    admin.call('zaprace_release', 60, 61, { z: dev.vdev }, 0);
    zr.zap(admin, 100, dev, [vma, other]);
    zr.fault(user, 150, 153, vma, 0).insert(151, 152, vma, 0);
    const result = s.judge({ maps });
    if (without.length === 0) expectFindings(result, 'install-after-zap confirmed');
    else expectFindings(result);
    expectVerdict(result, without.length === 0 ? 'violation' : 'inconclusive');
  }
});

describe('a call whose return is missing', () => {
  it('a zap: what is inserted behind its walk is proven only once it has returned', () => {
    for (const lost of [false, true]) {
      const { s, dev, vma, other, user, admin } = race();
      zr.zap(admin, 60, dev, [vma, other]);
      zr.unzap(admin, 80, dev);
      admin.call('zaprace_zap', 100, 130, { z: dev.vdev }, 0, { lostReturn: lost });
      admin.zap(101, 120, dev, { lostReturn: lost });
      admin.visit(102, 104, vma).visit(105, 107, other);
      zr.fault(user, 150, 153, vma, 0).insert(151, 152, vma, 0);
      zr.zap(admin, 300, dev, [vma, other]);
      zr.unzap(admin, 400, dev);
      expectFindings(s.judge(), `install-after-zap ${lost ? 'possible' : 'confirmed'}`);
    }
  });

  it('a block: another call of the task zaps later, and does not bring it back into force', () => {
    const { s, dev, vma, other, user, admin } = vfio();
    const end = admin.zapOf(102, dev, [vma, other]);
    admin.call('vfio_pm_config_write', 100, end + 2, { vdev: dev.vdev, offset: 4, val: 3 }, 2, {
      lostReturn: true,
    });
    s.cpu(2).task(300).call('vfio_pm_config_write', 150, 152, { vdev: dev.vdev, offset: 4, val: 0 }, 2);
    admin.memoryOff(200, dev, [vma, other]);
    s.cpu(2).task(300).memoryOn(250, dev);
    user.faultIn(300, vma, 0);
    expectFindings(s.judge());
  });

  it('a per-VMA zap of which only returns are recorded: the walk may have been', () => {
    const { s, dev, vma, other, admin } = race({
      returnOnly: ['zap_page_range_single'],
      returnArguments: true,
    });
    zr.zap(admin, 100, dev, [vma, other]);
    zr.unzap(admin, 150, dev);
    zr.fault(s.cpu(0).task(100), 200, 203, vma, 0).insert(201, 202, vma, 0);
    admin.call('zaprace_zap', 300, 320, { z: dev.vdev }, 0).zap(301, 315, dev);
    admin.visit(302, 304, other).visit(305, 307, vma, 0, vma.pages, { lostReturn: true });
    zr.unzap(admin, 400, dev);
    expectFindings(s.judge(), 'zap-skipped-vma possible');
  });

  it('the same, of a VMA that is split while the zap runs', () => {
    const { s, dev, vma, other, user, admin } = race({
      returnOnly: ['zap_page_range_single'],
      returnArguments: true,
    });
    admin.call('zaprace_zap', 100, 120, { z: dev.vdev }, 0).zap(101, 119, dev);
    admin.visit(102, 104, other).visit(105, 107, vma, 0, vma.pages, { lostReturn: true });
    user.unlink(110, vma).link(111, vma);
    zr.unzap(admin, 200, dev);
    expectFindings(s.judge(), 'zap-missed-unlinked-vma possible');
  });

  it('a zap, and walks show themselves only later: it may have come to the VMA', () => {
    for (const lostReturn of [false, true]) {
      const { s, dev, vma, other, admin } = race();
      admin
        .call('zaprace_zap', 100, 120, { z: dev.vdev }, 0, { lostReturn })
        .zap(101, 119, dev, { lostReturn });
      zr.unzap(admin, 200, dev);
      zr.zap(admin, 300, dev, [vma, other]);
      zr.unzap(admin, 400, dev);
      expectFindings(s.judge(), ...Array(2).fill(`zap-skipped-vma ${lostReturn ? 'possible' : 'confirmed'}`));
    }
  });

  it('vfio_pci_vmf_insert_pfn(), and the driver said no inside of it: nothing was installed', () => {
    const { s, dev, vma, other, user, admin } = vfio();
    const decides = (t: number, ret: number, how = {}) =>
      user
        .handler(t, t + 9, vma, 1, SIGBUS)
        .query(t + 3, dev, 0)
        .call(
          'vfio_pci_vmf_insert_pfn',
          t + 1,
          t + 8,
          { vdev: dev.vdev, vma: vma.pointer, addr: addr(vma.start + 1), pfn: 0x280001, order: 0 },
          ret,
          how,
        );
    admin.memoryOff(100, dev, [vma, other]);
    decides(150, SIGBUS, { lostReturn: true });
    admin.memoryOn(200, dev);
    expectFindings(s.judge());
  });
});

it('an insert against the driver`s own word counts if its success is known', () => {
  for (const lostReturn of [false, true]) {
    const { s, dev, vma, other, user, admin } = vfio();
    admin.memoryOff(60, dev, [vma, other]).memoryOn(80, dev);
    user.handler(100, 110, vma, 1).query(102, dev, 0).insert(104, 106, vma, 1, NOPAGE, 0, { lostReturn });
    expectFindings(s.judge(), `install-after-zap ${lostReturn ? 'possible' : 'confirmed'}`);
  }
});

describe('a pointer that is used again, and no record told so', () => {
  it('out of the rmap by one task and into it by another: another VMA', () => {
    const { s, dev, vma, other, user, admin } = vfio({ lacking: ['vm_end', 'mm'] });
    user.unlink(60, vma);
    const again = s.vma(dev, s.process(101), { pointer: vma.pointer, pgoff: vma.pgoff + 64 });
    s.cpu(2).task(101).link(80, again);
    admin.memoryOff(100, dev, [again, other]).memoryOn(200, dev);
    const result = s.judge();
    assert.deepEqual(proven(result), []);
    assert.equal(result.vmas.length, 3);
  });

  it('out of the rmap by one task, and another one installs there: another VMA', () => {
    const { s, dev, vma, other, user, admin } = vfio({ lacking: ['vm_start', 'vm_end', 'mm'] });
    user.unmapPages(58, vma).unlink(60, vma);
    const data = { vma: vma.pointer, addr: 0x7fff_0000_0000, pfn: 0x1c86 };
    s.cpu(2).task(101).call('vmf_insert_pfn', 80, 81, data, NOPAGE);
    admin.memoryOff(100, dev, [other]).memoryOn(200, dev);
    assert.deepEqual(proven(s.judge()), []);
  });

  it('into the rmap of another file: another VMA', () => {
    const { s, dev, vma, other, admin } = vfio({ lacking: ['vm_start', 'vm_end', 'mm'] });
    const library = s.vma(s.device('library2'), s.process(101), { pointer: vma.pointer, pgoff: 0 });
    s.cpu(2).task(101).link(80, library);
    admin.memoryOff(100, dev, [other]).memoryOn(200, dev);
    assert.deepEqual(proven(s.judge()), []);
  });

  it('after an exit: what another task installs there is nobody`s that is known', () => {
    const { s, dev, vma, other, user, admin } = vfio({ lacking: ['vm_start', 'vm_end', 'mm'] });
    user.point('unmap_single_vma', 60, { vma: vma.pointer, start: 0, end: 0xffff_ffff_ffff_ffffn });
    // (The kernel's own data, in a VMA of the vdso.)
    s.cpu(2)
      .task(101)
      .call('vmf_insert_pfn', 80, 81, { vma: vma.pointer, addr: 0x7fff_0000_0000, pfn: 0x1c86 }, 0x100);
    admin.memoryOff(100, dev, [other]).memoryOn(200, dev);
    assert.deepEqual(proven(s.judge()), []);
  });
});

describe('where, or how much, is not recorded', () => {
  it('remap_pfn_range() without its size, before the rmap: a leak is not clean', () => {
    for (const lacking of [[], ['size']]) {
      const { s, dev, mm, vma, other, user, admin } = race({ lacking });
      const leaks = s.vma(dev, mm, { pgoff: 0 });
      zr.mmap(user, 90, 200, leaks).remap(92, 94, leaks).link(210, leaks);
      zr.zap(admin, 100, dev, [vma, other]);
      zr.unzap(admin, 300, dev);
      const result = s.judge();
      expectVerdict(result, lacking.length === 0 ? 'violation' : 'inconclusive');
      assert.equal(
        result.reasons.some((reason) => /whose past is not all/.test(reason)),
        lacking.length > 0,
      );
    }
  });

  it('a walk without its range: whether it was all of the VMA is not known', () => {
    for (const lacking of [[], ['size']]) {
      const { s, dev, vma, other, admin } = race({ lacking });
      admin.call('zaprace_zap', 100, 120, { z: dev.vdev }, 0).zap(101, 119, dev);
      admin.visit(102, 104, vma, 8, 8).visit(105, 107, other);
      zr.unzap(admin, 200, dev);
      expectVerdict(s.judge(), lacking.length === 0 ? 'violation' : 'inconclusive');
    }
  });

  it('mremap without its target: what the VMA holds that it made is not known', () => {
    for (const lacking of [[], ['new_vma']]) {
      const { s, dev, mm, vma, other, user, admin } = race({ lacking });
      const target = s.vma(dev, mm, { pgoff: 0 });
      user.link(60, target).movePages(61, 65, vma, target).unlink(66, vma).free(67, vma);
      zr.zap(admin, 100, dev, [target, other]);
      zr.unzap(admin, 200, dev);
      const result = s.judge();
      if (lacking.length === 0) expectClean(result);
      else expectVerdict(result, 'inconclusive');
    }
  });

  it('a VMA that comes back into the rmap without its range may have been cut', () => {
    const { s, dev, mm, vma, other, user, admin } = race({ lacking: ['vm_end'] });
    zr.fault(user, 50, 53, vma, 12).insert(51, 52, vma, 12);
    // (mremap tells where all of it is.)
    const moved = s.vma(dev, mm, { pgoff: 0 });
    user.link(60, moved).movePages(61, 65, vma, moved).unlink(66, vma).free(67, vma);
    const tail = s.vma(dev, mm, { start: moved.start + 8, pages: 8, pgoff: 8 });
    user.link(70, tail).unlink(71, moved).link(72, moved);
    admin.call('zaprace_zap', 100, 120, { z: dev.vdev }, 0).zap(101, 119, dev);
    admin.visit(102, 104, moved, 0, 8).visit(105, 107, tail).visit(108, 110, other);
    zr.unzap(admin, 200, dev);
    assert.deepEqual(proven(s.judge()), []);
  });
});

it('a fault is not inside of an mmap action, however deep that has been left open', () => {
  const probes = {
    entryOnly: ['mmap_action_complete', 'vfio_pci_zap_and_down_write_memory_lock'],
    without: [
      'vfio_pci_core_mmap',
      'mapping_rmap_tree_insert',
      'vfio_basic_config_write',
      'unmap_mapping_range',
    ],
  };
  const { s, dev, mm, vma, user } = bare('7.3', probes);
  const foreign = s.vma(s.device('library'), mm, { pgoff: 0 });
  user.call('mmap_action_complete', 20, 21, { vma: foreign.pointer, ...vmaFields(foreign), type: 0 }, 0);
  // The task itself blocks the device: its call is left open, too.
  user.memoryOff(30, dev).memoryOn(60, dev).faultIn(80, vma, 0);
  const runs = [...s.judge().analysis.model.world.vmas.values()].flatMap((one) => one.coverage.all());
  assert.deepEqual(
    runs.map(({ how }) => how),
    ['fault'],
  );
});

it('a fault of another VMA is not inside of one that was left open under an insert', () => {
  const { s, dev, vma, other, user, admin } = vfio();
  for (const [t, lostReturn] of [
    [50, false],
    [60, true],
  ] as const) {
    const where = { vma: vma.pointer, addr: addr(vma.start + 1) };
    user.call('vfio_pci_mmap_page_fault', t, t + 9, where, NOPAGE, { lostReturn });
    user.insert(t + 1, t + 2, vma, 1, NOPAGE, 0, { lostReturn });
  }
  admin.memoryOff(70, dev, [vma, other]);
  user.refused(100, other, 1);
  admin.memoryOn(200, dev);
  const { vmas } = s.judge();
  assert.equal(vmas.find(({ start }) => start === other.start)?.blockedFaults, 1);
});

it('VMAs without a pointer are not one VMA: what mremap moves is not taken from it', () => {
  const { s, dev, vma, user, admin } = vfio({ lacking: ['vma', 'mm'] });
  const elsewhere = s.device('elsewhere');
  const theirs = s.vma(elsewhere, s.process(300));
  const task = s.cpu(3).task(300);
  task.map(40, theirs).faultIn(50, theirs, 0);
  admin.memoryOff(70, dev, [vma]);
  // Of the other device, which is not blocked.
  const moved = s.vma(elsewhere, theirs.mm);
  task.link(100, moved).movePages(102, 106, theirs, moved).munmap(108, theirs);
  user.refused(120, vma, 1);
  admin.memoryOn(200, dev);
  assert.deepEqual(proven(s.judge()), []);
  assert.ok(s.judge().vmas.every(({ pointer }) => pointer !== 0));
});

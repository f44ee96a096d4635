import type { Actor } from '../scenarios/actor.js';
import { type Probes, type Scenario, scenario } from '../scenarios/dsl.js';
import type { Dev, Kernel, VmaObject } from '../scenarios/objects.js';

export interface Stage {
  s: Scenario;
  dev: Dev;
  vma: VmaObject;
  user: Actor;
  /** Those who block and reset, on CPUs of their own. */
  tasks: Actor[];
}

/** A device whose zaps go by a list (Linux 5.8 to 6.9), and a process with one VMA, mapped at 4. */
export function onList(probes: Probes = {}, kernel: Kernel = '6.1'): Stage {
  const s = scenario(kernel, probes);
  const dev = s.device();
  const vma = s.vma(dev, s.process(100));
  const user = s.cpu(0).task(100);
  const tasks = [1, 2, 3].map((cpu) => s.cpu(cpu).task(200 + cpu));
  user.map(4, vma);
  return { s, dev, vma, user, tasks };
}

/** The same, where munmap and exit have been seen to be recorded, and visits: a zap [20, 26] has been to another process. */
export function visited(probes: Probes = {}): Stage {
  const stage = onList(probes);
  const { s, dev, tasks } = stage;
  s.munmapElsewhere(0);
  const other = s.vma(dev, s.process(900));
  s.cpu(8).task(900).map(4, other).handler(8, 14, other, 0).remap(10, 12, other);
  zap(tasks[0], dev, 20, 26).visit(22, 24, other);
  return stage;
}

export const zap = (task: Actor, dev: Dev, from: number, to: number, lostReturn = false): Actor =>
  task.call('vfio_pci_zap_and_vma_lock', from, to, { vdev: dev.vdev, try: 0 }, 1, { lostReturn });

/** VFIO_DEVICE_RESET, with its zap. */
export const reset = (task: Actor, dev: Dev, from: number, to: number): Actor =>
  zap(
    task.call('vfio_pci_core_ioctl', from, to, { vdev: dev.vdev, cmd: 0x3b6f }, 0),
    dev,
    from + 1,
    from + 5,
  );

/** LOW_POWER_ENTRY or LOW_POWER_EXIT, without a zap. */
export const lowPower = (
  task: Actor,
  dev: Dev,
  from: number,
  to: number,
  on: boolean,
  lostReturn = false,
): Actor =>
  task.call('vfio_pci_core_ioctl_feature', from, to, { vdev: dev.vdev, flags: on ? 0x20003 : 0x20005 }, 0, {
    lostReturn,
  });

/** A write of D3hot or D0 to the PM capability, without a zap. */
export const d3hot = (
  task: Actor,
  dev: Dev,
  from: number,
  to: number,
  on: boolean,
  lostReturn = false,
): Actor =>
  task.call(
    'vfio_pm_config_write',
    from,
    to,
    { vdev: dev.vdev, pos: 0x44, count: 2, offset: 4, val: on ? 3 : 0 },
    2,
    { lostReturn },
  );

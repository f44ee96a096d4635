import type { Driver } from './driver.js';
import type { SimDevice, Thread } from './machine.js';
import type { Routine } from './scheduler.js';

/** Ways to block a device until something else enables it, and the name of the cause. */
type Cause = 'memory-disabled' | 'd3hot' | 'low-power' | 'zapping';

/** The one who blocks and enables the device, as the kernel does for config writes, ioctls and a driver's own control. */
export class Admin {
  constructor(
    readonly driver: Driver,
    readonly device: SimDevice,
    /** All devices that a hot reset resets; none: there are no hot resets. */
    readonly set: readonly SimDevice[] = [],
  ) {}

  get #locks(): boolean {
    return this.driver.bug !== 'zap-without-lock';
  }

  *#zap(thread: Thread, holds: () => boolean): Routine {
    if (this.#locks) yield* this.driver.zapAndLock(thread, this.device, holds);
    else yield* this.driver.zap(thread, this.device, holds);
  }

  *block(thread: Thread, cause: Cause): Routine {
    const { device } = this;
    const frame = thread.enter();
    yield 100;
    const lock = thread.enter();
    if (!this.#locks) device.causes.add(cause);
    yield 80;
    yield* this.#zap(thread, () => true);
    device.causes.add(cause);
    if (cause === 'memory-disabled' || cause === 'd3hot') {
      thread.leave(lock, 'vfio_pci_zap_and_down_write_memory_lock', { vdev: device.dev.vdev });
      yield 80;
    }
    if (this.#locks) device.lock.release();
    yield 100;
    this.#control(thread, frame, cause, true);
  }

  *enable(thread: Thread, cause: Cause): Routine {
    const { device } = this;
    const { truth, scheduler } = thread.machine;
    const frame = thread.enter();
    const last = device.causes.size === 1 && device.causes.has(cause);
    if (last) truth.unblocking(device, scheduler.now);
    yield 100;
    yield device.lock.write();
    yield 100;
    device.causes.delete(cause);
    if (device.causes.size === 0) truth.unblocked(device, scheduler.now);
    device.lock.release();
    yield 100;
    this.#control(thread, frame, cause, false);
  }

  /** VFIO_DEVICE_RESET: zaps, and is over when it returns. */
  *reset(thread: Thread): Routine {
    const { device } = this;
    const { truth, scheduler } = thread.machine;
    const frame = thread.enter();
    yield 100;
    yield* this.#zap(thread, () => device.causes.size > 0);
    yield thread.machine.random.int(500, 20_000);
    if (this.#locks) device.lock.release();
    if (device.causes.size === 0) truth.unblocked(device, scheduler.now);
    yield 100;
    thread.leave(frame, 'vfio_pci_core_ioctl', { vdev: device.dev.vdev, cmd: 0x3b6f }, 0);
  }

  /** VFIO_DEVICE_PCI_HOT_RESET of all devices: each is zapped, or none when one of their locks is taken. */
  *hotReset(thread: Thread, all: readonly SimDevice[]): Routine {
    const { truth, scheduler, random } = thread.machine;
    const frame = thread.enter();
    yield 100;
    const locked: SimDevice[] = [];
    yield* this.driver.tryAll(thread, all, locked);
    const busy = locked.length < all.length;
    if (!busy) yield random.int(500, 20_000);
    for (const device of locked) {
      device.lock.release();
      yield 30;
    }
    for (const device of all) if (device.causes.size === 0) truth.unblocked(device, scheduler.now);
    yield 100;
    const fields = { vdev: this.device.dev.vdev, cmd: 0x3b71 };
    thread.leave(frame, 'vfio_pci_core_ioctl', fields, busy ? -16 : 0);
  }

  #control(thread: Thread, frame: ReturnType<Thread['enter']>, cause: Cause, on: boolean): void {
    const { vdev } = this.device.dev;
    switch (cause) {
      case 'memory-disabled':
        thread.leave(
          frame,
          'vfio_basic_config_write',
          { vdev, pos: 4, count: 2, offset: 4, val: on ? 0x400 : 0x402 },
          2,
        );
        return;
      case 'd3hot':
        thread.leave(
          frame,
          'vfio_pm_config_write',
          { vdev, pos: 0x44, count: 2, offset: 4, val: on ? 3 : 0 },
          2,
        );
        return;
      case 'low-power':
        thread.leave(frame, 'vfio_pci_core_ioctl_feature', { vdev, flags: on ? 0x20003 : 0x20005 }, 0);
        return;
      case 'zapping':
        thread.leave(frame, on ? 'zaprace_zap' : 'zaprace_unzap', { z: vdev }, 0);
        return;
    }
  }

  /** Blocks and enables for a while, with pauses in which faults come. */
  *live(thread: Thread, rounds: number): Routine {
    const { random } = thread.machine;
    const { device, driver } = this;
    const pci = driver.style !== 'zaprace';
    const causes: Cause[] = pci ? ['memory-disabled', 'd3hot', 'low-power'] : ['zapping'];
    for (let i = 0; i < rounds; i++) {
      yield random.int(2_000, 40_000);
      yield* thread.wander();
      if (pci && random.chance(0.15)) yield* this.reset(thread);
      if (pci && this.set.length > 0 && random.chance(0.2)) yield* this.hotReset(thread, this.set);
      const cause = random.pick(causes);
      // Sometimes twice, or with a second cause on top.
      if (!device.causes.has(cause) || random.chance(0.3)) yield* this.block(thread, cause);
      if (random.chance(0.2)) continue;
      yield random.chance(0.3) ? random.int(200, 2_000) : random.int(5_000, 60_000);
      yield* thread.wander();
      for (const held of [...device.causes])
        if (random.chance(0.8)) yield* this.enable(thread, held as Cause);
    }
    for (const held of [...device.causes]) yield* this.enable(thread, held as Cause);
  }
}

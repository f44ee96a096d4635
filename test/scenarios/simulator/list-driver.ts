import { NOPAGE, SIGBUS } from '../actor.js';
import { addr, vmaFields } from '../objects.js';
import { Driver } from './driver.js';
import type { SimDevice, SimMm, SimVma, Thread } from './machine.js';
import type { Routine } from './scheduler.js';

/**
 * vfio-pci of Linux 5.8 to 6.9 (kernel facts §1, G1 and G2): a fault maps the whole VMA and puts it on a list; the zap
 * takes the VMAs of one address space after another from the list, and then locks. What mremap makes is on no list.
 */
export class ListDriver extends Driver {
  /** The new VMA of a split, a move or a fork is zapped. */
  override *open(thread: Thread, vma: SimVma): Routine {
    yield 40;
    // (From its beginning on these pages count as gone.)
    thread.machine.doom(vma.mm, vma.start, vma.start + vma.pages);
    yield* this.visit(thread, vma);
    yield 40;
  }

  override *close(_thread: Thread, vma: SimVma): Routine {
    const { device } = vma;
    yield device.listLock.write();
    yield 40;
    unlist(vma);
    device.listLock.release();
  }

  override *fault(thread: Thread, vma: SimVma, page: number): Routine {
    const { device } = vma;
    const { machine } = thread;
    const frame = thread.enter();
    yield machine.pause();
    yield device.listLock.write();
    yield device.lock.read();
    yield 100;
    const allowed = device.causes.size === 0;
    if (!device.causes.has('low-power')) yield* this.query(thread, vma, allowed);
    const drops = this.bug === 'fault-drops-list-lock';
    const maps = allowed && !device.list.includes(vma);
    if (maps && drops) device.list.push(vma);
    if (drops) {
      device.listLock.release();
      if (machine.random.chance(0.3)) yield machine.random.int(500, 30_000);
    }
    // (Where another fault has done so meanwhile, remap_pte_range() stops the kernel.)
    if (maps && !vma.mm.ptes.has(vma.start)) yield* this.remap(thread, vma, 'remap_pfn_range');
    if (maps && !drops) device.list.push(vma);
    device.lock.release();
    if (!drops) device.listLock.release();
    yield machine.pause();
    const at = { vma: vma.pointer, addr: addr(page), ...vmaFields(vma) };
    thread.leave(frame, 'vfio_pci_mmap_fault', at, allowed ? NOPAGE : SIGBUS);
  }

  override *zapAndLock(thread: Thread, device: SimDevice, holds: () => boolean): Routine {
    yield* this.zap(thread, device, holds);
    yield device.lock.write();
    yield 40;
    device.listLock.release();
  }

  /** All lists first, then all locks: whoever finds one taken gives up, and lets go of what it has. */
  override *tryAll(thread: Thread, all: readonly SimDevice[], done: SimDevice[]): Routine {
    const zapped: SimDevice[] = [];
    for (const device of all) {
      const result = { holds: false };
      yield* this.#zapList(thread, device, () => device.causes.size > 0, result);
      if (!result.holds) break;
      zapped.push(device);
    }
    if (zapped.length === all.length) {
      for (const device of all) {
        if (!device.lock.tryWrite()) break;
        done.push(device);
      }
    }
    for (const device of zapped) device.listLock.release();
  }

  /** vfio_pci_zap_and_vma_lock(): returns with the list's lock. */
  override *zap(thread: Thread, device: SimDevice, holds: () => boolean): Routine {
    yield* this.#zapList(thread, device, holds, null);
  }

  /** `tried`: it only tries, and says there whether it has the list's lock. */
  *#zapList(
    thread: Thread,
    device: SimDevice,
    holds: () => boolean,
    tried: { holds: boolean } | null,
  ): Routine {
    const { machine } = thread;
    const frame = thread.enter();
    const begun = machine.scheduler.now;
    const leave = (result: number): void =>
      thread.leave(
        frame,
        'vfio_pci_zap_and_vma_lock',
        { vdev: device.dev.vdev, try: tried === null ? 0 : 1 },
        result,
      );
    yield 100;
    for (;;) {
      if (tried === null) yield device.listLock.write();
      else if (!device.listLock.tryWrite()) return leave(0);
      yield 40;
      const mm = nextMm(device);
      if (mm === null) break;
      device.listLock.release();
      yield machine.pause();
      if (tried === null) yield mm.lock.read();
      else if (!mm.lock.tryRead()) return leave(0);
      if (tried === null) yield device.listLock.write();
      else if (!device.listLock.tryWrite()) {
        mm.lock.release();
        return leave(0);
      }
      yield 40;
      for (const vma of device.list.filter((listed) => listed.mm === mm)) {
        unlist(vma);
        yield* this.visit(thread, vma);
        yield 50;
      }
      device.listLock.release();
      mm.lock.release();
      yield 40;
    }
    if (tried !== null) tried.holds = true;
    leave(1);
    this.over(thread, frame, begun, device, holds());
    yield 50;
  }
}

function unlist(vma: SimVma): void {
  const { list } = vma.device;
  if (list.includes(vma)) list.splice(list.indexOf(vma), 1);
}

/** The address space of the first VMA; those of one that exits are dropped, because nobody gets at it any more. */
function nextMm(device: SimDevice): SimMm | null {
  for (const vma of [...device.list]) {
    if (!vma.mm.exiting) return vma.mm;
    unlist(vma);
  }
  return null;
}

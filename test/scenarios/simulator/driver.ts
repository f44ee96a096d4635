import { NOPAGE, SIGBUS } from '../actor.js';
import { ALL_BARS, addr, vmaFields } from '../objects.js';
import type { Frame, SimDevice, SimVma, Thread, VmOps } from './machine.js';
import type { Routine } from './scheduler.js';

/** One thing that a driver does wrong; null: it does everything right. */
export type Bug =
  | null
  /** The fault handler checks under the lock, drops it, and inserts afterwards. */
  | 'fault-drops-lock'
  /** The fault handler does not look whether mappings are allowed. */
  | 'fault-ignores-block'
  /** .mmap populates (if allowed), before the VMA is in the rmap. */
  | 'populates-in-mmap'
  /** An mmap action populates after the rmap insertion, without a look at the block flag. */
  | 'action-populates'
  /** The zap goes by a list of VMAs that forked or moved ones are not on. */
  | 'list-misses-copies'
  /** The zap walks half of each VMA. */
  | 'zaps-half'
  /** The zap does not take the lock. */
  | 'zap-without-lock'
  /** The fault handler puts the VMA on the list, drops the list's lock, and inserts afterwards (Linux 5.8 to 5.12). */
  | 'fault-drops-list-lock';

/** vfio-pci since 6.10, vfio-pci from 5.8 to 6.9 (list-driver.ts), and the demonstrator of the lab. */
export type Style = 'vfio' | 'list' | 'zaprace';

/** A driver: its mmap callback, its fault handler, and how it zaps. */
export class Driver implements VmOps {
  constructor(
    readonly style: Style,
    readonly bug: Bug,
    /** A fault inserts all other pages of the VMA, too (Linux 6.10 and 6.11). */
    readonly prefault = false,
  ) {}

  readonly mmap = (thread: Thread, vma: SimVma): Routine => this.#mmap(thread, vma);

  *#mmap(thread: Thread, vma: SimVma): Routine {
    const frame = thread.enter();
    yield thread.machine.pause();
    if (this.bug === 'populates-in-mmap') {
      yield vma.device.lock.read();
      if (vma.device.causes.size === 0) yield* this.remap(thread, vma, 'remap_pfn_range');
      vma.device.lock.release();
      yield thread.machine.random.int(100, 30_000);
    }
    const fields = { vma: vma.pointer, ...vmaFields(vma), mapping: vma.dev.mapping };
    if (this.bug === 'action-populates') {
      const { vm_start: start, vm_end: end, pgoff, mm } = vmaFields(vma);
      thread.leave(
        frame,
        'zaprace_mmap_prepare',
        { desc: 1, start, end, pgoff, mm, mapping: vma.dev.mapping },
        0,
      );
    } else if (this.style === 'zaprace') thread.leave(frame, 'zaprace_mmap', fields, 0);
    else thread.leave(frame, 'vfio_pci_core_mmap', { vdev: vma.dev.vdev, ...fields }, 0);
  }

  *open(_thread: Thread, _vma: SimVma): Routine {}

  *close(_thread: Thread, _vma: SimVma): Routine {}

  /** What the core does after the rmap insertion for a driver with .mmap_prepare. */
  readonly action = (thread: Thread, vma: SimVma): Routine => this.#action(thread, vma);

  *#action(thread: Thread, vma: SimVma): Routine {
    const frame = thread.enter();
    yield 100;
    yield* this.remap(thread, vma, 'remap_pfn_range_complete');
    yield 100;
    const range = { addr: addr(vma.start), pfn: 0x280000, size: addr(vma.pages) };
    const fields = { vma: vma.pointer, ...range, type: 1, hide: 0, is_compat: 0, ...vmaFields(vma) };
    thread.leave(frame, 'mmap_action_complete', fields, 0);
  }

  protected *remap(thread: Thread, vma: SimVma, symbol: string): Routine {
    const { machine } = thread;
    const frame = thread.enter();
    const begun = machine.scheduler.now;
    yield 100;
    for (let page = vma.start; page < vma.start + vma.pages; page++) {
      yield 20;
      machine.set(vma, page, begun);
    }
    yield 100;
    const range = { addr: addr(vma.start), pfn: 0x280000, size: addr(vma.pages) };
    thread.leave(frame, symbol, { vma: vma.pointer, ...range, ...vmaFields(vma) }, 0);
  }

  /** A page fault that reaches the driver; the mm is locked. */
  *fault(thread: Thread, vma: SimVma, page: number): Routine {
    const { device } = vma;
    const { machine } = thread;
    const handler = thread.enter();
    yield machine.pause();
    yield device.lock.read();
    yield 100;
    const allowed = device.causes.size === 0;
    if (this.style === 'vfio') yield* this.query(thread, vma, allowed);
    if (this.bug === 'fault-drops-lock') {
      device.lock.release();
      if (machine.random.chance(0.3)) yield machine.random.int(500, 30_000);
    }
    const goes = allowed || this.bug === 'fault-ignores-block';
    if (goes) yield* this.#insert(thread, vma, page);
    if (goes && this.prefault)
      for (let other = vma.start; other < vma.start + vma.pages; other++)
        if (other !== page) yield* this.#insert(thread, vma, other);
    if (this.bug !== 'fault-drops-lock') device.lock.release();
    yield machine.pause();
    const ret = goes ? NOPAGE : SIGBUS;
    const at = { vma: vma.pointer, addr: addr(page), ...vmaFields(vma) };
    if (this.style === 'vfio' && this.prefault) thread.leave(handler, 'vfio_pci_mmap_fault', at, ret);
    else if (this.style === 'vfio')
      thread.leave(handler, 'vfio_pci_mmap_huge_fault', { ...at, order: 0 }, ret);
    else thread.leave(handler, 'zaprace_fault', at, ret);
  }

  /** __vfio_pci_memory_enabled() is asked, and says so. */
  protected *query(thread: Thread, vma: SimVma, enabled: boolean): Routine {
    const query = thread.enter();
    yield 80;
    thread.leave(query, '__vfio_pci_memory_enabled', { vdev: vma.dev.vdev }, enabled ? 1 : 0);
    yield 80;
  }

  *#insert(thread: Thread, vma: SimVma, page: number): Routine {
    const { machine } = thread;
    const frame = thread.enter();
    const begun = machine.scheduler.now;
    yield machine.random.int(100, 400);
    machine.set(vma, page, begun);
    yield machine.random.chance(0.05) ? machine.random.int(1000, 10_000) : machine.random.int(100, 400);
    const { vm_start, vm_end, mm } = vmaFields(vma);
    const entry = { vma: vma.pointer, addr: addr(page), pfn: 0x280000 + page - vma.start };
    thread.leave(frame, 'vmf_insert_pfn', { ...entry, vm_start, vm_end, mm }, NOPAGE);
    yield 60;
  }

  /** The record of the zap: by a list of VMAs up to 6.9, by the rmap since. */
  #zapped(thread: Thread, frame: Frame, { dev }: SimDevice): void {
    if (this.style === 'vfio' && thread.machine.scenario.kernel === '6.1') {
      thread.leave(frame, 'vfio_pci_zap_and_vma_lock', { vdev: dev.vdev, try: 0 }, 1);
      return;
    }
    const holelen = this.style === 'vfio' ? ALL_BARS : 0;
    const range = { holebegin: 0, holelen, even_cows: 1 };
    thread.leave(frame, 'unmap_mapping_range', { mapping: dev.mapping, ...range });
  }

  /** A zap of the device, which is locked against faults when it returns; `holds`: it stays blocked afterwards. */
  *zapAndLock(thread: Thread, device: SimDevice, holds: () => boolean): Routine {
    yield device.lock.write();
    yield* this.zap(thread, device, holds);
  }

  /**
   * What a hot reset does to each of its devices, as far as no lock is taken: it zaps and locks those of `all` in turn,
   * and puts them into `done`.
   */
  *tryAll(thread: Thread, all: readonly SimDevice[], done: SimDevice[]): Routine {
    for (const device of all) {
      if (!device.lock.tryWrite()) return;
      yield* this.zap(thread, device, () => device.causes.size > 0);
      done.push(device);
    }
  }

  *zap(thread: Thread, device: SimDevice, holds: () => boolean): Routine {
    const { machine } = thread;
    const frame = thread.enter();
    const begun = machine.scheduler.now;
    yield 100;
    yield device.rmapLock.read();
    yield 60;
    device.walked = new Set();
    device.behind = [];
    for (const vma of [...device.rmap]) {
      if (this.bug === 'list-misses-copies' && (vma.forked || vma.moved)) continue;
      yield* this.visit(thread, vma, this.bug === 'zaps-half' ? Math.ceil(vma.pages / 2) : vma.pages);
      yield 50;
    }
    device.rmapLock.release();
    yield 80;
    this.#zapped(thread, frame, device);
    this.over(thread, frame, begun, device, holds());
    yield 50;
  }

  /** The zap of one VMA: its PTEs are cleared one by one, and the call is recorded. */
  protected *visit(thread: Thread, vma: SimVma, pages = vma.pages): Routine {
    const { machine } = thread;
    const frame = thread.enter();
    yield 80;
    for (let page = vma.start; page < vma.start + pages; page++) {
      yield 20;
      machine.clear(vma.mm, page);
    }
    vma.device.walked?.add(vma);
    yield 80;
    const range = { vma: vma.pointer, addr: addr(vma.start), size: addr(pages) };
    thread.leave(frame, machine.scenario.names.visit, { ...range, ...vmaFields(vma) });
  }

  /** What is there although the zap is over is told to the truth. */
  protected over(thread: Thread, frame: Frame, begun: number, device: SimDevice, holds: boolean): void {
    const { machine } = thread;
    const times = { recordedBegin: Math.round(frame.from * 1000), begun, ended: machine.scheduler.now };
    const open = { unblocking: null, unblocked: null, superseded: null, ptes: new Set<never>() };
    const later = new Set(device.behind);
    device.walked = null;
    machine.truth.zapEnded({ device, ...times, ...open, later, holds }, machine.present(device));
  }
}

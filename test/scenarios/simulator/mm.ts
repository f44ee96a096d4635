import { vmaFields } from '../objects.js';
import type { SimDevice, SimMm, SimVma, Thread } from './machine.js';
import type { Routine } from './scheduler.js';

/** What the mm does with VMAs and PTEs, each under the locks that the kernel holds (kernel facts §3). */

/** A VMA enters the rmap, after `behind` if given (fork). */
export function* link(thread: Thread, vma: SimVma, behind: SimVma | null = null): Routine {
  const { device } = vma;
  yield device.rmapLock.write();
  thread.point((actor, t) => (behind === null ? actor.link(t, vma) : actor.linkAfter(t, vma, behind)));
  yield 60;
  const at = behind === null ? device.rmap.length : device.rmap.indexOf(behind) + 1;
  device.rmap.splice(at, 0, vma);
  device.rmapLock.release();
}

export function* unlink(thread: Thread, vma: SimVma): Routine {
  const { device } = vma;
  yield device.rmapLock.write();
  thread.point((actor, t) => actor.unlink(t, vma));
  yield 60;
  device.rmap.splice(device.rmap.indexOf(vma), 1);
  device.rmapLock.release();
}

/** mmap of a device: the driver's callback first, the rmap after it, then what completes it (an mmap action). */
export function* mmap(
  thread: Thread,
  device: SimDevice,
  callback: (thread: Thread, vma: SimVma) => Routine,
  complete: ((thread: Thread, vma: SimVma) => Routine) | null = null,
): Routine {
  const { machine, mm } = thread;
  yield mm.lock.write();
  const vma = machine.addVma(device, mm, { pages: machine.random.pick([1, 4, 8, 16]) });
  machine.remember(vma);
  yield* callback(thread, vma);
  yield machine.pause();
  yield* link(thread, vma);
  mm.vmas.push(vma);
  yield machine.pause();
  if (complete !== null) yield* complete(thread, vma);
  mm.lock.release();
}

/** PTEs of [first, first + pages) are cleared for munmap or exit. */
function* unmapPages(thread: Thread, vma: SimVma, first = 0, pages = vma.pages): Routine {
  thread.point((actor, t) => actor.unmapPages(t, vma, first, pages));
  thread.machine.doom(vma.mm, vma.start + first, vma.start + first + pages);
  for (let page = vma.start + first; page < vma.start + first + pages; page++) {
    yield 20;
    thread.machine.clear(vma.mm, page);
  }
}

function* remove(thread: Thread, vma: SimVma): Routine {
  const { machine } = thread;
  yield* unmapPages(thread, vma);
  yield machine.pause();
  yield* unlink(thread, vma);
  yield 80;
  thread.point((actor, t) => actor.free(t, vma));
  yield* vma.device.ops.close(thread, vma);
  vma.mm.vmas.splice(vma.mm.vmas.indexOf(vma), 1);
  machine.free(vma.pointer);
}

export function* munmap(thread: Thread, vma: SimVma): Routine {
  const { mm } = thread;
  yield mm.lock.write();
  if (mm.vmas.includes(vma)) yield* remove(thread, vma);
  yield 50;
  mm.lock.release();
}

/** The upper part of a VMA gets a vm_area_struct of its own: into the rmap first, then the lower part shrinks. */
function* split(thread: Thread, vma: SimVma, pages: number): Routine {
  const { machine } = thread;
  const { device, mm } = vma;
  const upper = machine.addVma(device, mm, {
    start: vma.start + pages,
    pages: vma.pages - pages,
    pgoff: vma.pgoff + pages,
  });
  upper.forked = vma.forked;
  upper.moved = vma.moved;
  machine.remember(upper);
  yield* device.ops.open(thread, upper);
  yield device.rmapLock.write();
  thread.point((actor, t) => actor.link(t, upper));
  yield 60;
  thread.point((actor, t) => actor.unlink(t, vma));
  yield 60;
  vma.pages = pages;
  thread.point((actor, t) => actor.link(t, { ...vma }));
  yield 60;
  device.rmap.splice(device.rmap.indexOf(vma) + 1, 0, upper);
  mm.vmas.push(upper);
  for (let page = upper.start; page < upper.start + upper.pages; page++) {
    const pte = mm.ptes.get(page);
    if (pte !== undefined) pte.vma = upper;
  }
  device.rmapLock.release();
}

/** munmap of the upper half, or a mere split (mprotect). */
export function* cut(thread: Thread, vma: SimVma, unmap: boolean): Routine {
  const { mm, machine } = thread;
  yield mm.lock.write();
  if (mm.vmas.includes(vma) && vma.pages > 1) {
    yield* split(thread, vma, vma.pages / 2);
    const upper = mm.vmas[mm.vmas.length - 1];
    yield machine.pause();
    if (unmap) yield* remove(thread, upper);
  }
  yield 50;
  mm.lock.release();
}

/** mremap to another address: PTEs move under the rmap lock. */
export function* mremap(thread: Thread, vma: SimVma): Routine {
  const { mm, machine } = thread;
  yield mm.lock.write();
  if (mm.vmas.includes(vma)) {
    const moved = machine.addVma(vma.device, mm, { pages: vma.pages, pgoff: vma.pgoff });
    moved.moved = true;
    moved.forked = vma.forked;
    machine.remember(moved);
    yield* vma.device.ops.open(thread, moved);
    yield* link(thread, moved);
    mm.vmas.push(moved);
    yield machine.pause();
    const frame = thread.enter();
    const begun = machine.scheduler.now;
    yield 50;
    yield vma.device.rmapLock.write();
    for (let i = 0; i < vma.pages; i++) {
      yield 20;
      machine.move(mm, vma.start + i, moved, moved.start + i, begun);
    }
    vma.device.rmapLock.release();
    yield 50;
    const range = { old_addr: vma.start * 4096, new_addr: moved.start * 4096, len: vma.pages * 4096 };
    machine.shown(moved);
    thread.leave(frame, 'move_page_tables', {
      vma: vma.pointer,
      new_vma: moved.pointer,
      ...range,
      mm: mm.pointer,
    });
    yield machine.pause();
    yield* remove(thread, vma);
  }
  yield 50;
  mm.lock.release();
}

/**
 * fork: every VMA enters the rmap behind its parent, then its PTEs are copied, one by one. vm_ops->open comes last, or
 * first of all (`opensFirst`: since Linux 6.9, kernel facts §3.5).
 */
export function* fork(thread: Thread, child: SimMm, opensFirst: boolean): Routine {
  const { mm, machine } = thread;
  yield mm.lock.write();
  for (const parent of [...mm.vmas]) {
    const vma = machine.addVma(parent.device, child, {
      start: parent.start,
      pages: parent.pages,
      pgoff: parent.pgoff,
    });
    vma.forked = true;
    machine.remember(vma);
    if (opensFirst) yield* vma.device.ops.open(thread, vma);
    yield* link(thread, vma, parent);
    child.vmas.push(vma);
    yield 100;
    const frame = thread.enter();
    const begun = machine.scheduler.now;
    for (let i = 0; i < parent.pages; i++) {
      yield 20;
      if (mm.ptes.has(parent.start + i)) machine.set(vma, vma.start + i, begun, Number.POSITIVE_INFINITY);
    }
    yield 50;
    const { vm_start: start, vm_end: end } = vmaFields(vma);
    const mms = { dst_mm: child.pointer, src_mm: mm.pointer };
    machine.shown(vma);
    thread.leave(frame, 'copy_page_range', { dst: vma.pointer, src: parent.pointer, start, end, ...mms }, 0);
    if (!opensFirst) yield* vma.device.ops.open(thread, vma);
    yield machine.pause();
  }
  mm.lock.release();
}

/** The last thread of an address space goes. */
export function* exit(thread: Thread): Routine {
  const { mm, machine } = thread;
  yield mm.lock.write();
  mm.exiting = true;
  // Nobody can reach these PTEs any more.
  machine.doom(mm, 0, Number.POSITIVE_INFINITY);
  // (It may lose its CPU before it gets to exit_mmap().)
  if (machine.random.chance(0.2)) yield machine.random.int(1000, 40_000);
  thread.point((actor, t) => actor.exitMmap(t, mm));
  yield machine.pause();
  for (const vma of [...mm.vmas]) yield* remove(thread, vma);
  machine.free(mm.pointer);
  mm.lock.release();
}

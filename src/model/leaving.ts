import type { MappingEvent, Task } from '../probes/event.js';
import { Kind } from '../probes/roles.js';
import { DONE, moved } from './copying.js';
import { livedUntil, passedOver } from './exiting.js';
import { noteOf, putAway, type TaskNote } from './task-note.js';
import { visited } from './visiting.js';
import type { World } from './world.js';

/** A VMA leaves the rmap: for good, unless the task puts it back. */
export function unlinked(event: MappingEvent, world: World): void {
  world.shown.removalsAreSeen();
  const vma = world.find(event);
  if (vma === null) return;
  vma.linked = false;
  if (!vma.relevant) {
    world.retire(vma, event.begin, 'unmap');
    return;
  }
  vma.unlinked = event.begin;
  // (Twice, where two events tell it. It is not looked for: an exit takes out 100,000 in a row.)
  noteOf(event.task).adjusting.push(vma);
}

/** The task went on to something else: what it took out of the rmap and did not put back is gone. */
export function settle(task: Task, world: World): void {
  const note = task.note as TaskNote | null;
  if (note === null) return;
  if (note.adjusting.length > 0) {
    for (const vma of note.adjusting.splice(0)) {
      if (vma.alive && !vma.linked)
        world.retire(vma, Number.isNaN(vma.unlinked) ? world.now : vma.unlinked, 'unmap');
    }
  }
  if (note.leftover !== null) {
    const { runs } = note.leftover;
    note.leftover = null;
    for (const run of runs) world.pages.end(run, 'unmap', world.now);
  }
  // (V8 takes its time for a length that is set, whatever it was.)
  if (note.fresh.length > 0) {
    for (const vma of note.fresh) vma.completing = false;
    note.fresh.length = 0;
  }
  if (note.prepared === null) putAway(task);
}

/** PTEs of a range are cleared (munmap, exit). */
export function unmapped(event: MappingEvent, world: World): void {
  for (let outer = event.parent; outer !== null; outer = outer.parent) {
    // Inside a per-VMA zap it is that zap's work (that of another VMA has returned unseen); inside a zap without one it
    // stands for it.
    if (outer.kind === Kind.Visit && (outer.vma === event.vma || outer.vma === 0 || event.vma === 0)) return;
    if (outer.kind === Kind.Zap || outer.kind === Kind.ZapList) {
      visited(event, world);
      return;
    }
    // The return of move_page_tables() is not recorded: the old range is unmapped after the move.
    if (outer.kind === Kind.Move && outer.note === null) {
      outer.end = event.begin;
      outer.endSeq = event.beginSeq;
      moved(outer, world);
      outer.note = DONE;
    }
  }
  world.shown.removalsAreSeen();
  const vma = world.find(event);
  if (vma === null || !vma.relevant) {
    unmappedUnknown(event, world);
    return;
  }
  world.shown.unmaps = true;
  if (vma.coverage.empty) return;
  const from = Number.isNaN(event.page) ? vma.start : event.page;
  const to = event.pages > 0 ? event.page + event.pages : vma.end;
  world.pages.clear(vma, from, to, 'unmap', event.begin);
  // A part of a VMA is split off before it is unmapped, and which part kept the vm_area_struct was not told.
  if (!vma.coverage.empty) for (const run of vma.coverage.all()) run.maybe = true;
}

/**
 * PTEs of a VMA that is none of a device's, as far as is known: it may have been split off one. Its range is in one address
 * space, so what was there is gone, whoever had it.
 */
function unmappedUnknown(event: MappingEvent, world: World): void {
  const from = event.page;
  const to = from + event.pages;
  if (Number.isNaN(from) || !(event.pages > 0)) return;
  for (const vma of world.inMm(event.mm || event.task.mm))
    if (!vma.coverage.empty && vma.overlaps(from, to)) world.pages.clear(vma, from, to, 'unmap', event.begin);
}

export function freed(event: MappingEvent, world: World): void {
  world.shown.removalsAreSeen();
  const vma = world.find(event);
  if (vma !== null) world.retire(vma, Number.isNaN(vma.unlinked) ? event.begin : vma.unlinked, 'unmap');
}

export function exited(event: MappingEvent, world: World): void {
  if (event.mm === 0) {
    // (Whose that was is not recorded.)
    world.shown.exits = false;
    for (const device of world.devices)
      for (const vma of device.populated.all()) passedOver(vma, event, world);
    return;
  }
  world.shown.exitsAreSeen();
  world.users.ends(event.mm, event.begin);
  const vmas = [...world.inMm(event.mm)];
  if (vmas.length > 0) world.assumedCleared.exits(event.mm, livedUntil(event));
  for (const vma of vmas) {
    vma.exiting = true;
    if (vma.coverage.empty) continue;
    passedOver(vma, event, world);
    world.pages.dropAll(vma, 'exit', event.begin);
  }
}

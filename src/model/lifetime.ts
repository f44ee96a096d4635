import type { MappingEvent } from '../probes/event.js';
import { rememberEarly, reportEarly, settleMissed, settleMmap } from './early.js';
import { raceNow } from './raced.js';
import { retireOld } from './reuse.js';
import type { PageRun } from './run.js';
import { noteOf, type TaskNote } from './task-note.js';
import { claims, unborn } from './unclaimed.js';
import type { Vma } from './vma.js';
import type { World } from './world.js';

export function mmapBegin(event: MappingEvent, world: World): void {
  if (event.vma === 0) return;
  // Only its return is recorded: what came right before it was inside.
  const populated = !event.entered && claims(event, world);
  const vma = world.create(event, 'mmap');
  vma.midlife = populated;
  world.learn(vma, event);
  world.makeRelevant(vma);
  world.attach(vma, world.device(event.device, event.mapping, event.binding.map));
  vma.inMmap = true;
  vma.mmapEntryOnly = event.binding.state.returns === 0;
  vma.created = event.begin;
  raceNow(vma, event.begin, world);
}

export function mmapEnd(event: MappingEvent, world: World): void {
  const vma = world.vmas.get(event.vma);
  if (vma === undefined) return;
  vma.inMmap = false;
  if (event.returned && event.result < 0) {
    // An error: the core takes the VMA, and what was mapped of it, down again.
    vma.raced = false;
    world.retire(vma, event.end, 'unmap');
    return;
  }
  vma.mmapDone = true;
  if (event.returned) {
    vma.mmapEntryOnly = false;
    settleMmap(vma, event, world);
  }
  // Evidence only if it populated.
  if (!vma.coverage.empty) vma.mmapReturned = world.markOf(vma, event);
  // Without its return, what came next may have been a fault.
  if (!vma.coverage.empty && !vma.linked) rememberEarly(vma, !event.returned);
}

export function prepareEnd(event: MappingEvent, world: World): void {
  const note = noteOf(event.task);
  note.prepared = null;
  if (event.returned && event.result < 0) return;
  const device = world.device(event.device, event.mapping, event.binding.map);
  note.prepared = {
    mapping: event.mapping || ([...(device?.mappings ?? [])][0] ?? 0),
    start: event.vmStart,
    begin: event.begin,
    device: event.device,
  };
}

/** The mmap is over: what `.mmap_prepare` promised has become a VMA, or never will. */
export function regionEnd(event: MappingEvent): void {
  if (event.task.note !== null) noteOf(event.task).prepared = null;
}

/** The core reached an mmap action: a VMA that `.mmap_prepare` promised is known at last. */
export function actionBegin(event: MappingEvent, world: World): void {
  const note = noteOf(event.task);
  if (note.prepared === null || event.vma === 0) return;
  const vma = world.find(event) ?? world.create(event, 'mmap-prepare');
  world.learn(vma, event);
  adopt(vma, note, event, world);
}

/** Anything but "nothing to do" (type 0) populates: if no insert was seen inside, what it did is not recorded. */
export function actionEnd(event: MappingEvent, world: World): void {
  if (event.installed || !(event.x0 > 0) || (event.returned && event.result < 0)) return;
  const vma = world.find(event);
  if (vma !== null) vma.midlife = true;
}

function adopt(vma: Vma, note: TaskNote, event: MappingEvent, world: World): void {
  const { prepared } = note;
  if (prepared === null) return;
  if (!Number.isNaN(prepared.start) && !Number.isNaN(vma.start) && prepared.start !== vma.start) return;
  if (prepared.mapping !== 0 && vma.mapping !== 0 && prepared.mapping !== vma.mapping) return;
  note.prepared = null;
  vma.inherits = false;
  if (vma.origin === 'link' || vma.origin === 'use') vma.origin = 'mmap-prepare';
  if (Number.isNaN(vma.created)) vma.created = prepared.begin;
  vma.mapping ||= prepared.mapping;
  world.makeRelevant(vma);
  world.attach(vma, world.device(prepared.device, vma.mapping, event.binding.map));
}

/** A VMA enters the rmap. */
export function linked(event: MappingEvent, world: World): void {
  // (Which VMA that was is not recorded.)
  if (event.vma === 0) return;
  // fork's own insertion is another function: it does not show that those of mmap are recorded
  if (event.binding.probe.args?.other === undefined) world.shown.links = true;
  const task = event.task;
  const note = noteOf(task);
  const populated = claims(event, world);
  retireOld(event, note, world);
  let vma = world.find(event);
  let parent = event.other === 0 ? undefined : world.vmas.get(event.other);
  if (vma === null || unborn(vma)) {
    vma = world.create(event, parent?.relevant ? 'fork' : 'link');
    world.learn(vma, event);
    if (parent?.relevant && isStranger(parent, vma, world)) {
      // Its pointer was used again, and no record told so.
      world.retire(parent, event.begin, 'gone');
      parent = undefined;
    }
    vma.inherits = true;
    splitOff(vma, note, world);
    if (vma.origin === 'link' && isPart(vma, world)) vma.origin = 'split';
    vma.midlife = vma.unclaimed = populated;
    note.fresh.push(vma);
    vma.completing = true;
  } else if (vma.linked && vma.linkPid === task.pid) {
    // vma_link_file, then vma_interval_tree_insert: the inner one is nearer to the truth. (Later, it has left the rmap unseen.)
    const again = vma.linkT < event.prevTime;
    shrink(vma, event, note, world);
    world.learn(vma, event);
    if (again) forgetCut(vma, event);
    world.enters(vma, event);
    return;
  } else {
    putBack(vma, note);
    shrink(vma, event, note, world);
    world.learn(vma, event);
    forgetCut(vma, event);
  }
  // A VMA that is split or moved leaves the rmap and comes back: only its first insertion can come too late.
  const first = Number.isNaN(vma.linkSeq);
  // The return of `.mmap` is not recorded.
  if (vma.inMmap && !vma.coverage.empty) rememberEarly(vma);
  vma.linked = true;
  vma.unlinked = Number.NaN;
  world.enters(vma, event);
  if (parent?.relevant) {
    world.makeRelevant(vma);
    if (Number.isNaN(vma.created)) vma.created = event.begin;
    if (parent.device !== null) world.attach(vma, parent.device);
  }
  adopt(vma, note, event, world);
  if (!vma.relevant && vma.mapping !== 0) {
    const device = world.deviceOfMapping(vma.mapping);
    if (device?.used) {
      world.makeRelevant(vma);
      if (Number.isNaN(vma.created)) vma.created = event.begin;
      world.attach(vma, device);
    }
  }
  if (first && vma.relevant) {
    // (`.mmap` was over by now: what came since, a zap's end has told, or will.)
    if (vma.origin !== 'mmap') raceNow(vma, vma.origin === 'link' ? event.prevTime : vma.created, world);
    settleMissed(vma, world);
    reportEarly(vma, event.begin, world);
  }
}

/** It was out of the rmap, and may have been cut: its range is not known, unless the record tells. */
function forgetCut(vma: Vma, { vmStart, vmEnd }: MappingEvent): void {
  if (Number.isNaN(vmStart) || Number.isNaN(vmEnd)) vma.start = vma.end = Number.NaN;
}

/** It lies in a VMA that is there, as what is split off does before that one shrinks: nothing was mapped. */
const isPart = (vma: Vma, world: World): boolean => world.shown.removals && world.isInside(vma);

/** fork gives the child its parent's range and file. */
function isStranger(parent: Vma, child: Vma, world: World): boolean {
  if (!Number.isNaN(child.start) && !parent.overlaps(child.start, child.end)) return true;
  const device = world.resolve(child);
  return device !== null && parent.device !== null && device !== parent.device;
}

/** A VMA comes back with a smaller range: what is outside belongs to the VMA that was split off. */
function shrink(vma: Vma, event: MappingEvent, note: TaskNote, world: World): void {
  if (vma.coverage.empty || Number.isNaN(event.vmEnd) || Number.isNaN(vma.start)) return;
  const runs: PageRun[] = [];
  for (const [from, to] of [
    [vma.start, event.vmStart],
    [event.vmEnd, vma.end],
  ]) {
    if (to <= from) continue;
    for (const run of vma.coverage.touching(from, to)) runs.push(vma.coverage.carve(run, from, to));
  }
  if (vma.coverage.empty) vma.device?.populated.delete(vma);
  if (runs.length === 0) return;
  note.leftover = { from: vma, runs };
  for (const fresh of note.fresh) if (fresh !== vma && fresh.mm === vma.mm) splitOff(fresh, note, world);
}

/** A new VMA whose range was part of one that this task is adjusting: the PTEs stay where they are. */
function splitOff(vma: Vma, note: TaskNote, world: World): void {
  const inside = (run: PageRun): boolean => run.page >= vma.start && run.page + run.pages <= vma.end;
  let from: Vma | null = null;
  if (note.leftover !== null) {
    const taken = note.leftover.runs.filter(inside);
    if (taken.length > 0) {
      from = note.leftover.from;
      note.leftover.runs = note.leftover.runs.filter((run) => !inside(run));
      if (note.leftover.runs.length === 0) note.leftover = null;
      for (const run of taken) world.pages.add(vma, run);
    }
  }
  for (const old of note.adjusting) {
    if (!old.relevant || Number.isNaN(vma.start) || !old.overlaps(vma.start, vma.end) || old.mm !== vma.mm)
      continue;
    from = old;
    for (const run of old.coverage.touching(vma.start, vma.end)) {
      world.pages.add(vma, old.coverage.carve(run, vma.start, vma.end));
    }
    if (old.coverage.empty) old.device?.populated.delete(old);
  }
  if (from === null) return;
  vma.origin = 'split';
  vma.inherits = from.inherits;
  world.makeRelevant(vma);
  if (from.device !== null) world.attach(vma, from.device);
  else if (vma.device !== null) {
    // Whose pages these are shows only now: zaps may have walked them since.
    vma.device.adopt(vma);
    world.attach(from, vma.device);
  }
  if (!vma.coverage.empty) vma.device?.populated.add(vma);
}

/** What it took out last comes back first, mostly. */
function putBack(vma: Vma, { adjusting }: TaskNote): void {
  for (let i = adjusting.lastIndexOf(vma); i >= 0; i = adjusting.lastIndexOf(vma)) adjusting.splice(i, 1);
}

import type { MappingEvent } from '../probes/event.js';
import { Kind } from '../probes/roles.js';
import { afterWalk, doubtsOf } from './doubts.js';
import { unvisitedDoubts } from './missed.js';
import type { PageRun } from './run.js';
import { judgeAtWalk } from './ties.js';
import type { Visit } from './visit.js';
import type { Vma } from './vma.js';
import type { World } from './world.js';
import { Zap } from './zap.js';

/** The zap in which this per-VMA call runs, if it is a device's. */
export function enclosingZap(event: MappingEvent): Zap | null {
  for (let outer = event.parent; outer !== null; outer = outer.parent) {
    if (outer.note instanceof Zap) return outer.note;
  }
  return null;
}

/** A per-VMA zap begins. Its end may not be recorded: what it is at may be gone from here on. */
export function visitBegins(event: MappingEvent, world: World): void {
  const zap = enclosingZap(event);
  if (zap === null) {
    clearedOutside(event, event.begin, world);
    return;
  }
  zap.visiting = event.vma;
  if (!zap.byList) return;
  const vma = world.find(event);
  if (vma === null) return;
  const { from, to } = rangeOf(event, vma);
  for (const run of vma.coverage.touching(from, to))
    if (run.page >= from && run.page + run.pages <= to) run.maybe = true;
}

/** A per-VMA zap ended: what was there before it is cleared, what may have come during it is in doubt. */
export function visited(event: MappingEvent, world: World): void {
  const zap = enclosingZap(event);
  if (zap === null) {
    clearedOutside(event, event.end, world);
    return;
  }
  let vma = world.find(event);
  zap.visiting = 0;
  zap.cutVisits ||= !event.returned;
  if (event.vma === 0) {
    // (Which VMA it was at is not recorded.)
    const { from, to } = toldRange(event);
    for (const vma of zap.device.populated.all())
      for (const run of vma.coverage.touching(from, to)) run.maybe = true;
    return;
  }
  if (event.entered) world.shown.visitEntries = true;
  if (!world.shown.visits) firstVisit(zap, world);
  if (vma === null) {
    // It was there when the walk began, and munmap took it away since.
    vma = world.past(event);
    if (vma?.alive === false) return;
    if (vma === null) {
      vma = world.create(event, 'use');
      vma.midlife = true;
    }
  }
  // Split or moved while it was walked (the times of two CPUs can say so): the event tells what it was before.
  const adjusted = vma.reshapedSince(event, world.order);
  if (!adjusted) world.learn(vma, event);
  world.makeRelevant(vma);
  world.attach(vma, zap.device);
  const range = rangeOf(event, vma);
  if (event.kind === Kind.Visit && !tellsRange(event)) world.shown.vagueVisits = true;
  pass(vma, zap, event, range, world);
  if (!adjusted || vma.mm === 0) return;
  for (const part of world.inMm(vma.mm)) {
    if (part !== vma && part.origin === 'split' && part.overlaps(range.from, range.to))
      pass(part, zap, event, range, world);
  }
}

/** An error path, `vm_ops->open`, or madvise: PTEs go, but no device zap is proven by it. */
function clearedOutside(event: MappingEvent, t: number, world: World): void {
  const vma = world.find(event);
  if (vma?.relevant) {
    const { from, to } = rangeOf(event, vma);
    world.pages.clear(vma, from, to, 'unmap', t);
    world.outside.note({ mm: vma.mm, from, to, end: t });
  } else clearedElsewhere(event, t, world);
}

/** PTEs of a VMA go that is not known yet: one that is being split off has its own vm_area_struct before it is in the rmap. */
function clearedElsewhere(event: MappingEvent, t: number, world: World): void {
  const { from, to } = toldRange(event);
  const mm = event.mm || event.task.mm;
  world.outside.note({ mm, from, to, end: t });
  if (mm !== 0 && to - from < Number.POSITIVE_INFINITY) {
    for (const vma of world.inMm(mm))
      if (vma.overlaps(from, to)) world.pages.clear(vma, from, to, 'unmap', t);
    return;
  }
  // Whose address space that is, or where in it, is not recorded.
  for (const device of world.devices)
    for (const vma of device.populated.all())
      for (const run of vma.coverage.touching(from, to)) run.maybe = true;
}

/** The zap went through these pages of the VMA. */
function pass(vma: Vma, zap: Zap, event: MappingEvent, { from, to }: Range, world: World): void {
  vma.visits++;
  const visit: Visit = {
    zap,
    begin: event.begin,
    // Only the entry of the walk is known: it is over when the zap is.
    end: event.kind === Kind.Unmap ? Number.POSITIVE_INFINITY : event.end,
    beginSeq: event.beginSeq,
    endSeq: event.endSeq,
    cpu: event.beginCpu,
    endCpu: event.endCpu,
    from,
    to,
    told: !Number.isNaN(event.vmStart) && !Number.isNaN(event.vmEnd),
    previous: vma.visitBy(zap),
    mark: null,
  };
  zap.addVisit(visit, vma.id);
  const { coverage } = vma;
  const before = coverage.pages;
  const { order } = world;
  const cleared =
    coverage.empty || coverage.drain(visit, order, (run) => world.pages.end(run, 'zap', visit.begin));
  if (!cleared) visit.mark = world.mark(event);
  vma.noteVisit(visit);
  if (!cleared) for (const run of coverage.touching(from, to)) walk(world, vma, zap, visit, run);
  if (before > 0) {
    zap.pagesCleared += before - coverage.pages;
    if (coverage.empty) vma.device?.populated.delete(vma);
  }
  vma.enter('zapped', event.end);
}

/** Per-VMA calls are recorded after all: zaps that ended without one for a populated VMA have skipped it. */
function firstVisit(zap: Zap, world: World): void {
  world.shown.visits = true;
  for (const assumed of world.assumedCleared.take()) {
    const { run, zap: before, exiting } = assumed;
    if (before === zap) continue;
    const doubt = [...doubtsOf(run, before, world), ...unvisitedDoubts(before, world)];
    // (It may have gone on beyond what stands for its end, and have come to this VMA.)
    if (!before.returned) doubt.push('unpaired');
    if (exiting) doubt.push('exiting');
    restore(run, world);
    world.observer.fact({ type: 'survived', why: 'unvisited', run, zap: before, doubt });
  }
}

/** It was not cleared after all; what has become of it since was not followed. */
function restore(run: PageRun, world: World): void {
  const { vma, page, pages } = run;
  if (
    !vma.alive ||
    page < vma.start ||
    page + pages > vma.end ||
    vma.coverage.touching(page, page + pages).length > 0
  )
    return;
  run.gone = false;
  run.maybe = true;
  world.pages.add(vma, run);
}

/** Pages [from, to). */
interface Range {
  from: number;
  to: number;
}

const tellsRange = ({ page, pages }: MappingEvent): boolean => !Number.isNaN(page) && pages > 0;

/** What it says by itself, or of its VMA; else anything. */
function toldRange(event: MappingEvent): Range {
  const { page, pages, vmStart, vmEnd } = event;
  return tellsRange(event)
    ? { from: page, to: page + pages }
    : { from: vmStart || Number.NEGATIVE_INFINITY, to: vmEnd || Number.POSITIVE_INFINITY };
}

/** What it says; else all of the VMA, wherever that is. */
function rangeOf(event: MappingEvent, vma: Vma): Range {
  if (tellsRange(event)) return { from: event.page, to: event.page + event.pages };
  return {
    from: Number.isNaN(vma.start) ? Number.NEGATIVE_INFINITY : vma.start,
    to: Number.isNaN(vma.end) ? Number.POSITIVE_INFINITY : vma.end,
  };
}

/** One run under one visit. */
function walk(world: World, vma: Vma, zap: Zap, visit: Visit, run: PageRun): void {
  const { order } = world;
  const from = Number.isNaN(visit.from) ? run.page : visit.from;
  const to = Number.isNaN(visit.to) ? run.page + run.pages : visit.to;
  // What ended before the walk reached this VMA is gone.
  const before = order.notLater(run.end, run.endCpu, run.endSeq, visit.begin, visit.cpu, visit.beginSeq);
  if (before || run.handlerOnly) {
    judgeAtWalk(run, visit, world);
    world.pages.end(vma.coverage.carve(run, from, to), 'zap', visit.begin);
    return;
  }
  if (!zap.device.blocked || zap.holds !== 'until-unblock') {
    run.maybe = true;
    zap.behind.push({ run, visit });
    return;
  }
  const doubt = afterWalk(run, visit, zap, world);
  if (doubt.length > 0) run.maybe = true;
  world.observer.fact({
    type: 'installed-after-zap',
    run,
    zap,
    doubt: [...doubt, ...doubtsOf(run, zap, world)],
  });
}

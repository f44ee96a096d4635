import { blockDoubts, judgeSince } from './blocked-since.js';
import type { Device } from './device.js';
import { afterWalk, doubtsOf } from './doubts.js';
import type { Doubt } from './facts.js';
import { inRange, judgeBehind, judgeOverlap, missedRun, unvisitedDoubts } from './missed.js';
import type { Order } from './order.js';
import type { PageRun } from './run.js';
import { judgeAtUnblock, judgeAtWalk } from './ties.js';
import type { Visit } from './visit.js';
import type { Vma } from './vma.js';
import type { World } from './world.js';
import type { Zap } from './zap.js';

/** The zap that is in force has walked these pages after the install returned. */
export function clearedAlready(vma: Vma, run: PageRun, device: Device, world: World): boolean {
  const zap = device.zapOver(vma, run.page, run.pages);
  if (zap === null || run.end < zap.begin) return false;
  const visit = vma.visitBy(zap);
  if (visit === null) return false;
  return world.order.notLater(run.end, run.endCpu, run.endSeq, visit.begin, visit.cpu, visit.beginSeq);
}

export function judge(vma: Vma, run: PageRun, device: Device, world: World, byHandler: boolean): void {
  const { order, observer } = world;
  const zap = device.zapOver(vma, run.page, run.pages);
  if (run.breach && (zap === null || !Number.isNaN(zap.unblocked))) {
    const doubt = doubtsOf(run, null, world);
    observer.fact({ type: 'installed-after-zap', run, zap: run.since?.zap ?? null, doubt });
    run.since = null;
    return;
  }
  // Without its entry, it is not known how long it waited, either.
  const handlerOnly = byHandler || !run.entered;
  // Written before the walk, it is gone: a handler may return long after it has inserted. (The walk may be another zap's,
  // by the same list.)
  if (handlerOnly && (!longBefore(zap, run, order) || !longBefore(vma.lastVisit, run, order)))
    run.maybe = true;
  if (zap === null) return;
  if (!byHandler && run.how !== 'action' && run.how !== 'fork' && run.how !== 'mremap') {
    overlap(vma, run, zap, world);
  }
  judgeSince(run, zap, device, world, handlerOnly);
  const visit = vma.visitBy(zap);
  // The walk may still come, and a list of VMAs is gone through until it is empty: zapEnd judges what is left.
  if (!zap.ended && (visit === null || zap.byList)) return;
  const refBegin = visit ?? zap;
  if (order.notLater(run.end, run.endCpu, run.endSeq, refBegin.begin, refBegin.cpu, refBegin.beginSeq)) {
    // Without its return, it is told when the task goes on to something else: the zap may have been and gone.
    if (!run.returned && !run.gone && visit === null && inRange(vma, zap))
      missedRun(vma, run, zap, null, world);
    if (visit !== null && !handlerOnly) judgeAtWalk(run, visit, world);
    return;
  }
  if (!Number.isNaN(zap.unblocked)) {
    if (!handlerOnly) judgeAtUnblock(run, zap, world);
    return;
  }
  // What blocks the device now may have come after the zap, and wait for the lock still.
  if (!device.blocked || zap.holds !== 'until-unblock') {
    if (visit !== null && !handlerOnly) duringCall(run, visit, zap, world);
    if (zap.ended && zap.holds === 'unknown') device.unknownInstalls++;
    return;
  }
  const doubt: Doubt[] = doubtsOf(run, zap, world);
  // (Its return may be missing: it is over then, and the device may have been enabled since.)
  if (!zap.ended) doubt.push('unpaired');
  const late = afterWalk(run, visit ?? zap, zap, world);
  if (late.length === 0) {
    if (zap.ended) doubt.push(...(run.breach ? [] : blockDoubts(zap, device, world)));
  } else {
    run.maybe = true;
    // A handler waits for the lock: that it overlaps a zap proves nothing. What it installed may be gone already.
    if (handlerOnly) return;
    doubt.push(...late);
  }
  // (Before the list was empty, as equal times allow: then it is behind the walk, and may have been left out.)
  if (zap.ended && zap.byList && afterWalk(run, zap, zap, world).length > 0)
    doubt.push(...unvisitedDoubts(zap, world));
  observer.fact({ type: 'installed-after-zap', run, zap, doubt });
}

/** It had certainly ended when the install began. */
const longBefore = (walk: Zap | Visit | null, { begin }: PageRun, { skew, resolution }: Order): boolean =>
  walk === null || walk.end + skew + resolution < begin;

/** Behind the walk of a zap that blocks nothing once its call is over: it counts if it began before the zap ended. */
function duringCall(run: PageRun, visit: Visit, zap: Zap, world: World): void {
  if (zap.ended) judgeBehind(run, visit, zap, world);
  else zap.behind.push({ run, visit });
}

/** The driver's lock excludes inserts for the whole zap, or only while each VMA is zapped (kernel facts §4, V7). */
function overlap(vma: Vma, run: PageRun, zap: Zap, world: World): void {
  const promise = zap.device.map?.excludes ?? 'none';
  if (promise === 'none' || run.end <= zap.begin) return;
  if (zap.byList || promise === 'visit') {
    const visit = zap.cutVisits ? null : vma.visitBy(zap);
    if (visit !== null && run.begin < visit.end && visit.begin < run.end) judgeOverlap(run, zap, world);
  } else if (zap.ended) judgeOverlap(run, zap, world);
  else zap.overlapping.push(run);
}

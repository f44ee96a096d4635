import { afterWalk, aliveDoubts, doubtsOf } from './doubts.js';
import { missedBy } from './early.js';
import type { Doubt, Fact } from './facts.js';
import { isCopy, type PageRun } from './run.js';
import type { Visit } from './visit.js';
import type { Vma } from './vma.js';
import type { World } from './world.js';
import type { Zap } from './zap.js';

/**
 * Zaps that are told to have missed a VMA, one after the other, while nothing shows whether it is still there. Where munmap is
 * not recorded every VMA stays: each zap would be told to have missed all that there ever were.
 */
const MOST_SKIPS = 8;

/** Whether the VMA's file pages touch the zapped range; unknown offsets count as touched by a zap of everything. */
export function inRange(vma: Vma, zap: Zap): boolean {
  if (zap.byList || Number.isNaN(vma.pgoff) || Number.isNaN(vma.start)) return true;
  return vma.pgoff < zap.to && vma.pgoff + (vma.end - vma.start) > zap.from;
}

/** So many zaps did without it, and nothing that would have shown its end is recorded: no more is told of it. */
export const presumedGone = (vma: Vma, { shown }: World): boolean =>
  !shown.removals && vma.skips >= MOST_SKIPS;

export function missed(vma: Vma, zap: Zap, world: World): void {
  // Unlinked after having been linked: munmap has cleared its PTEs before that. If that is recorded, and there are
  // some still, it is being split.
  if (!Number.isNaN(vma.unlinked) && !vma.linked && !world.shown.unmaps) return;
  if (presumedGone(vma, world)) return;
  // The list of a device is one: what another zap is at has been taken off it, and is cleared.
  if (zap.byList && zap.device.listing.some(({ visiting }) => visiting === vma.pointer)) return;
  const visit = vma.visitFor(zap);
  const known = !zap.byList && !Number.isNaN(vma.pgoff) && !Number.isNaN(vma.start);
  const from = known ? vma.start + (zap.from - vma.pgoff) : Number.NEGATIVE_INFINITY;
  const to = known ? vma.start + (zap.to - vma.pgoff) : Number.POSITIVE_INFINITY;
  for (const run of vma.coverage.touching(from, to)) {
    if (run.beginSeq > zap.endSeq) continue;
    // Had fork or mremap come after it, as equal times allow, there was nothing left to take over.
    if (isCopy(run) && notBefore(run, zap, world)) {
      run.maybe = true;
      continue;
    }
    // The zap may have ended long before the task did something else, or have taken the pages with it.
    if (!zap.returned && run.end > zap.begin) {
      run.maybe = true;
      continue;
    }
    // (What was there when the walk ended, the walk has judged.)
    if (zap.byList && visit !== null && run.endSeq > visit.endSeq) behindList(run, visit, zap, world);
    missedRun(vma, run, zap, visit, world);
  }
}

/** The list was gone through until it was empty: what was installed behind the last walk of its VMA stays. */
function behindList(run: PageRun, visit: Visit, zap: Zap, world: World): void {
  const late = afterWalk(run, visit, zap, world);
  if (late.length > 0) run.maybe = true;
  // A handler waits for the lock: that it overlaps the walk proves nothing.
  if (late.length > 0 && (run.handlerOnly || !run.entered)) return;
  if (run.page >= visit.to || run.page + run.pages <= visit.from) return;
  if (!zap.device.blocked || zap.holds !== 'until-unblock') {
    if (!run.handlerOnly && run.entered) judgeBehind(run, visit, zap, world);
    return;
  }
  const doubt = [...late, ...doubtsOf(run, zap, world), ...stayDoubts(run, zap, world)];
  world.observer.fact({ type: 'installed-after-zap', run, zap, doubt });
}

/** Pages that were there before the zap ended, and that it has not cleared by its visit, if there was one. */
export function missedRun(vma: Vma, run: PageRun, zap: Zap, visit: Visit | null, world: World): void {
  if (copiedDuring(run, zap, world)) run.maybe = true;
  const facts = visit !== null ? uncovered(run, visit, zap, world) : unvisited(vma, run, zap, world);
  const cut: Doubt[] = zap.cut ? ['unpaired'] : [];
  for (const fact of facts) {
    const doubt = [...fact.doubt, ...cut, ...doubtsOf(run, zap, world)];
    if (doubt.length > 0) run.doubted = true;
    if (doubt.includes('removal-unknown')) vma.noteSkip(zap);
    zap.leftOut ||= doubt.includes('exit-unknown');
    world.observer.fact({ ...fact, doubt });
  }
}

const notBefore = ({ begin, beginCpu, beginSeq }: PageRun, zap: Zap, { order }: World): boolean =>
  order.notLater(zap.end, zap.endCpu, zap.endSeq, begin, beginCpu, beginSeq);

/** What fork or mremap took over may have been cleared at its old place by then. */
const copiedDuring = (run: PageRun, zap: Zap, { order }: World): boolean =>
  isCopy(run) &&
  !order.certainly(run.end, run.endCpu, run.endSeq, zap.begin, zap.cpu, zap.beginSeq, run.pid === zap.pid);

type Survived = Extract<Fact, { type: 'survived' }>;

/** Visited, but not these pages. */
function uncovered(run: PageRun, visit: Visit, zap: Zap, world: World): Survived[] {
  let told = false;
  for (let v: Visit | null = visit; v !== null; v = v.previous) {
    if (Number.isNaN(v.from) || (run.page < v.to && run.page + run.pages > v.from)) return [];
    told ||= v.told;
  }
  const doubt: Doubt[] = told ? [] : [...aliveDoubts(world), ...cutDoubts(run.vma, world)];
  return [{ type: 'survived', why: 'uncovered', run, zap, doubt }];
}

/** Its pages may be another VMA's by now, which it was split into or moved to. */
const rangeDoubts = ({ start, end }: Vma): Doubt[] => (Number.isNaN(end - start) ? ['range-unknown'] : []);

/** The same, of a VMA that was walked: where nothing tells that it comes back into the rmap, it may have been cut unseen. */
const cutDoubts = (vma: Vma, { shown }: World): Doubt[] =>
  shown.links ? rangeDoubts(vma) : ['range-unknown'];

/** A return probe may miss calls, an entry probe does not. */
const walkDoubts = ({ shown }: World): Doubt[] => (shown.visitEntries ? [] : ['unpaired']);

/** Why it is not certain that this zap would have shown a walk of the VMA, or have walked it. */
export const unvisitedDoubts = (zap: Zap, world: World): Doubt[] => [
  ...walkDoubts(world),
  ...aliveDoubts(world),
  // (It leaves out those whose address space has no user any more.)
  ...(zap.byList && !world.shown.exits ? (['exit-unknown'] as const) : []),
];

/** `unvisitedDoubts`, of what a walk left that was perhaps not the zap's last one here: fork may find it, or nothing, later. */
function stayDoubts(run: PageRun, zap: Zap, world: World): Doubt[] {
  const doubt = unvisitedDoubts(zap, world);
  run.doubted ||= doubt.length > 0;
  return doubt;
}

function unvisited(vma: Vma, run: PageRun, zap: Zap, world: World): Survived[] {
  // (What a zap by a list finds has nothing to do with the rmap.)
  if (!zap.byList && !vma.linked && Number.isNaN(vma.unlinked)) {
    const doubt: Doubt[] = [];
    const over = vma.mmapDone || vma.mmapEntryOnly;
    if (vma.link === null && (over || vma.inMmap)) {
      const { links, visitEntries } = world.shown;
      // Neither an rmap insertion nor the driver's return was seen (which may have failed, or been missed: if it comes, that is
      // settled), nor per-VMA calls either, or only returns of them: it may be linked by now.
      if (vma.mmapEntryOnly || (!links && !visitEntries)) doubt.push('link-unknown');
      if (over && !links) doubt.push(...aliveDoubts(world));
    }
    missedBy(vma, zap);
    return [{ type: 'survived', why: 'unlinked', run, zap, doubt }];
  }
  if (world.shown.visits) {
    const late = !zap.byList && vma.link !== null && vma.link.seq > zap.beginSeq;
    if (late) missedBy(vma, zap);
    // (That it was put into the rmap while the zap ran shows that it was there.)
    return [
      {
        type: 'survived',
        why: late ? 'unlinked' : 'unvisited',
        run,
        zap,
        doubt: late ? walkDoubts(world) : [...unvisitedDoubts(zap, world), ...rangeDoubts(vma)],
      },
    ];
  }
  // No per-VMA calls are recorded: a linked VMA is taken as cleared, and the coverage table says what that leaves open.
  const linkedBefore =
    zap.byList ||
    vma.link === null ||
    world.order.apparently(vma.link.t, vma.link.cpu, vma.link.seq, zap.begin, zap.cpu, zap.beginSeq);
  if (!linkedBefore) return [{ type: 'survived', why: 'unlinked', run, zap, doubt: ['visits-unknown'] }];
  const before = world.order.notLater(run.end, run.endCpu, run.endSeq, zap.begin, zap.cpu, zap.beginSeq);
  if (before || run.handlerOnly) {
    zap.pagesCleared += run.pages;
    world.pages.drop(vma, [run], 'zap', zap.begin);
    world.assumedCleared.add(zap, run);
    return [];
  }
  run.maybe = true;
  world.observer.fact({
    type: 'installed-after-zap',
    run,
    zap,
    doubt: ['overlaps-zap', ...doubtsOf(run, zap, world)],
  });
  return [];
}

/** An insert and a zap of one device at the same time, certainly or perhaps. */
export function judgeOverlap(run: PageRun, zap: Zap, world: World): void {
  const { order } = world;
  const margin = order.resolution;
  // Without its return, a zap is known to run until its last visit.
  const zapEnd = zap.returned ? zap.end : zap.lastVisitBegin;
  // Without its entry, an insert is known by its return alone.
  const runBegin = run.entered ? run.begin : run.end;
  const runBeginSeq = run.entered ? run.beginSeq : run.endSeq;
  if (run.end <= zap.begin + margin || zapEnd <= runBegin + margin) return;
  const certain =
    order.certainly(runBegin, run.beginCpu, runBeginSeq, zap.end, zap.endCpu, zap.endSeq) &&
    order.certainly(zap.begin, zap.cpu, zap.beginSeq, run.end, run.endCpu, run.endSeq);
  const doubt: Doubt[] = certain ? [] : ['clock'];
  if (zap.tainted || !zap.returned) doubt.push('unpaired');
  world.observer.fact({ type: 'overlapped', run, zap, doubt });
}

/** An install behind the walk of a zap that has ended: a stray, if it certainly began while the zap ran. */
export function judgeBehind(run: PageRun, visit: Visit, zap: Zap, world: World): void {
  const { order } = world;
  const same = run.pid === zap.pid;
  // Without its return, the end of a zap is only bounded.
  if (!zap.returned) return;
  if (!order.certainly(run.begin, run.beginCpu, run.beginSeq, zap.end, zap.endCpu, zap.endSeq, same)) return;
  const doubt = afterWalk(run, visit, zap, world);
  if (doubt.length > 0) run.maybe = true;
  doubt.push(...doubtsOf(run, zap, world));
  if (zap.byList) doubt.push(...stayDoubts(run, zap, world));
  if (!order.certainly(run.end, run.endCpu, run.endSeq, zap.end, zap.endCpu, zap.endSeq, same))
    doubt.push('overlaps-unblock');
  world.observer.fact({ type: 'installed-after-zap', run, zap, doubt });
}

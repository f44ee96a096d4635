import type { MappingEvent } from '../probes/event.js';
import type { PageRun } from './run.js';
import type { Vma } from './vma.js';
import type { World } from './world.js';
import type { Zap } from './zap.js';

/** Pages that a VMA had before it was seen to enter the rmap. */
export interface Early {
  run: PageRun;
  pages: number;
  maybe: boolean;
}

/** What the driver has populated by the return of its `.mmap`, before the rmap insertion. */
export function rememberEarly(vma: Vma, doubtful = false): void {
  const runs = vma.coverage.all();
  const first = runs.reduce((a, b) => (b.begin < a.begin ? b : a), runs[0]);
  if (first === undefined) return;
  const pages = runs.reduce((sum, run) => sum + run.pages, 0);
  vma.early = { run: first, pages, maybe: doubtful || runs.some((run) => run.maybe) };
}

/** Pages were there before the rmap insertion (at `t`, NaN when not seen): a zap in that time would have missed them. */
export function reportEarly(vma: Vma, t: number, world: World): void {
  const { early } = vma;
  vma.early = null;
  if (early === null || vma.missedBy !== null) return;
  const { run, pages, maybe } = early;
  world.observer.fact({
    type: 'populated-early',
    vma,
    run,
    pages,
    window: t - run.begin,
    doubt: maybe ? ['result-unknown'] : [],
  });
}

/** No rmap insertion is recorded in this trace: what was populated by the return of `.mmap` came before it. */
export function earlyWithoutLink(vma: Vma, world: World): void {
  if (vma.early !== null && !world.shown.links) reportEarly(vma, Number.NaN, world);
}

/**
 * The driver's `.mmap` has returned: it was under way during the zaps that missed its VMA, which comes into the rmap only
 * now. (A zap that ended as it returned may have come after that. Then it would have visited the VMA.)
 */
export function settleMmap(vma: Vma, event: MappingEvent, world: World): void {
  const { end, endCpu, endSeq, task } = event;
  for (const zap of vma.missedBy ?? []) {
    const during = world.order.certainly(
      zap.end,
      zap.endCpu,
      zap.endSeq,
      end,
      endCpu,
      endSeq,
      task.pid === zap.pid,
    );
    if (during || world.shown.visitEntries) world.observer.settled(vma, zap, 'link-unknown');
  }
}

/** A VMA enters the rmap after zaps that ended while it was not known to be there: now it is certain, or in doubt. */
export function settleMissed(vma: Vma, world: World): void {
  const { link } = vma;
  if (link === null) return;
  for (const zap of vma.missedBy ?? []) {
    // It is here, so it was there.
    world.observer.settled(vma, zap, 'removal-unknown');
    const certain = world.order.certainly(
      zap.end,
      zap.endCpu,
      zap.endSeq,
      link.t,
      link.cpu,
      link.seq,
      link.pid === zap.pid,
    );
    if (certain) world.observer.settled(vma, zap, 'link-unknown');
    // Without per-VMA calls only the order of zap and insertion tells that the zap could not see it.
    else if (!world.shown.visits) world.observer.doubted(vma, zap, 'clock');
  }
}

export const missedBy = (vma: Vma, zap: Zap): void => {
  vma.missedBy ??= [];
  if (!vma.missedBy.includes(zap)) vma.missedBy.push(zap);
};

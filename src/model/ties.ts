import { isCopy, type PageRun } from './run.js';
import type { Visit } from './visit.js';
import type { World } from './world.js';
import type { Zap } from './zap.js';
import { earliestUnblock } from './zap.js';

/**
 * The install ended at the very time at which the walk began, by the clocks of two CPUs: it is taken as cleared, because
 * a lock changes hands within a µs, but it may as well have come behind the walk.
 */
export function judgeAtWalk(run: PageRun, { zap, begin, cpu }: Visit, { observer }: World): void {
  if (run.end !== begin || run.endCpu === cpu || run.handlerOnly || isCopy(run)) return;
  if (zap.device.blocked && zap.holds === 'until-unblock') observer.untold();
}

/** The window of the zap is closed by now: was it when the install began? */
export function judgeAtUnblock(run: PageRun, zap: Zap, world: World): void {
  const mark = zap.unblockMark;
  // What ends with the call lets go of the lock before the call returns.
  if (mark === null || zap.holds !== 'until-unblock' || run.gone || isCopy(run)) return;
  const { t, cpu, seq } = earliestUnblock(zap, mark);
  if (!world.order.apparently(t, cpu, seq, run.begin, run.beginCpu, run.beginSeq)) world.observer.untold();
}

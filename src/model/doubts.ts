import type { Doubt } from './facts.js';
import type { PageRun } from './run.js';
import type { Visit } from './visit.js';
import type { World } from './world.js';
import type { Zap } from './zap.js';

/** Why the presence of a run, or the story of a zap, is not certain by itself. */
export function doubtsOf(run: PageRun, zap: Zap | null, world: World): Doubt[] {
  const doubt: Doubt[] = [];
  if (Number.isNaN(run.result) && run.how !== 'fork' && run.how !== 'mremap') doubt.push('result-unknown');
  else if (run.maybe) doubt.push('presence-unknown');
  if (zap?.tries) doubt.push('result-unknown');
  if (zap?.tainted || world.shown.lastLoss >= Math.min(run.storyBegin, zap?.begin ?? run.begin))
    doubt.push('lost-events');
  return doubt;
}

/** A VMA that munmap took away unseen is not skipped. */
export const aliveDoubts = (world: World): Doubt[] => (world.shown.removals ? [] : ['removal-unknown']);

/** An interval that a zap took, for one VMA or as a whole. */
type Walked = Pick<Visit, 'end' | 'endSeq' | 'endCpu'>;

/** What is uncertain about an install having begun after the walk: nothing, the clock alone, or that they overlap. */
export function afterWalk(run: PageRun, walk: Walked, zap: Zap, { order }: World): Doubt[] {
  const { end, endCpu, endSeq } = walk;
  const { begin, beginCpu, beginSeq } = run;
  if (order.certainly(end, endCpu, endSeq, begin, beginCpu, beginSeq, run.pid === zap.pid)) return [];
  return [order.apparently(end, endCpu, endSeq, begin, beginCpu, beginSeq) ? 'clock' : 'overlaps-walk'];
}

import type { Fact } from '../model/facts.js';
import type { Claim } from './rule.js';

/** The claim of the three rules on pages that a zap left behind: exposed from the end of the zap. */
export function survivor(fact: Fact, why: 'unlinked' | 'unvisited' | 'uncovered'): Claim | null {
  if (fact.type !== 'survived' || fact.why !== why) return null;
  const { run, zap, doubt } = fact;
  const from = Math.max(zap.end, run.end);
  return {
    vma: run.vma,
    zap,
    run,
    mark: null,
    page: run.page,
    pages: run.pages,
    doubt,
    exposedFrom: from,
    t: from,
  };
}

import type { Rule } from './rule.js';

/** V5 (kernel facts §4): from explicit evidence only, never from the absence of faults. */
export const accessAfterZap: Rule = {
  id: 'access-after-zap',
  title: 'A user access succeeded after the zap',
  proves:
    "A trace_marker line says that an access was fine; it lies, with everything since the task's previous record, inside a blocked window.",
  remedy: 'Find out which PTE served the access: the other findings of this VMA name the install.',
  severity: 'error',
  needs: ['zap', 'block', 'access'],
  optional: true,
  judge(fact) {
    if (fact.type !== 'accessed') return null;
    const { vma, page, zap, mark, doubt } = fact;
    return { vma, zap, run: null, mark, page, pages: 1, doubt, exposedFrom: Number.NaN, t: mark.t };
  },
  message: (s) => `a user access at ${s.address} succeeded after ${s.zap}, while the device was blocked`,
};

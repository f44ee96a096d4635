import type { Rule } from './rule.js';

/** V7 (kernel facts §4): the lock did not exclude them, whatever the order was. */
export const installZapOverlap: Rule = {
  id: 'install-zap-overlap',
  title: 'An insert and a zap of one device ran at the same time',
  proves:
    "Both intervals lie inside sections that the driver's lock must keep apart. They overlap by more than the clock's uncertainty, so the lock did not exclude them, whatever the order of the PTE writes was.",
  remedy: 'Take the lock for reading around check and insert, and for writing around the zap.',
  severity: 'error',
  needs: ['zap', 'install', 'device-join'],
  judge(fact) {
    if (fact.type !== 'overlapped') return null;
    const { run, zap, doubt } = fact;
    return {
      vma: run.vma,
      zap,
      run,
      mark: null,
      page: run.page,
      pages: run.pages,
      doubt,
      exposedFrom: Number.NaN,
      t: Math.max(run.begin, zap.begin),
    };
  },
  message: (s) =>
    `${s.install} at ${s.address} ${s.confirmed ? 'ran' : 'perhaps ran'} at the same time as ${s.zap}: the lock did not exclude them`,
};

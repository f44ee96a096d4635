import type { Rule } from './rule.js';

/** Latent form of V2: no zap hit the window in this trace. */
export const populateBeforeRmap: Rule = {
  id: 'populate-before-rmap',
  title: 'PTEs installed before the VMA entered the rmap',
  proves:
    'The driver installed PTEs inside .mmap, before the rmap insertion. No zap came in between here; one that did would have missed them.',
  remedy:
    "Do not populate in .mmap: install from the fault handler under the driver's lock, or populate after the rmap insertion and check the block flag again under the lock.",
  severity: 'warning',
  needs: ['install', 'created'],
  judge(fact) {
    if (fact.type !== 'populated-early') return null;
    const { vma, run, pages, doubt } = fact;
    // its zaps do not look in the rmap
    if (vma.device?.map?.finds === 'list') return null;
    return {
      vma,
      zap: null,
      run,
      mark: null,
      page: run.page,
      pages,
      doubt,
      exposedFrom: Number.NaN,
      t: run.begin,
      window: fact.window,
    };
  },
  message: (s) =>
    `${s.pages} at ${s.address} installed by ${s.install} before the VMA was in the rmap${s.window}: a zap in that time would have missed them`,
};

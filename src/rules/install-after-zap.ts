import type { Rule } from './rule.js';

/** V1 (kernel facts §4). */
export const installAfterZap: Rule = {
  id: 'install-after-zap',
  title: 'PTEs installed after the zap, while the device was blocked',
  proves:
    'An install returned success; it began after the zap had walked the range, and the device was not unblocked before it ended. Its PTEs are reachable although the zap is over.',
  remedy:
    'Hold the lock that the zap takes for writing from the check of the block flag to the end of the insert, so that the zap either waits for the insert and clears it, or the check sees the flag.',
  severity: 'error',
  needs: ['zap', 'install', 'driver', 'populate', 'block', 'device-join'],
  judge(fact) {
    if (fact.type !== 'installed-after-zap') return null;
    const { run, zap, doubt } = fact;
    return {
      vma: run.vma,
      zap,
      run,
      mark: null,
      page: run.page,
      pages: run.pages,
      doubt,
      exposedFrom: run.end,
      t: run.end,
    };
  },
  message: (s) =>
    `${s.pages} at ${s.address} ${s.confirmed ? 'installed' : 'perhaps installed'} by ${s.install} after ${s.zap} had cleared the range, while the device was blocked${s.exposure}`,
};

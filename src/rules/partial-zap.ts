import type { Rule } from './rule.js';
import { survivor } from './survivors.js';

/** V4 (kernel facts §4). */
export const partialZap: Rule = {
  id: 'partial-zap',
  title: 'A zap did not cover all PTEs of a VMA',
  proves:
    'The zap visited the VMA, but the ranges it walked do not cover pages that were present in the zapped range.',
  remedy: 'Zap the whole range of the VMA that maps the blocked resource.',
  severity: 'error',
  needs: ['zap', 'install', 'driver', 'visit', 'walked', 'created'],
  judge: (fact) => survivor(fact, 'uncovered'),
  message: (s) =>
    `${s.pages} at ${s.address} (${s.install}) ${s.confirmed ? 'survived' : 'may have survived'} ${s.zap}, which walked only other pages of the VMA${s.exposure}`,
};

import type { Rule } from './rule.js';
import { survivor } from './survivors.js';

/** V3 (kernel facts §4). */
export const zapSkippedVma: Rule = {
  id: 'zap-skipped-vma',
  title: 'A zap skipped a VMA that has PTEs',
  proves:
    'The VMA was in the rmap and had PTEs in the zapped range, per-VMA zap calls are recorded in this trace, and the zap made none for this VMA.',
  remedy:
    'Zap through the rmap (unmap_mapping_range) instead of a driver list of VMAs that have faulted: fork and mremap give VMAs PTEs without a fault.',
  severity: 'error',
  needs: ['zap', 'install', 'driver', 'visit', 'copies', 'created', 'device-join'],
  judge: (fact) => survivor(fact, 'unvisited'),
  message: (s) =>
    `${s.pages} at ${s.address} (${s.install}) ${s.confirmed ? 'survived' : 'may have survived'} ${s.zap}, which never visited the VMA${s.exposure}`,
};

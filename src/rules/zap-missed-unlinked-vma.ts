import type { Rule } from './rule.js';
import { survivor } from './survivors.js';

/** V2 (kernel facts §4): the race of the kvm list mail. */
export const zapMissedUnlinkedVma: Rule = {
  id: 'zap-missed-unlinked-vma',
  title: 'A zap missed PTEs of a VMA that was not yet in the rmap',
  proves:
    'The driver populated the VMA before the mm inserted it into the rmap. A zap in between walks the rmap, cannot find the VMA, and is a NOP for it. Nothing clears the PTEs afterwards.',
  remedy:
    "Do not populate in .mmap: install from the fault handler under the driver's lock, or populate after the rmap insertion and check the block flag again under the lock.",
  severity: 'error',
  needs: ['zap', 'install', 'driver', 'populate', 'created', 'device-join'],
  judge: (fact) => survivor(fact, 'unlinked'),
  message: (s) =>
    `${s.pages} at ${s.address} installed by ${s.install} before the VMA was in the rmap ${s.confirmed ? 'survived' : 'may have survived'} ${s.zap}, which could not see the VMA${s.exposure}`,
};

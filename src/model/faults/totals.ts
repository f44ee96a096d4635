import { Fit } from './fit.js';
import { Latency } from './latency.js';
import { FaultNumbers } from './numbers.js';
import type { ZapCost } from './windows.js';

/** A device or a whole trace: the sum of its VMAs, and its zaps. */
export class Totals {
  readonly numbers = new FaultNumbers();
  readonly zap = new Latency();
  /** Entry of the blocking function to the zap. */
  readonly zapWait = new Latency();
  /** Zap's begin to the first moment at which mappings are allowed again. */
  readonly window = new Latency();
  /** Zap time over entries cleared. */
  readonly perEntry = new Fit();
  zaps = 0;
  pagesCleared = 0;
  readonly refault = { zaps: 0, back: 0, faults: 0, pages: 0, pagesBack: 0 };
  readonly timeBack = new Latency();

  add(cost: ZapCost): void {
    const { zap, ns, waitNs, entries, pages, refault } = cost;
    const { worst } = this.numbers;
    const place = {
      vma: null,
      zap,
      page: Number.NaN,
      order: Number.NaN,
      t: zap.begin,
      cpu: zap.cpu,
      pid: zap.pid,
      comm: zap.comm,
    };
    const origin = zap.mark?.origin ?? -1;
    this.zaps++;
    this.pagesCleared += pages;
    if (!Number.isNaN(ns)) {
      this.zap.add(ns);
      this.perEntry.add(
        [...entries.values()].reduce((sum, n) => sum + n, 0),
        ns,
      );
      if (worst.takes('zap', ns)) worst.add({ what: 'zap', ns, ...place, origin });
    }
    if (!Number.isNaN(waitNs)) this.zapWait.add(waitNs);
    if (!Number.isNaN(zap.unblocked)) this.window.add(zap.unblocked - zap.begin);
    if (refault === null) return;
    this.refault.zaps++;
    this.refault.faults += refault.faults;
    this.refault.pages += refault.pages;
    this.refault.pagesBack += refault.pagesBack;
    if (refault.ended !== 'back') return;
    this.refault.back++;
    this.timeBack.add(refault.until - refault.since);
  }
}

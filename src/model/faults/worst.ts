import type { MappingEvent } from '../../probes/event.js';
import type { Vma } from '../vma.js';
import type { Zap } from '../zap.js';

/** What took the time: a fault handler, the insert of an entry, a whole zap, its work on one VMA, a blocked window. */
export type WorstWhat = 'handler' | 'insert' | 'zap' | 'visit' | 'window';

/** One long action and its place in the trace. */
export interface Slow {
  what: WorstWhat;
  ns: number;
  vma: Vma | null;
  zap: Zap | null;
  /** First page, NaN when it has none. */
  page: number;
  /** Order of the entry, NaN when it has none. */
  order: number;
  t: number;
  cpu: number;
  pid: number;
  comm: string;
  /** Line or byte offset; -1 when it has none. */
  origin: number;
}

/** The longest few, longest first. */
export class Worst {
  static readonly KEPT = 10;
  readonly list: Slow[] = [];

  /** Whether a duration is long enough to be kept: asked before anything is made for it. */
  takes(ns: number): boolean {
    return this.list.length < Worst.KEPT || ns > this.list[this.list.length - 1].ns;
  }

  add(slow: Slow): void {
    if (!this.takes(slow.ns)) return;
    let at = this.list.length;
    while (at > 0 && this.list[at - 1].ns < slow.ns) at--;
    this.list.splice(at, 0, slow);
    if (this.list.length > Worst.KEPT) this.list.pop();
  }

  event(
    what: WorstWhat,
    ns: number,
    event: MappingEvent,
    vma: Vma | null,
    page: number,
    order: number,
  ): void {
    if (!this.takes(ns)) return;
    const { begin, beginCpu, beginOrigin, task, comm } = event;
    const place = { t: begin, cpu: beginCpu, pid: task.pid, comm, origin: beginOrigin };
    this.add({ what, ns, vma, zap: null, page, order, ...place });
  }

  merge(other: Worst): void {
    for (const slow of other.list) this.add(slow);
  }
}

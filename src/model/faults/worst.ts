import type { MappingEvent } from '../../probes/event.js';
import type { Vma } from '../vma.js';
import type { Zap } from '../zap.js';

/** What took the time: a fault handler, the insert of an entry, a whole zap, its work on one VMA. */
export type SlowWhat = 'handler' | 'insert' | 'zap' | 'visit';

/** One long action and its place in the trace. */
export interface Slow {
  what: SlowWhat;
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

/** The longest few of each kind, longest first. */
export class Worst {
  static readonly KEPT = 10;
  readonly #lists: Record<SlowWhat, Slow[]> = { handler: [], insert: [], zap: [], visit: [] };

  get list(): Slow[] {
    const { handler, insert, zap, visit } = this.#lists;
    return [...handler, ...insert, ...zap, ...visit];
  }

  /** Whether a duration is long enough to be kept: asked before anything is made for it. */
  takes(what: SlowWhat, ns: number): boolean {
    const list = this.#lists[what];
    return list.length < Worst.KEPT || ns > list[list.length - 1].ns;
  }

  add(slow: Slow): void {
    if (!this.takes(slow.what, slow.ns)) return;
    const list = this.#lists[slow.what];
    let at = list.length;
    while (at > 0 && list[at - 1].ns < slow.ns) at--;
    list.splice(at, 0, slow);
    if (list.length > Worst.KEPT) list.pop();
  }

  event(what: SlowWhat, ns: number, event: MappingEvent, vma: Vma | null, page: number, order: number): void {
    if (!this.takes(what, ns)) return;
    const { begin, beginCpu, beginOrigin, task, comm } = event;
    const place = { t: begin, cpu: beginCpu, pid: task.pid, comm, origin: beginOrigin };
    this.add({ what, ns, vma, zap: null, page, order, ...place });
  }

  merge(other: Worst): void {
    for (const slow of other.list) this.add(slow);
  }
}

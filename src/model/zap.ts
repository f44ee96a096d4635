import type { SymbolState } from '../probes/binding.js';
import type { Effect } from '../probes/map.js';
import type { Device } from './device.js';
import type { Mark } from './mark.js';
import type { Moment } from './order.js';
import type { PageRun } from './run.js';
import type { Visit } from './visit.js';
import type { Vma } from './vma.js';

/** VMAs to a piece of a list of them. */
const PIECE = 1024;

/** One zap of a device: the interval of the zap function, what caused it, what it visited, and when its window ended. */
export class Zap {
  /** NaN while it runs. */
  end = Number.NaN;
  endSeq = 0;
  endCpu = 0;
  cause = 'unknown';
  /** The function that blocked the device encloses it. */
  causeMark: Mark | null = null;
  mark: Mark | null = null;
  pid = 0;
  comm = '';
  /** Zapped file pages [from, to). */
  from = 0;
  to = Number.POSITIVE_INFINITY;
  /** By the driver's own VMA list, not by the rmap. */
  byList = false;
  /** Pointer of the VMA that it is at now; 0: none. */
  visiting = 0;
  /** Visits of which only the beginning is known. */
  readonly #going: Visit[] = [];
  /** Ids of the VMAs it visited, in order, in pieces: an array that grows is copied, and the old one stays for a while. */
  #visited: number[][] = [];
  /** One of them may be there twice. */
  #twice = false;
  /** When its latest visit began, while that is of interest; when it did itself, before the first. */
  lastVisitBegin: number;
  /** The return of a visit is missing: how long that took is only bounded. */
  cutVisits = false;
  pagesCleared = 0;
  /** Earliest time at which mapping was allowed again; NaN while blocked or unknown. */
  unblocked = Number.NaN;
  unblockMark: Mark | null = null;
  /** What the functions around it do that block the device. */
  blocks: readonly Effect[] = [];
  /** Whether the device stays blocked after the zap, until an explicit unblock. */
  holds: 'until-unblock' | 'call' | 'unknown' = 'unknown';
  /** Records were lost between its begin and now. */
  tainted = false;
  /** Its return was seen. */
  returned = true;
  /** It only tries (trylock), and whether it has given up is not recorded. */
  tries = false;
  /** Its return is missing from a trace that has those of others: what it still did may be missing, too. */
  cut = false;
  /** By a list, it may have left out address spaces that exit: a sign of life from one of them tells that it did not. */
  leftOut = false;
  named = false;
  /** Its record has been given out. */
  told = false;
  /** Inserts that overlapped it, to be judged at its end. */
  overlapping: PageRun[] = [];
  /** Inserts behind its walk, to be judged at its end: what it holds no longer than its call blocks only until then. */
  behind: { run: PageRun; visit: Visit }[] = [];

  constructor(
    readonly id: number,
    public device: Device,
    readonly mapping: number,
    readonly begin: number,
    readonly beginSeq: number,
    readonly cpu: number,
    readonly symbol: SymbolState,
  ) {
    this.lastVisitBegin = begin;
  }

  /** The device is locked against inserts only once it has returned (kernel facts §1, G1 and G2). */
  get locksAfter(): boolean {
    return this.symbol.probe.lock === 'after';
  }

  /** No return of its function has been seen: when it ends may never be told. */
  get entryOnly(): boolean {
    return this.symbol.returns === 0;
  }

  /** Whether it is about any of these pages of a VMA; as far as is known, if where the VMA maps is not. */
  covers(vma: Vma, page: number, pages: number): boolean {
    if (this.byList) return true;
    const at = vma.pgoff + (page - vma.start);
    return !(at >= this.to || at + pages <= this.from);
  }

  addVisit(visit: Visit, vma: number): void {
    this.lastVisitBegin = visit.begin;
    if (visit.end === Number.POSITIVE_INFINITY) this.#going.push(visit);
    this.#twice ||= visit.previous !== null;
    const piece = this.#visited.at(-1);
    if (piece === undefined || piece.length >= PIECE) this.#visited.push([vma]);
    else piece.push(vma);
  }

  /** It has ended, and what was still going on in it. */
  closeVisits(): void {
    for (const visit of this.#going) {
      visit.end = this.end;
      visit.endSeq = this.endSeq;
      visit.endCpu = this.endCpu;
    }
    this.#going.length = 0;
  }

  /** Its record has been given out, or will not be wanted: a zap may be kept by its VMAs for long, what it walked need not. */
  release(): void {
    this.lastVisitBegin = this.begin;
    this.#going.length = 0;
    if (this.#twice) this.#visited = [[...this.#visitedOnce]];
    this.overlapping = [];
    this.behind = [];
  }

  get visitedVmas(): string[] {
    return [...this.#visitedOnce].map((id) => `vma${id}`);
  }

  get #visitedOnce(): Set<number> {
    return new Set(this.#visited.flat());
  }

  get ended(): boolean {
    return !Number.isNaN(this.end);
  }
}

/**
 * The earliest moment at which the unblock after this zap can have taken effect: when its function was entered, but
 * not before the zap was over, during which the lock was held (a reset zaps and unblocks in one call).
 */
export function earliestUnblock(zap: Zap | null, mark: Mark): Moment & { pid: number } {
  if (zap === null || !zap.ended || !zap.returned || mark.seq > zap.endSeq) return mark;
  return { t: zap.end, cpu: zap.endCpu, seq: zap.endSeq, pid: zap.pid };
}

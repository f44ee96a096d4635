import type { Doubt, RunEnd } from '../model/facts.js';
import type { Mark } from '../model/mark.js';
import type { Moment, Order } from '../model/order.js';
import type { PageRun } from '../model/run.js';
import type { Vma } from '../model/vma.js';
import type { Zap } from '../model/zap.js';
import { earliestUnblock } from '../model/zap.js';
import type { Claim, Confidence, Rule } from './rule.js';

const ENDED_BY: Record<RunEnd, string> = {
  zap: 'zap',
  unmap: 'unmap',
  exit: 'exit',
  moved: 'mremap',
  refuted: 'unmap',
  replaced: 'replaced',
  gone: 'unmap',
};

const UNMAPPED = new Set<RunEnd>(['unmap', 'exit', 'gone', 'moved']);

/** The device may be a virtual function, its unblock go unrecorded, the zap that runs never return: the rest of the trace tells. */
const SETTLING = new Set<Doubt>(['vf-unknown', 'unblock-unknown', 'unpaired']);

const MAX_INSTALLS = 65_536;

/** Pages that both are about. */
const common = (run: PageRun, { page, pages }: Claim): number =>
  Math.max(0, Math.min(run.page + run.pages, page + pages) - Math.max(run.page, page));

/** Claims of one degree of certainty within a case. */
export class CasePart {
  page = Number.POSITIVE_INFINITY;
  pages = 0;
  live = 0;
  t = Number.POSITIVE_INFINITY;
  exposedFrom = Number.POSITIVE_INFINITY;
  /** Time of the last record that the proof rests on. */
  until = Number.NEGATIVE_INFINITY;
  lastEnd = Number.NaN;
  endedBy: string | null = null;
  doubts: Doubt[] = [];
  /** Installs after a zap, until the window ends. */
  readonly #installs: Claim[] = [];
  /** Of those that were too many to keep, the one that returned last. */
  #beyond: PageRun | null = null;
  #first: Claim | null = null;
  /** Runs whose place an insert has just taken: pages that may be claimed again. */
  #replaced: PageRun[] = [];

  constructor(readonly owner: Case) {}

  get first(): Claim {
    return this.#first as Claim;
  }

  get exposed(): number {
    return this.exposedFrom === Number.POSITIVE_INFINITY
      ? Number.NaN
      : Math.max(0, this.lastEnd - this.exposedFrom);
  }

  add(claim: Claim): void {
    if (this.#first === null || claim.t < this.#first.t) this.#first = claim;
    let { pages } = claim;
    for (const run of this.#replaced) pages -= common(run, claim);
    this.#replaced = [];
    if (this.owner.rule.id === 'install-after-zap') {
      if (this.#installs.length < MAX_INSTALLS)
        this.#installs.push(pages === claim.pages ? claim : { ...claim, pages });
      else this.#beyond = claim.run;
    }
    this.page = Math.min(this.page, claim.page);
    this.pages += pages;
    this.t = Math.min(this.t, claim.t);
    this.until = Math.max(this.until, untilOf(claim));
    if (!Number.isNaN(claim.exposedFrom)) {
      this.exposedFrom = Math.min(this.exposedFrom, claim.exposedFrom);
      this.live += claim.pages;
    }
    for (const doubt of claim.doubt) this.doubt(doubt);
  }

  /**
   * Installs that nothing but the clock's error puts before the unblock may as well have come after it: no strays. Gives
   * the one of the others that returned last, which the unblock must certainly follow.
   */
  withdraw(unblock: Moment, order: Order): PageRun | null {
    let latest = this.#beyond;
    for (const { run, pages } of this.#installs.splice(0)) {
      if (run === null) continue;
      const after =
        order.notLater(unblock.t, unblock.cpu, unblock.seq, run.begin, run.beginCpu, run.beginSeq) ||
        (order.notLater(unblock.t, unblock.cpu, unblock.seq, run.end, run.endCpu, run.endSeq) &&
          !order.certainly(run.begin, run.beginCpu, run.beginSeq, unblock.t, unblock.cpu, unblock.seq));
      if (after && !run.breach) {
        if (!order.apparently(unblock.t, unblock.cpu, unblock.seq, run.begin, run.beginCpu, run.beginSeq))
          this.owner.untold++;
        this.pages -= pages;
        this.live = Math.max(0, this.live - pages);
      } else if (latest === null || run.end > latest.end) latest = run;
    }
    return latest;
  }

  /** Pages of a run are gone. A possible stray that was proven absent is no stray. */
  left(run: PageRun, how: RunEnd, t: number, order: Order): void {
    if (this.live === 0) return;
    if (how === 'replaced') this.#replaced.push(run);
    const { zap } = this.owner;
    // Cleared so shortly after the zap that it may have been before it: then there was nothing left to zap.
    const unmapped = this.owner.survives && zap !== null && UNMAPPED.has(how);
    if (unmapped && this.owner.withinClock(t, order)) this.doubt('clock');
    this.live -= Math.min(run.pages, this.live);
    // At the same µs, the order of the two records says nothing.
    if (unmapped && t <= zap.end) {
      this.pages -= run.pages;
      return;
    }
    if (how === 'refuted' && this.doubts.some((doubt) => !SETTLING.has(doubt))) {
      this.pages -= run.pages;
      return;
    }
    this.ended(ENDED_BY[how], t);
  }

  doubt(doubt: Doubt): void {
    if (!this.doubts.includes(doubt)) this.doubts.push(doubt);
  }

  ended(by: string, t: number): void {
    if (!(t < this.lastEnd)) {
      this.lastEnd = t;
      this.endedBy = by;
    }
  }

  absorb(other: CasePart): void {
    this.page = Math.min(this.page, other.page);
    this.pages += other.pages;
    this.t = Math.min(this.t, other.t);
    this.until = Math.max(this.until, other.until);
    this.exposedFrom = Math.min(this.exposedFrom, other.exposedFrom);
    if (this.#first === null || other.first.t < this.#first.t) this.#first = other.first;
    for (const doubt of other.doubts) this.doubt(doubt);
    if (other.endedBy !== null) this.ended(other.endedBy, other.lastEnd);
  }
}

/** When the last of a claim's actions had ended. */
function untilOf({ t, run, zap }: Claim): number {
  const zapEnd = zap === null || Number.isNaN(zap.end) ? t : zap.end;
  return Math.max(t, run === null || Number.isNaN(run.end) ? t : run.end, zapEnd);
}

/** Everything one rule says about one VMA and one zap. Pages that are certain and pages in doubt are told apart. */
export class Case {
  readonly #certain = new CasePart(this);
  /** Certain unless a doubt stays that later records may settle. */
  readonly #unlessSettled = new CasePart(this);
  readonly #possible = new CasePart(this);
  readonly #parts = [this.#certain, this.#unlessSettled, this.#possible];
  /** Past its window: closes when its last page is gone. */
  open = false;
  blockProven = false;
  provenReported = false;
  /** Installs that were withdrawn, although they may have come before the unblock. */
  untold = 0;

  constructor(
    readonly key: string,
    readonly rule: Rule,
    readonly vma: Vma,
    readonly zap: Zap | null,
  ) {}

  /** It is about pages that were there before the zap. */
  get survives(): boolean {
    return this.rule.id !== 'install-after-zap';
  }

  /** So shortly after the zap that another CPU may have been at it before the zap ended. */
  withinClock(t: number, { skew, resolution }: Order): boolean {
    return this.zap !== null && t <= this.zap.end + skew + resolution;
  }

  get livePages(): number {
    return this.#certain.live + this.#unlessSettled.live + this.#possible.live;
  }

  add(claim: Claim): CasePart {
    const part =
      claim.doubt.length === 0
        ? this.#certain
        : claim.doubt.every((doubt) => SETTLING.has(doubt))
          ? this.#unlessSettled
          : this.#possible;
    part.add(claim);
    return part;
  }

  /** Later evidence: this doubt is gone. */
  settled(doubt: Doubt): void {
    for (const part of this.#parts) part.doubts = part.doubts.filter((d) => d !== doubt);
  }

  /** Later evidence: it is not as certain as it seemed. */
  doubted(doubt: Doubt): void {
    for (const part of this.#parts) if (part.pages > 0) part.doubt(doubt);
  }

  /** Events were lost from `since` on: what rests on records after that is not certain. */
  lost(since: number): void {
    for (const part of this.#parts) {
      if (part.pages > 0 && part.until >= since) part.doubt('lost-events');
    }
  }

  /** The device allows mappings again: what is left of the strays is legal from here on. */
  unblocked(t: number, mark: Mark | null, order: Order): void {
    this.blockProven ||= this.zap?.device.blockProven ?? false;
    const limit = mark === null ? null : earliestUnblock(this.zap, mark);
    for (const part of this.#parts) {
      const run = limit === null ? null : part.withdraw(limit, order);
      if (part.live > 0) {
        part.live = 0;
        part.ended('re-enabled', t);
        // (What is unmapped after it, so shortly, may have been unmapped before the zap.)
        if (this.survives && this.withinClock(t, order)) part.doubt('clock');
      }
      if (part.pages <= 0 || run === null || run.breach || limit === null || part === this.#possible)
        continue;
      const same = run.pid === limit.pid;
      if (!order.certainly(run.end, run.endCpu, run.endSeq, limit.t, limit.cpu, limit.seq, same))
        part.doubts.push('overlaps-unblock');
    }
  }

  traceEnded(t: number): void {
    for (const part of this.#parts) {
      if (part.live > 0) {
        part.live = 0;
        part.ended('trace-end', t);
      }
    }
  }

  /** The part that is proven already and has not been reported: for findings the moment they are proven. */
  proven(): CasePart | null {
    if (this.provenReported || this.#certain.pages <= 0 || this.#certain.doubts.length > 0) return null;
    this.provenReported = true;
    return this.#certain;
  }

  /** Of each part, the claim that stands for it. */
  get firsts(): Claim[] {
    return this.#parts.flatMap(({ pages, first }) => (pages > 0 ? [first] : []));
  }

  /** It says that PTEs were there. */
  get exposes(): boolean {
    return this.#parts.some(({ pages, live, exposed }) => pages > 0 && (live > 0 || !Number.isNaN(exposed)));
  }

  /** What to report, with its confidence; at most one part of each. */
  verdicts(): { part: CasePart; confidence: Confidence }[] {
    const certain = new CasePart(this);
    const possible = new CasePart(this);
    for (const part of this.#parts) {
      if (part.pages <= 0) continue;
      const doubts = part.doubts.filter((doubt) => doubt !== 'vf-unknown' || !this.blockProven);
      (doubts.length === 0 ? certain : possible).absorb(part);
    }
    return [
      ...(certain.pages > 0 && !this.provenReported
        ? [{ part: certain, confidence: 'confirmed' as const }]
        : []),
      ...(possible.pages > 0 ? [{ part: possible, confidence: 'possible' as const }] : []),
    ];
  }
}

import type { MappingEvent } from '../probes/event.js';
import { Coverage } from './coverage.js';
import type { Device } from './device.js';
import type { Early } from './early.js';
import type { LinkWords, Mark } from './mark.js';
import { LinkMark } from './mark.js';
import type { Order } from './order.js';
import type { Visit } from './visit.js';
import { VmaNumbers } from './vma-numbers.js';
import type { Zap } from './zap.js';

export type EpochState = 'populated' | 'zapped' | 'blocked' | 're-enabled' | 'stray' | 'empty';

export interface EpochSpan {
  state: EpochState;
  start: number;
  end: number | null;
  pages: number;
}

/** More epochs than this are not kept for one VMA; the count says how many were left out. */
const MAX_EPOCHS = 20_000;

/** What few VMAs have. */
class Rare {
  mmapReturned: Mark | null = null;
  missedBy: Zap[] | null = null;
  early: Early | null = null;
  /** Of the task that put it into the rmap. */
  linkComm: string | null = null;
  /** Zaps in a row that would have missed it if it was still there, the last of them, and what it had done by then. */
  skips = 0;
  skippedBy: Zap | null = null;
  signs = 0;
  /** The latest visit, if more is to be said of it than its numbers. */
  visit: Visit | null = null;
  /** Installs of orders above 0, by order. */
  huge: Record<string, number> | null = null;
  blockedFaults = 0;
  epochs: EpochSpan[] | null = null;
  epochsLeftOut = 0;
}

/** A VMA: (pointer, generation). There may be 100,000 at a time: what a field more costs, it costs in memory. */
export class Vma extends VmaNumbers {
  mm = 0;
  pid = -1;
  comm = '';
  device: Device | null = null;
  mapping = 0;
  root = 0;
  /** Which action made it appear. */
  origin: 'mmap' | 'mmap-prepare' | 'link' | 'fork' | 'mremap' | 'split' | 'use' = 'use';
  coverage = Coverage.NONE;
  /** Whose its latest visit was. */
  lastZap: Zap | null = null;
  installs = 0;
  visits = 0;
  /** Its neighbours in the lists of its mm and its device (vma-list.ts). */
  nextOfMm: Vma | null = null;
  previousOfMm: Vma | null = null;
  nextOfDevice: Vma | null = null;
  previousOfDevice: Vma | null = null;
  nextPopulated: Vma | null = null;
  previousPopulated: Vma | null = null;
  #linkWords: LinkWords | null = null;
  #rare: Rare | null = null;

  constructor(
    /** Number in order of appearance among relevant VMAs; 0 until it is relevant. */
    public id: number,
    readonly pointer: number,
    firstSeen: number,
  ) {
    super(firstSeen);
  }

  #more(): Rare {
    this.#rare ??= new Rare();
    return this.#rare;
  }

  /** The driver's `.mmap` returned. */
  get mmapReturned(): Mark | null {
    return this.#rare === null ? null : this.#rare.mmapReturned;
  }

  set mmapReturned(mark: Mark) {
    this.#more().mmapReturned = mark;
  }

  /** Zaps that missed it before it was in the rmap: the latent rule has nothing to add. */
  get missedBy(): Zap[] | null {
    return this.#rare === null ? null : this.#rare.missedBy;
  }

  set missedBy(zaps: Zap[]) {
    this.#more().missedBy = zaps;
  }

  /** So many zaps in a row would have missed it, without a sign of it in between, if it was still there. */
  get skips(): number {
    return this.#rare === null || this.#rare.signs !== this.#signs ? 0 : this.#rare.skips;
  }

  /** This zap would have missed it. */
  noteSkip(zap: Zap): void {
    const rare = this.#more();
    if (rare.skippedBy === zap) return;
    rare.skips = this.skips + 1;
    rare.skippedBy = zap;
    rare.signs = this.#signs;
  }

  /** It was there: what was installed, and what was walked. */
  get #signs(): number {
    return this.installs + this.visits;
  }

  /** Populated in `.mmap`, and not yet known when it entered the rmap. */
  get early(): Early | null {
    return this.#rare === null ? null : this.#rare.early;
  }

  set early(early: Early | null) {
    if (early !== null || this.#rare !== null) this.#more().early = early;
  }

  get blockedFaults(): number {
    return this.#rare === null ? 0 : this.#rare.blockedFaults;
  }

  set blockedFaults(count: number) {
    this.#more().blockedFaults = count;
  }

  /** Null unless timelines are asked for. */
  get epochs(): EpochSpan[] | null {
    return this.#rare === null ? null : this.#rare.epochs;
  }

  set epochs(epochs: EpochSpan[]) {
    this.#more().epochs = epochs;
  }

  get epochsLeftOut(): number {
    return this.#rare === null ? 0 : this.#rare.epochsLeftOut;
  }

  get lastVisit(): Visit | null {
    return this.lastZap === null ? null : this.visitBy(this.lastZap);
  }

  /** Its latest visit, if this zap made it. */
  visitBy(zap: Zap): Visit | null {
    if (this.lastZap !== zap) return null;
    const kept = this.#rare === null ? null : this.#rare.visit;
    return kept ?? this.storedVisit(zap, this.visitTold);
  }

  /** Its latest visit by this zap; by any that takes VMAs from the same list while this one runs. */
  visitFor(zap: Zap): Visit | null {
    const { lastZap } = this;
    if (lastZap === zap || lastZap === null || !zap.byList || !lastZap.byList) return this.visitBy(zap);
    const visit = this.visitBy(lastZap);
    return visit !== null && visit.end > zap.begin ? visit : null;
  }

  /** Its latest visit. Most are over, on one CPU, the zap's only one, and cleared all: that is nothing but numbers. */
  noteVisit(visit: Visit): void {
    const over = visit.end !== Number.POSITIVE_INFINITY && visit.endCpu === visit.cpu;
    this.lastZap = visit.zap;
    if (!over || visit.previous !== null || visit.mark !== null) {
      this.#more().visit = visit;
      return;
    }
    if (this.#rare !== null) this.#rare.visit = null;
    this.visitTold = visit.told;
    this.storeVisit(visit);
  }

  /** It has entered the rmap, and is there until it is told that it left. */
  setLinked(event: MappingEvent, words: LinkWords): void {
    this.setLink(event.begin, event.beginSeq, event.beginOrigin, event.beginCpu, event.task.pid);
    this.#linkWords = words;
    if (event.comm !== this.comm) this.#more().linkComm = event.comm;
    else if (this.#rare !== null) this.#rare.linkComm = null;
  }

  /** Its latest insertion into the rmap. */
  get link(): Mark | null {
    if (this.#linkWords === null) return null;
    return new LinkMark(this, this.#rare?.linkComm ?? this.comm, this.#linkWords);
  }

  /** What it held is not known, at least at some time when that mattered. */
  get unknown(): boolean {
    return this.midlife || (this.inherits && this.skipped);
  }

  get alive(): boolean {
    return Number.isNaN(this.removed);
  }

  /** Whether the pages [start, end) of this range can be in this VMA. */
  overlaps(start: number, end: number): boolean {
    return Number.isNaN(this.start) || (start < this.end && end > this.start);
  }

  /**
   * It entered the rmap (again) after this action began: what the action tells is what it was before. Where the clock
   * leaves open which came first, the range that the action tells decides: a split or a cut goes by way of the rmap.
   */
  reshapedSince(event: MappingEvent, order: Order): boolean {
    const { linkT, linkSeq } = this;
    if (Number.isNaN(linkSeq)) return false;
    const { begin, beginCpu, beginSeq, vmStart, vmEnd, task } = event;
    if (linkSeq > beginSeq) return true;
    if (Number.isNaN(vmEnd) || (vmStart === this.start && vmEnd === this.end)) return false;
    return !order.certainly(
      linkT,
      this.linkCpu,
      linkSeq,
      begin,
      beginCpu,
      beginSeq,
      this.linkPid === task.pid,
    );
  }

  get pagesInstalled(): number {
    return this.installs + this.furtherPages;
  }

  countInstall(order: number, pages: number): void {
    this.installs++;
    if (pages !== 1) this.furtherPages += pages - 1;
    if (order !== 0) this.#countHuge(order);
  }

  #countHuge(order: number): void {
    const rare = this.#more();
    rare.huge ??= {};
    rare.huge[order] = (rare.huge[order] ?? 0) + 1;
  }

  /** Installs by order. */
  get orders(): Record<string, number> {
    const huge = this.#rare?.huge ?? {};
    const ptes = Object.values(huge).reduce((rest, count) => rest - count, this.installs);
    return { '0': ptes, ...huge };
  }

  enter(state: EpochState, t: number): void {
    const rare = this.#rare;
    if (rare === null || rare.epochs === null) return;
    const { epochs } = rare;
    const last = epochs.at(-1);
    if (last !== undefined) {
      if (last.state === state) {
        last.pages = this.coverage.pages;
        return;
      }
      if (last.end === null) last.end = t;
    }
    if (epochs.length >= MAX_EPOCHS) {
      rare.epochsLeftOut++;
      return;
    }
    epochs.push({ state, start: t, end: null, pages: this.coverage.pages });
  }
}

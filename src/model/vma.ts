import type { MappingEvent } from '../probes/event.js';
import { Coverage } from './coverage.js';
import type { Device } from './device.js';
import type { Early } from './early.js';
import type { LinkWords, Mark } from './mark.js';
import { LinkMark } from './mark.js';
import type { Order } from './order.js';
import { VmaNumbers } from './vma-numbers.js';
import type { Zap } from './zap.js';

/** One visit of a zap to a VMA: [begin, end] of the per-VMA zap call and the pages it walked. */
export interface Visit {
  zap: Zap;
  begin: number;
  end: number;
  beginSeq: number;
  endSeq: number;
  cpu: number;
  endCpu: number;
  /** Pages [from, to). */
  from: number;
  to: number;
  /** It told the range of the VMA: that is what was mapped then. */
  told: boolean;
  /** Earlier visit of the same zap to this VMA. */
  previous: Visit | null;
  mark: Mark | null;
}

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
  lastVisit: Visit | null = null;
  installs = 0;
  visits = 0;
  #linkWords: LinkWords | null = null;
  #linkComm = '';
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

  /** It has entered the rmap, and is there until it is told that it left. */
  setLinked(event: MappingEvent, words: LinkWords): void {
    this.setLink(event.begin, event.beginSeq, event.beginOrigin, event.beginCpu, event.task.pid);
    this.#linkWords = words;
    this.#linkComm = event.comm;
  }

  /** Its latest insertion into the rmap. */
  get link(): Mark | null {
    return this.#linkWords === null ? null : new LinkMark(this, this.#linkComm, this.#linkWords);
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

  countInstall(order: number, pages: number): void {
    this.installs++;
    this.pagesInstalled += pages;
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

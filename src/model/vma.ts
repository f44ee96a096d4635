import type { MappingEvent } from '../probes/event.js';
import { Coverage } from './coverage.js';
import type { Device } from './device.js';
import type { Early } from './early.js';
import type { Mark } from './mark.js';
import type { Order } from './order.js';
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

/** A VMA: (pointer, generation). Pages and offsets are page numbers, NaN when unknown; times ns, NaN when unknown. */
export class Vma {
  mm = 0;
  pid = -1;
  comm = '';
  start = Number.NaN;
  end = Number.NaN;
  pgoff = Number.NaN;
  device: Device | null = null;
  mapping = 0;
  root = 0;
  /** It maps a device (the driver, an install or a device zap touched it): worth reporting. */
  relevant = false;
  /** Installs and zaps came before it was known whose mapping it is: they were not held against each other. */
  late = false;
  /** It came into the rmap by itself, and what it holds is not known: mremap or fork may have given it PTEs. */
  inherits = false;
  /** A zap has skipped it while that was so. */
  skipped = false;
  /** The mmap that made it ran while the device was zapped or blocked (raced.ts). */
  raced = false;
  /** It has just come into the rmap: the mmap that put it there may still go on. */
  completing = false;
  /** Something was inserted into it, and nothing tells whose VMA it is. */
  unclaimed = false;
  /** Seen at work without having been seen created, or what gave it PTEs is not recorded: what it held is unknown. */
  midlife = false;
  created = Number.NaN;
  /** The driver's `.mmap` is running. */
  inMmap = false;
  /** No return of any `.mmap` had been seen when this one began: what follows need not be inside it. */
  mmapEntryOnly = false;
  /** The driver's `.mmap` returned. */
  mmapReturned: Mark | null = null;
  /** The driver's `.mmap` has returned, whether a mark of it is kept or not. */
  mmapDone = false;
  /** In the rmap now. */
  linked = false;
  link: Mark | null = null;
  /** Left the rmap at; NaN while it is in, or has never been. */
  unlinked = Number.NaN;
  /** Gone at. */
  removed = Number.NaN;
  /** Which action made it appear. */
  origin: 'mmap' | 'mmap-prepare' | 'link' | 'fork' | 'mremap' | 'split' | 'use' = 'use';
  coverage = Coverage.NONE;
  lastVisit: Visit | null = null;
  /** Zaps that missed it before it was in the rmap: the latent rule has nothing to add. */
  missedBy: Zap[] | null = null;
  /** Populated in `.mmap`, and not yet known when it entered the rmap. */
  early: Early | null = null;

  installs = 0;
  pagesInstalled = 0;
  blockedFaults = 0;
  visits = 0;
  /** Installs of order 0, and of others by order; null before the first of those. */
  ptes = 0;
  #huge: Record<string, number> | null = null;
  /** Null unless timelines are asked for. */
  epochs: EpochSpan[] | null = null;
  epochsLeftOut = 0;
  /** A finding names it. */
  named = false;
  /** Its record has been given out. */
  told = false;

  constructor(
    /** Number in order of appearance among relevant VMAs; 0 until it is relevant. */
    public id: number,
    readonly pointer: number,
    readonly firstSeen: number,
  ) {}

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
    const { link } = this;
    if (link === null) return false;
    const { begin, beginCpu, beginSeq, vmStart, vmEnd, task } = event;
    if (link.seq > beginSeq) return true;
    if (Number.isNaN(vmEnd) || (vmStart === this.start && vmEnd === this.end)) return false;
    return !order.certainly(link.t, link.cpu, link.seq, begin, beginCpu, beginSeq, link.pid === task.pid);
  }

  countInstall(order: number, pages: number): void {
    this.installs++;
    this.pagesInstalled += pages;
    if (order === 0) this.ptes++;
    else {
      this.#huge ??= {};
      this.#huge[order] = (this.#huge[order] ?? 0) + 1;
    }
  }

  /** Installs by order. */
  get orders(): Record<string, number> {
    return { '0': this.ptes, ...this.#huge };
  }

  enter(state: EpochState, t: number): void {
    const epochs = this.epochs;
    if (epochs === null) return;
    const last = epochs.at(-1);
    if (last !== undefined) {
      if (last.state === state) {
        last.pages = this.coverage.pages;
        return;
      }
      if (last.end === null) last.end = t;
    }
    if (epochs.length >= MAX_EPOCHS) {
      this.epochsLeftOut++;
      return;
    }
    epochs.push({ state, start: t, end: null, pages: this.coverage.pages });
  }
}

import type { ProbeMap } from '../probes/map.js';
import type { Mark } from './mark.js';
import type { Vma } from './vma.js';
import { DeviceVmas, PopulatedVmas } from './vma-list.js';
import type { Zap } from './zap.js';

/** Why a device is blocked, and until when. */
export interface Cause {
  name: string;
  holds: 'until-unblock' | 'call';
  /** When it came into force. */
  since: number;
  /** The function that sets it has zapped (it holds the lock then) or returned; before that, it may wait for the lock. */
  inForce: boolean;
  /** Events were lost since: it may be over. */
  stale: boolean;
  /** A function that ends it ran when it came into force: which of the two came last is not known. */
  contested: boolean;
  /** A cause that was in force before it, and ended after this one had come into force. */
  before: Cause | null;
}

/**
 * A device: whatever one lock and one block flag protect. Known by several pointers (vfio_device, its core device,
 * the driver's private struct) and by the address_spaces through which it is mapped.
 */
export class Device {
  readonly pointers = new Set<number>();
  readonly mappings = new Set<number>();
  map: ProbeMap | null = null;
  /** Live VMAs. */
  readonly vmas = new DeviceVmas();
  /** Live VMAs with known pages. */
  readonly populated = new PopulatedVmas();
  readonly #causes = new Map<string, Cause>();
  /** Something blocks it, if only while a function runs. */
  inForce = false;
  /** Blocked until an explicit unblock. */
  blocked = false;
  /** Only memory-disabled holds, which does not block a virtual function (kernel facts §4, trap 1). */
  onlyMemoryDisabled = false;
  /** Causes that functions which run now will end. */
  readonly ending: string[] = [];
  /** Zap that runs now; the latest, where those by a list run at the same time. */
  active: Zap | null = null;
  /** Zaps by a list that run now. */
  readonly listing: Zap[] = [];
  /** Latest zap that ended. */
  last: Zap | null = null;
  /** Ended zaps whose window is open. */
  readonly open: Zap[] = [];
  unblock: Mark | null = null;
  /** The latest zap whose window the unblock ended. */
  unblockedZap: Zap | null = null;
  /** Memory disabled does not block it (a virtual function): shown by a query that said so. */
  ignoresMemoryDisabled = false;
  /** When a query first said that mapping is allowed although memory is disabled; NaN: none did, or that is settled. */
  allowedAt = Number.NaN;
  /** A fault was refused, or a query said no, while memory was disabled and nothing else held: no virtual function. */
  blockProven = false;
  /** Since when the causes are what they are: Infinity while a function that changes them runs. */
  settledAt = Number.NEGATIVE_INFINITY;
  /** Installs after a zap in a state that the trace does not tell. */
  unknownInstalls = 0;
  used = false;
  /** It had no VMA left at some time since it was blocked. */
  idle = false;

  constructor(readonly id: number) {}

  /** Zaps that have ended, and of which more may come to light: their windows are open, or it is the latest. */
  unsettled(): readonly Zap[] {
    const { last, open } = this;
    return last === null || open.includes(last) ? open : [...open, last];
  }

  /** One of them may have left out an address space (exiting.ts). */
  get leftOut(): boolean {
    if (this.last?.leftOut === true) return true;
    // (Asked for every fault that is refused.)
    for (let i = 0; i < this.open.length; i++) if (this.open[i].leftOut) return true;
    return false;
  }

  /** The zap that runs or the latest one that ended, of those that are about these pages; null: there is none. */
  zapOver(vma: Vma, page: number, pages: number): Zap | null {
    const zap = this.active ?? this.last;
    if (zap === null || zap.covers(vma, page, pages)) return zap;
    return this.open.findLast((open) => open.covers(vma, page, pages)) ?? null;
  }

  get zapped(): boolean {
    return this.active !== null || this.last !== null;
  }

  /** Causes in force, or about to be. More than one can hold: leaving one does not unblock. */
  get causes(): ReadonlyMap<string, Cause> {
    return this.#causes;
  }

  setCause(cause: Cause): void {
    this.#causes.set(cause.name, cause);
    this.#weigh();
  }

  removeCause(name: string): void {
    this.#causes.delete(name);
    this.#weigh();
  }

  removeCauses(): void {
    this.#causes.clear();
    this.#weigh();
  }

  /** What the causes come to: asked for every fault, and changed only by functions that block or unblock. */
  #weigh(): void {
    this.inForce = false;
    this.blocked = false;
    for (const cause of this.#causes.values()) {
      if (!cause.inForce) continue;
      this.inForce = true;
      if (cause.holds === 'until-unblock') this.blocked = true;
    }
    this.onlyMemoryDisabled = this.#causes.size === 1 && this.#causes.has('memory-disabled');
  }

  /** A function that ends these causes has returned. */
  ended(causes: readonly string[]): void {
    for (const name of causes) {
      const at = this.ending.indexOf(name);
      if (at >= 0) this.ending.splice(at, 1);
    }
  }

  /** From `t` on the device is blocked for this reason, as far as the trace tells. */
  enforce(name: string, holds: Cause['holds'], t: number): Cause {
    const cause = this.causes.get(name);
    if (cause?.inForce && !cause.stale && cause.holds === holds) return cause;
    const contested = this.ending.includes(name) || this.ending.includes('*');
    const before = cause?.inForce ? cause : null;
    const fresh: Cause = { name, holds, since: t, inForce: true, stale: false, contested, before };
    this.setCause(fresh);
    return fresh;
  }

  /** The cause is over; those that go on continue it. */
  release(name: string): void {
    const ended = this.causes.get(name);
    if (ended === undefined) return;
    this.removeCause(name);
    if (!ended.inForce || ended.holds !== 'until-unblock') return;
    for (const cause of this.causes.values()) {
      if (
        cause.inForce &&
        cause.since > ended.since &&
        (cause.before === null || cause.before.since > ended.since)
      )
        cause.before = ended;
    }
  }

  /** Another one turns out to be this one: what it went through, and what goes on with it. */
  absorb(other: Device): void {
    for (const cause of other.causes.values()) this.setCause(cause);
    this.ending.push(...other.ending);
    for (const zap of [other.active, other.last, ...other.open]) if (zap !== null) zap.device = this;
    this.active ??= other.active;
    for (const zap of other.listing) zap.device = this;
    this.listing.push(...other.listing);
    if (other.last !== null && (this.last === null || this.last.beginSeq < other.last.beginSeq))
      this.last = other.last;
    this.open.push(...other.open);
    this.open.sort((a, b) => a.beginSeq - b.beginSeq);
    this.ignoresMemoryDisabled ||= other.ignoresMemoryDisabled;
    this.blockProven ||= other.blockProven;
    if (Number.isNaN(this.allowedAt)) this.allowedAt = other.allowedAt;
    this.settledAt = Math.max(this.settledAt, other.settledAt);
    this.unknownInstalls += other.unknownInstalls;
    this.map ??= other.map;
    this.used ||= other.used;
    this.idle ||= other.idle;
  }

  /**
   * A VMA turns out to map this device. What it held before the latest zap, that zap may have walked: nobody knew then
   * whose pages they were.
   */
  adopt(vma: Vma): void {
    vma.device = this;
    if (vma.relevant) this.vmas.add(vma);
    vma.late ||= vma.installs > 0 && this.last !== null;
    if (vma.coverage.empty) return;
    this.populated.add(vma);
    const zap = this.active ?? this.last;
    if (zap === null) return;
    for (const run of vma.coverage.all()) run.maybe ||= !zap.ended || run.storyBegin <= zap.end;
  }
}

import { Chains } from './chain.js';
import type { Fallback } from './fallbacks.js';
import { Latency } from './latency.js';
import { Worst } from './worst.js';

/** Installs of one order and the 4 KiB pages that they made present. */
export interface Installed {
  installs: number;
  pages: number;
}

/** What is counted for a VMA, a device and a whole trace. Times in ns. */
export class FaultNumbers {
  vmas = 0;
  /** Calls of the handler, wrappers not counted. */
  calls = 0;
  /** Of these: refused with FALLBACK. */
  refused = 0;
  /** Faults that the handler brought to an end: its last call returned neither FALLBACK nor RETRY. */
  faults = 0;
  /** They made an entry present. */
  installing = 0;
  /** Of these: after a zap of the VMA. */
  refaults = 0;
  /** NOPAGE although the entry was there: another task was faster. */
  wasted = 0;
  /** SIGBUS: the device was blocked, or the address refused. */
  blocked = 0;
  oom = 0;
  /** Calls that returned RETRY: the lock was dropped. */
  retried = 0;
  /** Fallback chains that were not brought to an end in the trace. */
  unfinished = 0;
  /** Calls without a recorded result. */
  unknown = 0;
  firstFault = Number.NaN;
  lastFault = Number.NaN;
  /** Time in the calls that made an entry present, and how many of them are timed. */
  installingNs = 0;
  installingTimed = 0;
  readonly orders = new Map<number, Installed>();
  readonly chains = new Chains();
  /** By order and reason: what the VMAs found out at their end. */
  readonly fallbacks = new Map<string, Fallback>();
  readonly handler = new Latency();
  /** Handler's entry to the first sign that it has the driver's lock: not less than the time it waited for it. */
  readonly wait = new Latency();
  readonly insert = new Latency();
  /** A zap's work on one VMA. */
  readonly visit = new Latency();
  readonly worst = new Worst();

  install(order: number, pages: number): void {
    const own = this.orders.get(order);
    if (own === undefined) this.orders.set(order, { installs: 1, pages });
    else {
      own.installs++;
      own.pages += pages;
    }
  }

  fault(t: number): void {
    this.faults++;
    if (!(this.firstFault <= t)) this.firstFault = t;
    if (!(this.lastFault >= t)) this.lastFault = t;
  }

  addFallbacks(list: Iterable<Fallback>): void {
    for (const { order, reason, count } of list) {
      const key = `${order} ${reason}`;
      const own = this.fallbacks.get(key);
      if (own === undefined) this.fallbacks.set(key, { order, reason, count });
      else own.count += count;
    }
  }

  /** Faults per second between the first and the last one; NaN for fewer than two. */
  get rate(): number {
    const span = this.lastFault - this.firstFault;
    return this.faults < 2 || !(span > 0) ? Number.NaN : ((this.faults - 1) * 1e9) / span;
  }

  merge(other: FaultNumbers): void {
    this.vmas += other.vmas;
    this.calls += other.calls;
    this.refused += other.refused;
    this.faults += other.faults;
    this.installing += other.installing;
    this.refaults += other.refaults;
    this.wasted += other.wasted;
    this.blocked += other.blocked;
    this.oom += other.oom;
    this.retried += other.retried;
    this.unfinished += other.unfinished;
    this.unknown += other.unknown;
    if (other.faults > 0) {
      if (!(this.firstFault <= other.firstFault)) this.firstFault = other.firstFault;
      if (!(this.lastFault >= other.lastFault)) this.lastFault = other.lastFault;
    }
    for (const [order, { installs, pages }] of other.orders) {
      const own = this.orders.get(order);
      this.orders.set(order, { installs: installs + (own?.installs ?? 0), pages: pages + (own?.pages ?? 0) });
    }
    this.installingNs += other.installingNs;
    this.installingTimed += other.installingTimed;
    this.chains.merge(other.chains);
    this.addFallbacks(other.fallbacks.values());
    this.handler.merge(other.handler);
    this.wait.merge(other.wait);
    this.insert.merge(other.insert);
    this.visit.merge(other.visit);
    this.worst.merge(other.worst);
  }
}

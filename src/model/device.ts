import type { ProbeMap } from '../probes/map.js';
import type { Mark } from './mark.js';
import type { Vma } from './vma.js';
import type { Zap } from './zap.js';

/** Why a device is blocked, and until when. */
export interface Cause {
  name: string;
  holds: 'until-unblock' | 'call';
  since: number;
  /** Events were lost since: it may be over. */
  stale: boolean;
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
  readonly vmas = new Set<Vma>();
  /** Live VMAs with known pages. */
  readonly populated = new Set<Vma>();
  /** Causes in force. More than one can hold: leaving one does not unblock. */
  readonly causes = new Map<string, Cause>();
  /** Zap that runs now. */
  active: Zap | null = null;
  /** Latest zap that ended. */
  last: Zap | null = null;
  /** Ended zaps whose window is open. */
  readonly open: Zap[] = [];
  unblock: Mark | null = null;
  /** The latest zap whose window the unblock ended. */
  unblockedZap: Zap | null = null;
  /** Memory disabled does not block it (a virtual function): shown by a query that said so. */
  ignoresMemoryDisabled = false;
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

  /** Blocked until an explicit unblock. */
  get blocked(): boolean {
    for (const cause of this.causes.values()) if (cause.holds === 'until-unblock') return true;
    return false;
  }

  /** Blocked as far as is known, but what ended it may have been lost. */
  get blockDoubtful(): boolean {
    for (const cause of this.causes.values())
      if (cause.holds === 'until-unblock' && !cause.stale) return false;
    return true;
  }

  /** Only memory-disabled holds, which does not block a virtual function (kernel facts §4, trap 1). */
  get onlyMemoryDisabled(): boolean {
    return this.causes.size === 1 && this.causes.has('memory-disabled');
  }
}

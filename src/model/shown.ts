import type { FunctionProbe } from '../probes/map.js';
import type { Role } from '../probes/roles.js';
import { Endings } from './endings.js';
import type { ModelObserver } from './facts.js';

/** What shows itself when a VMA goes away. */
const REMOVALS = new Set<Role>(['unlink', 'unmap', 'free']);

/** What the trace has shown so far to be recorded, or to be lost: whether the absence of a record means something. */
export class Shown {
  /** Per-VMA zap calls. */
  visits = false;
  /** They show themselves when they begin. */
  visitEntries = false;
  /** Some do not tell what they walk. */
  vagueVisits = false;
  /** A call unblocked one of several devices, and did not tell which. */
  vagueUnblocks = false;
  /** A fork or mremap did not tell both VMAs. */
  vagueCopies = false;
  /** Zaps by a list of the driver's own. */
  listZaps = 0;
  /** rmap insertions. */
  links = false;
  /** A device was closed. */
  closes = false;
  /** munmap shows itself: a VMA that it has not taken is alive. */
  removals = false;
  /** The end of an address space shows itself. */
  exits = false;
  /** PTEs that munmap clears have been seen to go. */
  unmaps = false;
  /** Return values of installs. */
  installResults = false;
  /** Accesses that trace_marker lines told of. */
  accesses = 0;
  readonly endings = new Endings();
  /** Marks of loss: every loss raises it; knowledge from before is no longer certain. */
  losses = 0;
  lastLoss = Number.NEGATIVE_INFINITY;
  readonly #recorded = new Set<FunctionProbe>();

  constructor(private readonly observer: ModelObserver) {}

  /** This function is recorded: that it is not seen means that it was not called. */
  recorded(probe: FunctionProbe): void {
    if (this.#recorded.has(probe)) return;
    this.#recorded.add(probe);
    if (REMOVALS.has(probe.role)) this.removalsAreSeen();
    if (probe.role === 'exit') this.exitsAreSeen();
    this.endings.recorded(probe);
  }

  /** It is, but not what tells whether a call of it unblocks. */
  vague(probe: FunctionProbe): void {
    this.#recorded.add(probe);
    this.endings.vague(probe);
  }

  removalsAreSeen(): void {
    if (this.removals) return;
    this.removals = true;
    this.observer.settledAll('removal-unknown');
  }

  exitsAreSeen(): void {
    if (this.exits) return;
    this.exits = true;
    this.observer.settledAll('exit-unknown');
  }

  lost(t: number): void {
    this.losses++;
    this.lastLoss = Math.max(this.lastLoss, t);
  }
}

import type { Mark } from './mark.js';
import type { PageRun } from './run.js';
import type { Vma } from './vma.js';
import type { Zap } from './zap.js';

/** What the model found out, for the rules to judge. `doubt`: why it is not certain; empty when it is. */
export type Fact =
  | {
      /** An install finished in a blocked window, after the zap had cleared the range. */
      type: 'installed-after-zap';
      run: PageRun;
      zap: Zap | null;
      doubt: Doubt[];
    }
  | {
      /** Pages were present before or during the zap, and it did not clear them. */
      type: 'survived';
      /** `unlinked`: the VMA was not in the rmap; `unvisited`: it was; `uncovered`: visited, but not these pages. */
      why: 'unlinked' | 'unvisited' | 'uncovered';
      run: PageRun;
      zap: Zap;
      doubt: Doubt[];
    }
  | {
      /** An insert and a zap of one device ran at the same time. */
      type: 'overlapped';
      run: PageRun;
      zap: Zap;
      doubt: Doubt[];
    }
  | {
      /** Pages were installed before the VMA entered the rmap. */
      type: 'populated-early';
      vma: Vma;
      run: PageRun;
      pages: number;
      /** ns until the rmap insertion; NaN when that is not known. */
      window: number;
      doubt: Doubt[];
    }
  | {
      /** A user access succeeded while blocked, with no install in between. */
      type: 'accessed';
      vma: Vma;
      page: number;
      zap: Zap;
      mark: Mark;
      doubt: Doubt[];
    };

/** Stable reasons why something is only possible. */
export type Doubt =
  | 'overlaps-walk'
  | 'overlaps-zap'
  | 'overlaps-unblock'
  | 'clock'
  | 'lost-events'
  | 'result-unknown'
  | 'presence-unknown'
  | 'handler-only'
  | 'link-unknown'
  | 'visits-unknown'
  | 'range-unknown'
  | 'vf-unknown'
  | 'reopen-unknown'
  | 'unpaired'
  | 'removal-unknown'
  | 'exiting'
  | 'exit-unknown'
  | 'unblock-unknown';

/** Observer of the model: the judge, timelines, outputs. */
export interface ModelObserver {
  fact(fact: Fact): void;
  /** Pages with claims ended: cleared by `zap`, `unmap`, `exit`, moved away, or proven absent (`refuted`). */
  runEnded(run: PageRun, how: RunEnd, t: number): void;
  /** The device allows mappings again: windows of these zaps end. */
  unblocked(zaps: readonly Zap[], mark: Mark | null, t: number): void;
  /** A VMA is gone for good, or the trace ended. */
  vmaRetired(vma: Vma): void;
  /** A zap's window is closed, or the trace ended. */
  zapRetired(zap: Zap): void;
  /** An install is a stray if it came behind a walk, or before an unblock, and the clock cannot tell whether it did. */
  untold(): void;
  /** A query said that memory-disabled does not block this device. */
  blockRefuted(zaps: readonly Zap[]): void;
  /** Events were lost from `since` to now. */
  lost(since: number): void;
  /** Later evidence settles a doubt about what this zap did to this VMA, or raises one. */
  settled(vma: Vma | null, zap: Zap, doubt: Doubt): void;
  settledAll(doubt: Doubt): void;
  doubted(vma: Vma, zap: Zap, doubt: Doubt): void;
  /** The address space of this VMA, which has pages still, ends; until `lived` it had a user for certain. */
  exits(vma: Vma, lived: number): void;
}

export type RunEnd = 'zap' | 'unmap' | 'exit' | 'moved' | 'refuted' | 'replaced' | 'gone';

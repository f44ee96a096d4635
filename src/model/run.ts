import type { SymbolState } from '../probes/binding.js';
import type { BlockedSince } from './blocked-since.js';
import type { Vma } from './vma.js';

/** How PTEs came to be where they are. */
export type RunHow = 'fault' | 'mmap' | 'action' | 'fork' | 'mremap';

/** Pages that one action made present: an order-0/9/18 entry, or the range of a remap_pfn_range(). Page numbers. */
export class PageRun {
  vma!: Vma;
  page = 0;
  pages = 1;
  order = 0;
  pfn = Number.NaN;
  how: RunHow = 'fault';
  /** The action that made it: entry and return. */
  begin = 0;
  end = 0;
  beginSeq = 0;
  endSeq = 0;
  beginCpu = 0;
  endCpu = 0;
  beginOrigin = 0;
  endOrigin = 0;
  pid = 0;
  comm = '';
  symbol!: SymbolState;
  result = Number.NaN;
  /** Its presence is not certain: overlapped a zap, unknown result, or records were lost since. */
  maybe = false;
  /** It may have survived a zap, or not: what fork or mremap makes of it is not certain. */
  doubted = false;
  /** A driver that never revokes what it populates in mmap: known and accepted by its authors. */
  byDesign = false;
  /** Its begin is that of the fault handler, which waits for the lock, or is not known: that it overlaps a zap proves nothing. */
  get handlerOnly(): boolean {
    return this.symbol.probe.role === 'fault' || !this.entered;
  }
  /** The driver itself said in this fault that mapping is not allowed (query returned 0), and installed nonetheless. */
  breach = false;
  /** It began while the device was blocked; until it is judged. */
  since: BlockedSince | null = null;
  /** No longer in any VMA. */
  gone = false;
  /** Its entry was seen. If not, `begin` is the earliest time at which it can have begun. */
  entered = true;
  /** Its return was seen. If not, `end` is its begin: all that is known is that it ended later. */
  returned = true;
  /** Since when its story goes: of what fork or mremap took over, that of the first one. */
  storyBegin = 0;
  /** What the rules attached (stray claims); null mostly. */
  claims: unknown[] | null = null;

  /** The same evidence for a part of the pages. */
  slice(page: number, pages: number): PageRun {
    const part = new PageRun();
    Object.assign(part, this);
    part.page = page;
    part.pages = pages;
    part.claims = this.claims === null ? null : [...this.claims];
    return part;
  }
}

/** Fork and mremap take over what others have installed, under locks that walks of the rmap take as well. */
export const isCopy = ({ how }: PageRun): boolean => how === 'fork' || how === 'mremap';

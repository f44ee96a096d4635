import type { MappingEvent } from '../../probes/event.js';
import { Kind } from '../../probes/roles.js';
import type { Vma } from '../vma.js';
import type { World } from '../world.js';
import type { Zap } from '../zap.js';
import { FaultBooks } from './books.js';
import { EMPTY_CHAIN } from './chain.js';
import { visited, zapped } from './cleared.js';
import type { Granule } from './granule.js';
import { abandon, handled } from './handled.js';
import { inserted, underLock } from './inserted.js';
import type { VmaFaults } from './vma-faults.js';
import type { ZapCost } from './windows.js';

export interface FaultObserver {
  /** A VMA is gone, or the trace ended: its numbers are final. */
  vma(vma: Vma, faults: VmaFaults): void;
  /** A zap and what it took to get its pages back. */
  zap(cost: ZapCost): void;
}

/**
 * How well mappings are filled: fed with every mapping event just before the model takes it (what is present then is
 * what was present before the event), and with the model's VMAs and zaps as they retire.
 */
export class FaultStats {
  readonly books: FaultBooks;

  constructor(
    world: World,
    private readonly observer: FaultObserver,
  ) {
    this.books = new FaultBooks(world, (cost) => observer.zap(cost));
  }

  /** The architecture's page size, where the trace tells it before the first huge fault does. */
  setGranule(granule: Granule): void {
    this.books.granule = granule;
    this.books.granuleKnown = true;
  }

  event(event: MappingEvent): void {
    switch (event.kind) {
      case Kind.Fault:
        handled(event, this.books);
        break;
      case Kind.Insert:
      case Kind.Decision:
        inserted(event, this.books);
        break;
      case Kind.Query:
        underLock(event, this.books);
        break;
      case Kind.Visit:
        visited(event, this.books);
        break;
      case Kind.Unmap:
        // Inside a zap whose per-VMA call is not recorded it stands for that call; else it is munmap or exit.
        if (event.parent?.kind === Kind.Zap || event.parent?.kind === Kind.ZapList)
          visited(event, this.books);
        break;
      case Kind.Zap:
      case Kind.ZapList:
        zapped(event, this.books);
        break;
      default:
        break;
    }
  }

  /** The model closed a zap's window. */
  zapRetired(zap: Zap): void {
    this.books.windows.get(zap.device)?.retired(zap, zap.unblocked);
  }

  vmaRetired(vma: Vma): void {
    const { books } = this;
    const faults = books.take(vma);
    const { numbers, place } = faults;
    faults.learnRange(vma.start, vma.end, vma.pgoff);
    numbers.vmas = 1;
    numbers.addFallbacks(faults.refused.list(place, books.granule));
    if (!vma.alive && vma.device !== null) books.windows.get(vma.device)?.gone(faults, vma.removed);
    this.observer.vma(vma, faults);
  }

  /** The trace ends: chains that no later record can complete. Before the model's end. */
  finish(): void {
    for (const task of this.books.tasks.values()) if (task.chain !== EMPTY_CHAIN) abandon(task);
  }

  /** After the model's end: refaults that go on, and calls that name no VMA. */
  finishZaps(): void {
    const { books } = this;
    for (const windows of books.windows.values()) windows.finish();
    const { numbers, refused, place } = books.strangers;
    numbers.addFallbacks(refused.list(place, books.granule));
  }
}

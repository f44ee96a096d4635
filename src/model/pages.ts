import type { MappingEvent } from '../probes/event.js';
import type { PlainFault } from '../probes/plain-fault.js';
import { Coverage } from './coverage.js';
import type { ModelObserver, RunEnd } from './facts.js';
import { PageRows, rowTells } from './rows.js';
import type { PageRun } from './run.js';
import type { Vma } from './vma.js';

/** The pages of all VMAs: how they come into a VMA's coverage, and how they go. */
export class Pages {
  readonly #rows = new PageRows();

  constructor(private readonly observer: ModelObserver) {}

  add(vma: Vma, run: PageRun): void {
    run.vma = vma;
    this.#populate(vma).add(run);
  }

  /**
   * The PTE that this insert wrote at `page` of a VMA that had none there, and of which nothing else is to be said.
   * False: a row cannot tell all of it.
   */
  addRow(vma: Vma, event: MappingEvent, page: number): boolean {
    const row = this.#rows.add(event);
    if (row < 0) return false;
    this.#populate(vma).addRow(page, row);
    return true;
  }

  /** The same for the insert of a plain fault, whose page a row may hold already. False also: a run holds it. */
  addPlain(vma: Vma, fault: PlainFault): boolean {
    if (!rowTells(fault)) return false;
    const coverage = vma.coverage.empty ? this.#populate(vma) : vma.coverage;
    return coverage.addPlain(fault);
  }

  /** The coverage of a VMA that is about to get pages. */
  #populate(vma: Vma): Coverage {
    if (vma.coverage === Coverage.NONE) {
      vma.coverage = new Coverage(this.#rows, vma);
      vma.coverage.frame(vma.start, vma.end);
    }
    if (vma.coverage.empty) vma.device?.populated.add(vma);
    return vma.coverage;
  }

  /** Nothing of the VMA is present any longer. */
  dropAll(vma: Vma, how: RunEnd, t: number): void {
    vma.coverage.dropRows(Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY);
    this.drop(vma, vma.coverage.all(), how, t);
  }

  /** These runs' pages are no longer present. */
  drop(vma: Vma, runs: readonly PageRun[], how: RunEnd, t: number): void {
    for (const run of runs) {
      vma.coverage.remove(run);
      this.end(run, how, t);
    }
    if (vma.coverage.empty) vma.device?.populated.delete(vma);
  }

  /** Pages [from, to) are no longer present. */
  clear(vma: Vma, from: number, to: number, how: RunEnd, t: number): void {
    vma.coverage.dropRows(from, to);
    for (const run of vma.coverage.touching(from, to)) this.end(vma.coverage.carve(run, from, to), how, t);
    if (vma.coverage.empty) vma.device?.populated.delete(vma);
  }

  /** A run that is in no VMA any more. */
  end(run: PageRun, how: RunEnd, t: number): void {
    run.gone = true;
    if (run.claims !== null) this.observer.runEnded(run, how, t);
  }
}

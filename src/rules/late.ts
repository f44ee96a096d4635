import type { Vma } from '../model/vma.js';
import type { Case } from './case.js';
import type { EvidenceMark } from './finding.js';
import type { Claim } from './rule.js';

/** A case that is closed, with the evidence as it was then. */
export interface LateCase {
  readonly found: Case;
  readonly evidence: ReadonlyMap<Claim, EvidenceMark[]>;
}

/** More of them are not kept waiting. */
const MOST = 1024;

/**
 * Closed cases that are not told yet: what a zap by a list has left out may belong to a process that was exiting, which
 * shows when it exits, or something else of it shows that it was not (model/exiting.ts).
 */
export class LateCases {
  readonly #byVma = new Map<Vma, LateCase[]>();
  #count = 0;

  /** Returns those that need not wait any longer: there are too many. */
  add(late: LateCase): readonly LateCase[] {
    const { vma } = late.found;
    const others = this.#byVma.get(vma);
    if (others === undefined) this.#byVma.set(vma, [late]);
    else others.push(late);
    if (++this.#count <= MOST) return [];
    const [oldest] = this.#byVma.keys();
    return this.take(oldest);
  }

  of(vma: Vma): readonly LateCase[] {
    return this.#byVma.get(vma) ?? [];
  }

  take(vma: Vma): readonly LateCase[] {
    const cases = this.of(vma);
    this.#byVma.delete(vma);
    this.#count -= cases.length;
    return cases;
  }

  all(): readonly LateCase[] {
    return [...this.#byVma.values()].flat();
  }

  takeAll(): readonly LateCase[] {
    const cases = this.all();
    this.#byVma.clear();
    this.#count = 0;
    return cases;
  }
}

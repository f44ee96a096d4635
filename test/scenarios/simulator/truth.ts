import type { SimDevice, SimVma } from './machine.js';

/** One PTE from its writing to its clearing. */
export interface Pte {
  vma: SimVma;
  page: number;
  /** When the insert that wrote it began. */
  begun: number;
  /** By when a trace can tell of it: the begin of an insert, but the return of a fork or mremap. */
  shown: number;
  written: number;
  cleared: number | null;
  /** mremap has moved it: what it is now. */
  moved: Pte | null;
}

/** A zap that is over, and the PTEs of its device that were there between then and the next zap's end or the unblock. */
export interface Window {
  device: SimDevice;
  /** Recorded time of its begin: what names it in the analysis. */
  recordedBegin: number;
  begun: number;
  ended: number;
  /** The device stays blocked after it. */
  holds: boolean;
  /** When the function that unblocks was entered, and when it was done. */
  unblocking: number | null;
  unblocked: number | null;
  superseded: number | null;
  ptes: Set<Pte>;
  /** Later ones, while the device is still blocked: written after this zap as well as after a later one. */
  later: Set<Pte>;
}

/** The page tables' own history: which PTEs were really there although the zap was over. */
export class Truth {
  readonly windows: Window[] = [];
  readonly #current = new Map<SimDevice, Window>();

  zapEnded(window: Window, present: Iterable<Pte>): void {
    const before = this.#current.get(window.device);
    if (before !== undefined) before.superseded = window.ended;
    this.windows.push(window);
    this.#current.set(window.device, window);
    for (const pte of present) window.ptes.add(pte);
  }

  written(pte: Pte): void {
    const { device } = pte.vma;
    const current = this.#current.get(device);
    for (const window of this.windows) {
      if (window.device !== device || window.unblocked !== null) continue;
      if (window === current) window.ptes.add(pte);
      else window.later.add(pte);
    }
    // Behind the back of a zap that still runs.
    if (device.walked?.has(pte.vma)) device.behind.push(pte);
  }

  /** The function that will unblock the device is entered: from here on an install may be legitimate. */
  unblocking(device: SimDevice, t: number): void {
    const window = this.#current.get(device);
    if (window !== undefined) window.unblocking ??= t;
  }

  unblocked(device: SimDevice, t: number): void {
    for (const window of this.windows) if (window.device === device) window.unblocked ??= t;
    this.#current.delete(device);
  }

  /** PTEs that were there while the device was blocked, for certain: what an analysis must not miss. `margin`: the clock's error. */
  strays(window: Window, margin: number): Pte[] {
    if (!window.holds)
      return [...window.ptes].filter((pte) => pte.written < window.begun && alive(pte, window.ended));
    const end = window.unblocking ?? Number.POSITIVE_INFINITY;
    const strays = [...window.ptes].filter(
      (pte) =>
        pte.shown + margin < end && pte.written < end && alive(pte, window.ended) && lives(pte, margin),
    );
    // (One that is moved is one, not two.)
    return strays.filter(({ moved }) => moved === null || !strays.includes(moved));
  }

  /** All PTEs that an analysis may rightly call stray. */
  atMost(window: Window): Pte[] {
    return [...new Set([...window.ptes, ...window.later])];
  }
}

/** Long enough that its insert may have been recorded as complete before an exit cleared it again. */
const lives = (pte: Pte, margin: number): boolean =>
  pte.cleared === null || pte.cleared > pte.written + margin;

const alive = (pte: Pte, t: number): boolean => pte.cleared === null || pte.cleared > t;

import { VmaFlags } from './vma-flags.js';

/** Columns of a row. */
const [START, END, PGOFF, FIRST_SEEN, CREATED, UNLINKED, REMOVED] = [0, 1, 2, 3, 4, 5, 6];
const [LINK_T, LINK_SEQ, LINK_ORIGIN, LINK_CPU, LINK_PID, PAGES_INSTALLED] = [7, 8, 9, 10, 11, 12];
const COLUMNS = 13;
/** Rows of one array: enough for the array itself to cost little, few enough for one VMA not to keep much alive. */
const ROWS = 32;

let sheet = new Float64Array(0);
let used = ROWS;

/**
 * The numbers of a VMA, in one array with those of the VMAs that came with it. V8 puts a number that is no small integer
 * into a box of 16 bytes, and a field that has once held one has a box for ever; there are a dozen here, and 100,000
 * VMAs may live. An array goes when the last of its VMAs goes.
 *
 * Pages and offsets are page numbers, NaN when unknown; times ns, NaN when unknown.
 */
export class VmaNumbers extends VmaFlags {
  readonly #sheet: Float64Array;
  readonly #row: number;

  constructor(firstSeen: number) {
    super();
    if (used === ROWS) {
      sheet = new Float64Array(ROWS * COLUMNS).fill(Number.NaN);
      used = 0;
    }
    this.#sheet = sheet;
    this.#row = used++ * COLUMNS;
    this.#sheet[this.#row + FIRST_SEEN] = firstSeen;
    this.#sheet[this.#row + PAGES_INSTALLED] = 0;
  }

  get start(): number {
    return this.#sheet[this.#row + START];
  }

  set start(page: number) {
    this.#sheet[this.#row + START] = page;
  }

  get end(): number {
    return this.#sheet[this.#row + END];
  }

  set end(page: number) {
    this.#sheet[this.#row + END] = page;
  }

  get pgoff(): number {
    return this.#sheet[this.#row + PGOFF];
  }

  set pgoff(page: number) {
    this.#sheet[this.#row + PGOFF] = page;
  }

  get firstSeen(): number {
    return this.#sheet[this.#row + FIRST_SEEN];
  }

  get created(): number {
    return this.#sheet[this.#row + CREATED];
  }

  set created(t: number) {
    this.#sheet[this.#row + CREATED] = t;
  }

  /** Left the rmap at; NaN while it is in, or has never been. */
  get unlinked(): number {
    return this.#sheet[this.#row + UNLINKED];
  }

  set unlinked(t: number) {
    this.#sheet[this.#row + UNLINKED] = t;
  }

  /** Gone at. */
  get removed(): number {
    return this.#sheet[this.#row + REMOVED];
  }

  set removed(t: number) {
    this.#sheet[this.#row + REMOVED] = t;
  }

  get pagesInstalled(): number {
    return this.#sheet[this.#row + PAGES_INSTALLED];
  }

  set pagesInstalled(count: number) {
    this.#sheet[this.#row + PAGES_INSTALLED] = count;
  }

  /** Its latest insertion into the rmap: all NaN when none was seen. */
  get linkT(): number {
    return this.#sheet[this.#row + LINK_T];
  }

  get linkSeq(): number {
    return this.#sheet[this.#row + LINK_SEQ];
  }

  get linkOrigin(): number {
    return this.#sheet[this.#row + LINK_ORIGIN];
  }

  get linkCpu(): number {
    return this.#sheet[this.#row + LINK_CPU];
  }

  get linkPid(): number {
    return this.#sheet[this.#row + LINK_PID];
  }

  protected setLink(t: number, seq: number, origin: number, cpu: number, pid: number): void {
    const row = this.#row;
    this.#sheet[row + LINK_T] = t;
    this.#sheet[row + LINK_SEQ] = seq;
    this.#sheet[row + LINK_ORIGIN] = origin;
    this.#sheet[row + LINK_CPU] = cpu;
    this.#sheet[row + LINK_PID] = pid;
  }
}

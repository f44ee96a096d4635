import type { Visit } from './visit.js';
import * as Column from './vma-columns.js';
import { VmaFlags } from './vma-flags.js';
import type { Zap } from './zap.js';

/** Rows of one array: enough for the array itself to cost little, few enough for one VMA not to keep much alive. */
const ROWS = 32;

/** A CPU, which may be -1, shares a double with a number that may be -1. No kernel has so many CPUs. */
const CPUS = 2 ** 20;
const withCpu = (number: number, cpu: number): number => (number + 1) * CPUS + Math.min(cpu + 1, CPUS - 1);
const cpuOf = (both: number): number => (both % CPUS) - 1;
const numberOf = (both: number): number => Math.floor(both / CPUS) - 1;

let sheet = new Float64Array(0);
let used = ROWS;

/**
 * The numbers of a VMA, in one array with those of the VMAs that came with it. V8 puts a number that is no small integer
 * into a box of 16 bytes, and a field that has once held one has a box for ever; there are a score here, and 100,000
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
      sheet = new Float64Array(ROWS * Column.COLUMNS).fill(Number.NaN);
      used = 0;
    }
    this.#sheet = sheet;
    this.#row = used++ * Column.COLUMNS;
    this.#sheet[this.#row + Column.FIRST_SEEN] = firstSeen;
    this.#sheet[this.#row + Column.FURTHER_PAGES] = 0;
  }

  get start(): number {
    return this.#sheet[this.#row + Column.START];
  }

  set start(page: number) {
    this.#sheet[this.#row + Column.START] = page;
  }

  get end(): number {
    return this.#sheet[this.#row + Column.END];
  }

  set end(page: number) {
    this.#sheet[this.#row + Column.END] = page;
  }

  get pgoff(): number {
    return this.#sheet[this.#row + Column.PGOFF];
  }

  set pgoff(page: number) {
    this.#sheet[this.#row + Column.PGOFF] = page;
  }

  get firstSeen(): number {
    return this.#sheet[this.#row + Column.FIRST_SEEN];
  }

  get created(): number {
    return this.#sheet[this.#row + Column.CREATED];
  }

  set created(t: number) {
    this.#sheet[this.#row + Column.CREATED] = t;
  }

  /** Left the rmap at; NaN while it is in, or has never been. */
  get unlinked(): number {
    return this.#sheet[this.#row + Column.UNLINKED];
  }

  set unlinked(t: number) {
    this.#sheet[this.#row + Column.UNLINKED] = t;
  }

  /** Gone at. */
  get removed(): number {
    return this.#sheet[this.#row + Column.REMOVED];
  }

  set removed(t: number) {
    this.#sheet[this.#row + Column.REMOVED] = t;
  }

  /** The page at which the array of its coverage begins (coverage.ts). */
  get framedAt(): number {
    return this.#sheet[this.#row + Column.FRAMED_AT];
  }

  set framedAt(page: number) {
    this.#sheet[this.#row + Column.FRAMED_AT] = page;
  }

  /** What its installs wrote beyond a page each. */
  get furtherPages(): number {
    return this.#sheet[this.#row + Column.FURTHER_PAGES];
  }

  set furtherPages(count: number) {
    this.#sheet[this.#row + Column.FURTHER_PAGES] = count;
  }

  /** Its latest insertion into the rmap: all NaN when none was seen. */
  get linkT(): number {
    return this.#sheet[this.#row + Column.LINK_T];
  }

  get linkSeq(): number {
    return this.#sheet[this.#row + Column.LINK_SEQ];
  }

  get linkOrigin(): number {
    return this.#sheet[this.#row + Column.LINK_ORIGIN];
  }

  get linkCpu(): number {
    return cpuOf(this.#sheet[this.#row + Column.LINK_PID_CPU]);
  }

  get linkPid(): number {
    return numberOf(this.#sheet[this.#row + Column.LINK_PID_CPU]);
  }

  protected setLink(t: number, seq: number, origin: number, cpu: number, pid: number): void {
    const row = this.#row;
    this.#sheet[row + Column.LINK_T] = t;
    this.#sheet[row + Column.LINK_SEQ] = seq;
    this.#sheet[row + Column.LINK_ORIGIN] = origin;
    this.#sheet[row + Column.LINK_PID_CPU] = withCpu(pid, cpu);
  }

  /** The numbers of its latest visit. */
  protected storeVisit(visit: Visit): void {
    const row = this.#row;
    this.#sheet[row + Column.VISIT_BEGIN] = visit.begin;
    this.#sheet[row + Column.VISIT_END] = visit.end;
    this.#sheet[row + Column.VISIT_BEGIN_SEQ] = visit.beginSeq;
    this.#sheet[row + Column.VISIT_SEQS_CPU] = withCpu(visit.endSeq - visit.beginSeq, visit.cpu);
    this.#sheet[row + Column.VISIT_FROM] = visit.from;
    this.#sheet[row + Column.VISIT_TO] = visit.to;
  }

  /** The visit whose numbers were stored. */
  protected storedVisit(zap: Zap, told: boolean): Visit {
    const row = this.#row;
    const beginSeq = this.#sheet[row + Column.VISIT_BEGIN_SEQ];
    const seqsCpu = this.#sheet[row + Column.VISIT_SEQS_CPU];
    const cpu = cpuOf(seqsCpu);
    return {
      zap,
      begin: this.#sheet[row + Column.VISIT_BEGIN],
      end: this.#sheet[row + Column.VISIT_END],
      beginSeq,
      endSeq: beginSeq + numberOf(seqsCpu),
      cpu,
      endCpu: cpu,
      from: this.#sheet[row + Column.VISIT_FROM],
      to: this.#sheet[row + Column.VISIT_TO],
      told,
      previous: null,
      mark: null,
    };
  }
}

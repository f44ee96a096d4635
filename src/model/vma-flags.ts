/** Bits. (Each a constant of its own: the bundler writes the numbers in their place.) */
const RELEVANT = 1;
const LATE = 2;
const INHERITS = 4;
const SKIPPED = 8;
const MIDLIFE = 16;
const IN_MMAP = 32;
const MMAP_ENTRY_ONLY = 64;
const MMAP_DONE = 128;
const LINKED = 256;
const NAMED = 512;
const TOLD = 1024;
const VISIT_TOLD = 2048;
const RACED = 4096;
const COMPLETING = 8192;
const UNCLAIMED = 16384;
const EXITING = 32768;

/** What is so of a VMA, or not: each a bit of one small integer, where a field would take eight bytes. */
export class VmaFlags {
  #bits = 0;

  #set(bit: number, on: boolean): void {
    this.#bits = on ? this.#bits | bit : this.#bits & ~bit;
  }

  /** It maps a device (the driver, an install or a device zap touched it): worth reporting. */
  get relevant(): boolean {
    return (this.#bits & RELEVANT) !== 0;
  }

  set relevant(on: boolean) {
    this.#set(RELEVANT, on);
  }

  /** Installs and zaps came before it was known whose mapping it is: they were not held against each other. */
  get late(): boolean {
    return (this.#bits & LATE) !== 0;
  }

  set late(on: boolean) {
    this.#set(LATE, on);
  }

  /** It came into the rmap by itself, and what it holds is not known: mremap or fork may have given it PTEs. */
  get inherits(): boolean {
    return (this.#bits & INHERITS) !== 0;
  }

  set inherits(on: boolean) {
    this.#set(INHERITS, on);
  }

  /** A zap has skipped it while that was so. */
  get skipped(): boolean {
    return (this.#bits & SKIPPED) !== 0;
  }

  set skipped(on: boolean) {
    this.#set(SKIPPED, on);
  }

  /** The mmap that made it ran while the device was zapped or blocked (raced.ts). */
  get raced(): boolean {
    return (this.#bits & RACED) !== 0;
  }

  set raced(on: boolean) {
    this.#set(RACED, on);
  }

  /** It has just come into the rmap: the mmap that put it there may still go on. */
  get completing(): boolean {
    return (this.#bits & COMPLETING) !== 0;
  }

  set completing(on: boolean) {
    this.#set(COMPLETING, on);
  }

  /** Its address space has been taken down. */
  get exiting(): boolean {
    return (this.#bits & EXITING) !== 0;
  }

  set exiting(on: boolean) {
    this.#set(EXITING, on);
  }

  /** Something was inserted into it, and nothing tells whose VMA it is. */
  get unclaimed(): boolean {
    return (this.#bits & UNCLAIMED) !== 0;
  }

  set unclaimed(on: boolean) {
    this.#set(UNCLAIMED, on);
  }

  /** Seen at work without having been seen created, or what gave it PTEs is not recorded: what it held is unknown. */
  get midlife(): boolean {
    return (this.#bits & MIDLIFE) !== 0;
  }

  set midlife(on: boolean) {
    this.#set(MIDLIFE, on);
  }

  /** The driver's `.mmap` is running. */
  get inMmap(): boolean {
    return (this.#bits & IN_MMAP) !== 0;
  }

  set inMmap(on: boolean) {
    this.#set(IN_MMAP, on);
  }

  /** No return of any `.mmap` had been seen when this one began: what follows need not be inside it. */
  get mmapEntryOnly(): boolean {
    return (this.#bits & MMAP_ENTRY_ONLY) !== 0;
  }

  set mmapEntryOnly(on: boolean) {
    this.#set(MMAP_ENTRY_ONLY, on);
  }

  /** The driver's `.mmap` has returned, whether a mark of it is kept or not. */
  get mmapDone(): boolean {
    return (this.#bits & MMAP_DONE) !== 0;
  }

  set mmapDone(on: boolean) {
    this.#set(MMAP_DONE, on);
  }

  /** In the rmap now. */
  get linked(): boolean {
    return (this.#bits & LINKED) !== 0;
  }

  set linked(on: boolean) {
    this.#set(LINKED, on);
  }

  /** A finding names it. */
  get named(): boolean {
    return (this.#bits & NAMED) !== 0;
  }

  set named(on: boolean) {
    this.#set(NAMED, on);
  }

  /** Its record has been given out. */
  get told(): boolean {
    return (this.#bits & TOLD) !== 0;
  }

  set told(on: boolean) {
    this.#set(TOLD, on);
  }

  /** `Visit.told` of the latest visit. */
  get visitTold(): boolean {
    return (this.#bits & VISIT_TOLD) !== 0;
  }

  set visitTold(on: boolean) {
    this.#set(VISIT_TOLD, on);
  }
}

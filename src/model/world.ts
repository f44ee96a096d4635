import type { EventWords, MappingEvent } from '../probes/event.js';
import type { ProbeMap } from '../probes/map.js';
import { AssumedCleared } from './assumed.js';
import type { Device } from './device.js';
import { DeviceTable } from './device-table.js';
import { earlyWithoutLink } from './early.js';
import type { ModelObserver, RunEnd } from './facts.js';
import { GoneVmas } from './gone.js';
import type { Mark } from './mark.js';
import { AllLinkWords, EventMark, VmaMark } from './mark.js';
import type { Order } from './order.js';
import { OutsideClears } from './outside.js';
import { Pages } from './pages.js';
import { raceLate } from './raced.js';
import { isAnother } from './reuse.js';
import { Shown } from './shown.js';
import { leftUnclaimed, Unclaimed } from './unclaimed.js';
import { Users } from './users.js';
import { Vma } from './vma.js';
import { MmVmas } from './vma-list.js';
import { VmaTable } from './vma-table.js';
import type { Zap } from './zap.js';

export interface WorldOptions {
  order: Order;
  observer: ModelObserver;
  /** The event in kernel words. */
  describe: (event: EventWords) => string;
  /** Keep every VMA's epochs (timeline). */
  keepEpochs: boolean;
}

/** VMAs of an address space that can be gone through for each that comes. */
const MANY = 1024;

/** All state of one trace: devices, live VMAs, zaps with open windows. Bounded by what lives, not by events. */
export class World {
  readonly order: Order;
  readonly observer: ModelObserver;
  readonly #devices = new DeviceTable((device, mapping) => {
    // Those that were at work before anything told whose mapping it is.
    for (const vma of this.vmas.values())
      if ((vma.relevant || vma.unclaimed) && vma.device === null && vma.mapping === mapping) {
        this.makeRelevant(vma);
        this.attach(vma, device);
      }
  });
  /** Live VMAs by vm_area_struct pointer, also those that are not (yet) known to map a device. */
  readonly vmas = new VmaTable();
  readonly #byMm = new Map<number, MmVmas>();
  readonly keepEpochs: boolean;
  readonly describe: (event: EventWords) => string;
  readonly pages: Pages;
  readonly shown: Shown;
  readonly #linkWords: AllLinkWords;
  readonly outside = new OutsideClears();
  readonly users = new Users();
  #vmaCount = 0;
  readonly #gone = new GoneVmas();
  zapCount = 0;
  readonly unclaimed = new Unclaimed();
  installs = 0;
  readonly assumedCleared: AssumedCleared;
  now = 0;

  constructor(options: WorldOptions) {
    this.order = options.order;
    this.observer = options.observer;
    this.assumedCleared = new AssumedCleared(options.order);
    this.pages = new Pages(options.observer);
    this.shown = new Shown(options.observer);
    this.keepEpochs = options.keepEpochs;
    this.describe = options.describe;
    this.#linkWords = new AllLinkWords(options.describe);
  }

  /** Relevant VMAs seen so far. */
  get vmaCount(): number {
    return this.#vmaCount;
  }

  mark(event: MappingEvent): Mark {
    return new EventMark(event, this.describe);
  }

  /** A mark that tells of this VMA only. */
  markOf(vma: Vma, event: MappingEvent): VmaMark {
    return new VmaMark(event, vma, this);
  }

  /** The VMA enters the rmap by this event. */
  enters(vma: Vma, event: MappingEvent): void {
    vma.setLinked(event, this.#linkWords.of(event.binding));
  }

  // --- devices

  /** The device with one of these names, made if need be. 0: not known. */
  device(pointer: number, mapping: number, map: ProbeMap | null): Device | null {
    return this.#devices.get(pointer, mapping, map);
  }

  get devices(): readonly Device[] {
    return this.#devices.all;
  }

  deviceOfMapping(mapping: number): Device | null {
    return this.#devices.ofMapping(mapping);
  }

  deviceOfPointer(pointer: number): Device | null {
    return this.#devices.ofPointer(pointer);
  }

  // --- VMAs

  /** A VMA whose creation was seen, in an address space where its removal would be seen as well. */
  knows(pointer: number, page: number): boolean {
    const vma = this.vmas.get(pointer);
    return vma !== undefined && this.knowsAllOf(vma) && page >= vma.start && page < vma.end;
  }

  knowsAllOf(vma: Vma): boolean {
    return (
      vma.relevant &&
      vma.origin !== 'use' &&
      vma.device !== null &&
      vma.mm !== 0 &&
      !vma.exiting &&
      this.shown.losses === 0
    );
  }

  /** The live VMA at this pointer that can be the one of this event, or null; a recycled pointer retires the old one. */
  find(event: MappingEvent): Vma | null {
    const vma = this.vmas.get(event.vma);
    if (vma === undefined) return null;
    if (isAnother(vma, event, this.order)) {
      if (vma.reshapedSince(event, this.order)) return null;
      this.retire(vma, Number.isNaN(vma.unlinked) ? event.begin : vma.unlinked, 'gone');
      return null;
    }
    if (vma.mm === 0 && event.mm !== 0) this.#setMm(vma, event.mm);
    return vma;
  }

  /**
   * What an action worked on that is told late, by the times of two CPUs or because its return is missing: a VMA that
   * went away after it began, or so shortly before it that the clock cannot tell, or one that was split or cut since.
   * Null: no such VMA is known.
   */
  past(event: MappingEvent, pointer = event.vma): Vma | null {
    const since = event.begin - this.order.skew - this.order.resolution;
    const gone = this.#gone.find(pointer, since);
    if (gone !== null) return gone;
    const vma = this.vmas.get(pointer);
    return vma?.reshapedSince(event, this.order) ? vma : null;
  }

  /** The VMA that has this page of a VMA that was split since; null when it is gone. */
  holder(past: Vma, page: number): Vma | null {
    if (!past.alive) return null;
    for (const vma of this.inMm(past.mm)) {
      if (!(page >= vma.start && page < vma.end)) continue;
      // What has walked the whole has walked the part.
      const visit = past.lastVisit;
      if (visit !== null && visit.beginSeq < vma.linkSeq && vma.lastZap === null) vma.noteVisit(visit);
      return vma;
    }
    return null;
  }

  /** A new generation at this pointer. */
  create(event: MappingEvent, origin: Vma['origin'], pointer = event.vma): Vma {
    const old = this.vmas.get(pointer);
    if (old !== undefined) this.retire(old, Number.isNaN(old.unlinked) ? event.begin : old.unlinked, 'gone');
    const vma = new Vma(0, pointer, event.begin);
    vma.origin = origin;
    vma.pid = event.task.pid;
    vma.comm = event.comm;
    this.vmas.set(pointer, vma);
    return vma;
  }

  /** Takes over what the event tells of the VMA itself. */
  learn(vma: Vma, event: MappingEvent): void {
    if (vma.reshapedSince(event, this.order)) return;
    if (event.mm !== 0 && vma.mm === 0) this.#setMm(vma, event.mm);
    this.reaches(vma, event);
    if (!Number.isNaN(event.pgoff)) vma.pgoff = event.pgoff;
    if (event.mapping !== 0) vma.mapping = event.mapping;
    if (event.root !== 0) vma.root = event.root;
  }

  /** The event may tell how far it reaches. */
  reaches(vma: Vma, { vmStart, vmEnd, begin }: MappingEvent): void {
    if (Number.isNaN(vmStart) || Number.isNaN(vmEnd)) return;
    // Part of it was unmapped or split off, and no record told so: what was there is unknown now.
    if (!vma.coverage.empty && vma.start < vmStart) this.pages.clear(vma, vma.start, vmStart, 'unmap', begin);
    if (!vma.coverage.empty && vmEnd < vma.end) this.pages.clear(vma, vmEnd, vma.end, 'unmap', begin);
    vma.start = vmStart;
    vma.end = vmEnd;
  }

  /** The VMA maps a device: it counts from now on. */
  makeRelevant(vma: Vma): void {
    if (vma.relevant) return;
    vma.relevant = true;
    vma.id = ++this.#vmaCount;
    if (this.keepEpochs) vma.epochs = [];
    if (vma.device !== null) vma.device.vmas.add(vma);
  }

  attach(vma: Vma, device: Device | null): void {
    if (device === null || vma.device === device) return;
    vma.device?.vmas.delete(vma);
    vma.device?.populated.delete(vma);
    device.adopt(vma);
    if (vma.relevant) raceLate(vma, device, this);
    device.used = true;
    this.#devices.root(vma.root, device);
  }

  /** The VMA's device by any name that it carries; null when unknown. */
  resolve(vma: Vma): Device | null {
    if (vma.device !== null) return vma.device;
    const device = this.#devices.ofVma(vma.mapping, vma.root);
    if (device !== null) this.attach(vma, device);
    return device;
  }

  #setMm(vma: Vma, mm: number): void {
    vma.mm = mm;
    let vmas = this.#byMm.get(mm);
    if (vmas === undefined) this.#byMm.set(mm, (vmas = new MmVmas()));
    vmas.add(vma);
  }

  /** Whether it lies in another relevant VMA of its address space. Of many VMAs that is not asked: it would take long. */
  isInside(vma: Vma): boolean {
    const { start, end } = vma;
    const vmas = this.#byMm.get(vma.mm);
    if (vmas === undefined || vmas.size > MANY || Number.isNaN(start)) return false;
    for (let old = vmas.first; old !== null; old = old.nextOfMm)
      if (old !== vma && old.relevant && old.start <= start && end <= old.end) return true;
    return false;
  }

  /** Relevant VMAs of an address space. */
  *inMm(mm: number): Iterable<Vma> {
    const vmas = this.#byMm.get(mm);
    for (let vma = vmas?.first ?? null; vma !== null; vma = vma.nextOfMm) if (vma.relevant) yield vma;
  }

  /** The VMA is gone: its pages with it. */
  retire(vma: Vma, t: number, how: RunEnd): void {
    if (!vma.alive) return;
    // (How it ended is not recorded: by an exit, perhaps.)
    if (how === 'gone' && this.shown.listZaps > 0 && !vma.exiting && Number.isNaN(vma.unlinked))
      this.observer.exits(vma, this.users.lived(vma.mm));
    if (!vma.coverage.empty) this.pages.dropAll(vma, how, t);
    vma.coverage.clear();
    vma.removed = t;
    // (Of one that was never more than a pointer, nothing can be told late.)
    if (vma.relevant || !Number.isNaN(vma.linkSeq)) this.#gone.add(vma);
    earlyWithoutLink(vma, this);
    vma.linked = false;
    vma.enter('empty', t);
    this.vmas.delete(vma);
    const { device } = vma;
    if (device !== null) {
      device.vmas.delete(vma);
      device.populated.delete(vma);
      if (device.vmas.size === 0) device.idle = true;
    }
    const ofMm = this.#byMm.get(vma.mm);
    if (ofMm !== undefined) {
      ofMm.delete(vma);
      if (ofMm.size === 0) this.#byMm.delete(vma.mm);
    }
    if (vma.unclaimed) leftUnclaimed(vma, this);
    if (vma.relevant) this.observer.vmaRetired(vma);
  }

  closeZap(zap: Zap): void {
    this.observer.zapRetired(zap);
    zap.release();
  }
}

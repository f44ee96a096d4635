import type { MappingEvent, MappingSink } from '../probes/event.js';
import type { PlainFault } from '../probes/plain-fault.js';
import { Kind } from '../probes/roles.js';
import { accessed } from './access.js';
import { installBegins } from './blocked-since.js';
import { controlBegin, controlEnd } from './control.js';
import { copied, copyBegins, moved } from './copying.js';
import { answered, queried, settleAllowed } from './devices.js';
import { earlyWithoutLink } from './early.js';
import { mayHaveExited } from './exiting.js';
import { faulted, installed } from './installing.js';
import { exited, freed, settle, unlinked, unmapped } from './leaving.js';
import { actionBegin, actionEnd, linked, mmapBegin, mmapEnd, prepareEnd, regionEnd } from './lifetime.js';
import { plainFault } from './plain-fault.js';
import { leftUnclaimed } from './unclaimed.js';
import { visitBegins, visited } from './visiting.js';
import type { Vma } from './vma.js';
import type { WorldOptions } from './world.js';
import { World } from './world.js';
import { zapBegin, zapEnd } from './zapping.js';

/** What decides was told that mapping is not allowed; what came of it is not recorded, but that is what it asks for. */
const refusedInside = ({ allowed, returned }: MappingEvent): boolean => allowed === 0 && !returned;

/** The history of every VMA and device of one trace. Pure state: mapping events in, facts out. */
export class Model implements MappingSink {
  readonly world: World;

  constructor(options: WorldOptions) {
    this.world = new World(options);
  }

  knows(pointer: number, page: number): boolean {
    return this.world.knows(pointer, page);
  }

  strange(pointer: number): boolean {
    const { world } = this;
    const { links, removals } = world.shown;
    // (Where nothing tells that one enters the rmap, it may have been split off one that is known.)
    return pointer !== 0 && links && removals && world.vmas.get(pointer) === undefined;
  }

  begin(event: MappingEvent): void {
    const { world } = this;
    world.now = event.begin;
    if (event.task.note !== null) settle(event.task, world);
    const own = event.kind === Kind.Mmap || event.kind === Kind.MmapPrepare || event.kind === Kind.Fault;
    if (own && event.mm !== 0) world.users.uses(event.task, event.mm);
    switch (event.kind) {
      case Kind.Zap:
      case Kind.ZapList:
        zapBegin(event, world);
        break;
      case Kind.Visit:
        visitBegins(event, world);
        break;
      case Kind.Control:
        controlBegin(event, world);
        break;
      case Kind.Insert:
      case Kind.Decision:
      case Kind.Fault:
        installBegins(event, world);
        break;
      case Kind.Copy:
      case Kind.Move:
        installBegins(event, world);
        copyBegins(event, world);
        break;
      case Kind.Mmap:
        mmapBegin(event, world);
        break;
      case Kind.MmapAction:
        actionBegin(event, world);
        break;
      default:
        break;
    }
  }

  end(event: MappingEvent): void {
    const { world } = this;
    // Still running when the trace ends: what it did by then is not known.
    if (event.end === Number.POSITIVE_INFINITY) return;
    world.now = event.end;
    switch (event.kind) {
      case Kind.Insert:
        installed(event, world);
        break;
      case Kind.Decision:
        if (!event.installed && !refusedInside(event)) installed(event, world);
        break;
      case Kind.Fault:
        faulted(event, world);
        break;
      case Kind.Visit:
        visited(event, world);
        break;
      case Kind.Zap:
      case Kind.ZapList:
        zapEnd(event, world);
        break;
      case Kind.Control:
        controlEnd(event, world);
        break;
      case Kind.Mmap:
        mmapEnd(event, world);
        break;
      case Kind.MmapPrepare:
        prepareEnd(event, world);
        break;
      case Kind.MmapAction:
        actionEnd(event, world);
        break;
      case Kind.Region:
      case Kind.SysMmap:
        regionEnd(event);
        break;
      case Kind.Copy:
        copied(event, world);
        break;
      case Kind.Move:
        moved(event, world);
        break;
      default:
        break;
    }
  }

  answers(outer: MappingEvent, allowed: number): boolean {
    return outer.kind === Kind.Fault && answered(outer, allowed, this.world);
  }

  plainFault(fault: PlainFault): boolean {
    return plainFault(fault, this.world);
  }

  point(event: MappingEvent): void {
    const { world } = this;
    world.now = event.begin;
    switch (event.kind) {
      case Kind.Link:
        linked(event, world);
        return;
      case Kind.Unlink:
        unlinked(event, world);
        return;
      case Kind.Unmap:
        unmapped(event, world);
        return;
      case Kind.Free:
        freed(event, world);
        return;
      case Kind.Query:
        queried(event, world);
        break;
      case Kind.Exit:
        exited(event, world);
        break;
      case Kind.Access:
        accessed(event, world);
        break;
      default:
        break;
    }
    if (event.task.note !== null && event.kind !== Kind.Split) settle(event.task, world);
  }

  lost(since: number, t: number): void {
    const { world } = this;
    world.shown.lost(t);
    for (const device of world.devices) {
      if (device.active !== null) device.active.tainted = true;
      for (const zap of device.open) zap.tainted = true;
      // What ended a cause may be among the lost.
      for (const cause of device.causes.values()) cause.stale = true;
    }
    mayHaveExited(world, Number.NEGATIVE_INFINITY);
    world.observer.lost(since);
  }

  /** The trace ends. */
  finish(t: number): void {
    const { world } = this;
    world.now = t;
    mayHaveExited(world, t);
    // (No list of all: there may be 100,000.)
    for (const vma of world.vmas.values()) {
      if (!Number.isNaN(vma.unlinked) && !vma.linked) world.retire(vma, vma.unlinked, 'unmap');
    }
    for (const device of world.devices) {
      settleAllowed(device, t, world);
      for (const zap of device.open.splice(0)) world.closeZap(zap);
      if (device.active !== null) world.closeZap(device.active);
    }
    for (const vma of world.vmas.values()) if (vma.unclaimed) leftUnclaimed(vma, world);
    const left: Vma[] = [];
    for (const vma of world.vmas.values()) if (vma.relevant) left.push(vma);
    for (const vma of left.sort((a, b) => a.firstSeen - b.firstSeen || a.id - b.id)) {
      earlyWithoutLink(vma, world);
      world.observer.vmaRetired(vma);
    }
  }
}

import type { MappingEvent } from '../probes/event.js';
import { Kind } from '../probes/roles.js';
import { BlockedSince, blockDoubts, judgeSince } from './blocked-since.js';
import { Held } from './coverage.js';
import type { Device } from './device.js';
import { showsPhysical } from './devices.js';
import { afterWalk, doubtsOf } from './doubts.js';
import type { Doubt } from './facts.js';
import { inRange, judgeBehind, judgeOverlap, missedRun } from './missed.js';
import type { PageRun, RunHow } from './run.js';
import type { Visit, Vma } from './vma.js';
import type { World } from './world.js';
import type { Zap } from './zap.js';

const NOPAGE = 0x100;
const SIGBUS = 0x2;

/** 1 it wrote (or found) a present entry, 0 it did not, NaN unknown. VM_FAULT_NOPAGE means "present now". */
function succeeded(event: MappingEvent): number {
  if (Number.isNaN(event.result)) return Number.NaN;
  if (event.binding.probe.result === 'fault') return (event.result & NOPAGE) !== 0 ? 1 : 0;
  return event.result === 0 ? 1 : 0;
}

/** Where an install runs: the driver's action around it, and whether the core runs an mmap action. */
interface Context {
  /** Innermost fault handler or `.mmap` around it, else the mmap action, else null: none of a driver's. */
  around: MappingEvent | null;
  inAction: boolean;
}

const here: Context = { around: null, inAction: false };

/** Fills in `here` (one object for all: this runs for every install), and tells the actions around that they installed. */
function look(event: MappingEvent): Context {
  here.around = null;
  here.inAction = false;
  let action: MappingEvent | null = null;
  for (let outer = event.parent; outer !== null; outer = outer.parent) {
    const { kind } = outer;
    // The mmap of another VMA has returned unseen.
    if (kind === Kind.Mmap && outer.vma !== event.vma && outer.vma !== 0 && event.vma !== 0) continue;
    if (kind === Kind.Fault || kind === Kind.Mmap) here.around ??= outer;
    else if (kind === Kind.MmapAction) {
      here.inAction = true;
      if (here.around === null) action = outer;
    }
    if (kind === Kind.Fault || kind === Kind.Decision || kind === Kind.MmapAction) outer.installed = true;
  }
  here.around ??= action;
  return here;
}

/** An install primitive returned, or the decision around one that is not recorded itself. */
export function installed(event: MappingEvent, world: World): void {
  if (event.binding.state.hasResult) world.installsSeen = true;
  const { around, inAction } = look(event);
  // vmf_insert_pfn_pmd() and _pud() take the vm_fault: whose fault it is tells where.
  if (event.vma === 0 && around?.kind === Kind.Fault) {
    event.vma = around.vma;
    event.page = around.page;
    event.filled |= around.filled;
  }
  let vma = world.find(event);
  if (vma === null || !vma.relevant) {
    // vmf_insert_pfn and remap_pfn_range serve every driver: only what runs for a mapped driver counts.
    if (around === null || event.vma === 0) {
      foreign(event, vma);
      return;
    }
    const drivers = around.kind === Kind.Mmap || around.kind === Kind.Fault;
    if (!drivers && (vma === null || world.resolve(vma) === null)) {
      foreign(event, vma);
      return;
    }
    if (vma === null) {
      const past = world.past(event);
      // Of what was split off or cut meanwhile, the pages are another VMA's now, or nobody's.
      if (past !== null && (vma = world.holder(past, event.page)) === null) return;
    }
    if (vma === null) {
      vma = world.create(event, 'use');
      vma.midlife = true;
    }
    world.makeRelevant(vma);
  }
  world.learn(vma, event);
  const ok = succeeded(event);
  if (ok === 0) return;
  const how: RunHow = around?.kind === Kind.Mmap ? 'mmap' : inAction ? 'action' : 'fault';
  const { probe } = event.binding;
  const order = probe.order ?? (Number.isNaN(event.order) ? 0 : event.order);
  if (order === 0 && ok === 1 && probe.covers !== 'range' && putRow(vma, event, around, world)) return;
  const size = 2 ** order;
  const page = probe.covers === 'range' ? event.page : Math.floor(event.page / size) * size;
  const pages = probe.covers === 'range' ? event.pages : size;
  if (Number.isNaN(page) || !(pages > 0)) return;
  put(vma, makeRun(world, event, around, page, pages, order, how, ok !== 1), world, false);
}

/** Another driver's, as far as is known now. If it turns out to be ours, its VMA holds more than was followed. */
function foreign(event: MappingEvent, vma: Vma | null): void {
  if (succeeded(event) === 0) return;
  if (vma === null) event.task.foreign = event.vma;
  else vma.midlife = true;
}

export function makeRun(
  world: World,
  event: MappingEvent,
  around: MappingEvent | null,
  page: number,
  pages: number,
  order: number,
  how: RunHow,
  maybe: boolean,
): PageRun {
  const run = world.newRun();
  run.page = page;
  run.pages = pages;
  run.order = order;
  run.pfn = event.pfn;
  run.how = how;
  run.begin = event.begin;
  run.storyBegin = event.begin;
  run.entered = event.entered;
  run.returned = event.returned;
  run.end = event.returned ? event.end : event.begin;
  run.beginSeq = event.beginSeq;
  run.endSeq = event.returned ? event.endSeq : event.beginSeq;
  run.beginCpu = event.beginCpu;
  run.endCpu = event.returned ? event.endCpu : event.beginCpu;
  run.beginOrigin = event.beginOrigin;
  run.endOrigin = event.endOrigin;
  run.pid = event.task.pid;
  run.comm = event.comm;
  run.symbol = event.binding.state;
  run.result = event.result;
  run.maybe = maybe;
  run.doubted = false;
  run.since = event.since instanceof BlockedSince ? event.since : null;
  run.byDesign = how === 'mmap' && around?.binding.map.neverZaps === true;
  run.breach = around !== null && around.kind === Kind.Fault && around.allowed === 0;
  return run;
}

/** A fault, recorded or not, in which nothing said that mapping is not allowed. */
const plainFault = (around: MappingEvent | null): boolean =>
  around === null || (around.kind === Kind.Fault && around.allowed !== 0);

/**
 * An insert of one PTE in a fault of a device that no zap was at, from its beginning on, and that is not blocked: nothing
 * is to be judged, and what `put` would write down fits into a row. False: it does not.
 */
function putRow(vma: Vma, event: MappingEvent, around: MappingEvent | null, world: World): boolean {
  const { device, coverage } = vma;
  const { page } = event;
  if (!plainFault(around) || event.since !== null) return false;
  if (device === null || !event.entered || !event.returned || Number.isNaN(page)) return false;
  if (!longOver(device, event.begin, world)) return false;
  // NOPAGE on a present entry (concurrent faulters): the earlier install is the evidence.
  const held = coverage.held(page);
  if (held === Held.Run) return false;
  vma.countInstall(0, 1);
  world.installs++;
  if (Number.isNaN(vma.unlinked)) vma.linked = true;
  if (held === Held.Row) return true;
  world.addRow(vma, event, page);
  vma.enter('populated', event.end);
  return true;
}

/** No zap of the device runs, and the window of the latest had ended certainly before `t`. */
function longOver({ active, last }: Device, t: number, { order }: World): boolean {
  if (active !== null) return false;
  if (last === null) return true;
  return last.returned && !Number.isNaN(last.unblocked) && last.end + order.skew + order.resolution < t;
}

/** Puts an install into the books, and judges it against the zaps of its device. */
function put(vma: Vma, run: PageRun, world: World, handlerOnly: boolean): void {
  const t = run.end;
  vma.countInstall(run.order, run.pages);
  world.installs++;
  run.vma = vma;
  // Nobody faults before the mmap is complete: the VMA is in the rmap, whether that was recorded or not.
  if (run.how === 'fault' && Number.isNaN(vma.unlinked)) vma.linked = true;
  const device = vma.device ?? world.resolve(vma);
  const before = vma.coverage.at(run.page);
  // (A zap that runs and has not been to this VMA may have taken the earlier one away in the meantime.)
  const quiet = device === null || device.active === null || vma.lastVisit?.zap === device.active;
  if (before !== null && run.pages === 1 && !before.maybe && quiet) {
    // NOPAGE on a present entry (concurrent faulters): the earlier install is the evidence.
    world.recycle(run);
    return;
  }
  if (device !== null && clearedAlready(vma, run, device, world)) {
    // Nothing is left of it, but it may have broken an earlier window, or have run at the same time as the zap.
    run.gone = true;
    judge(vma, run, device, world, handlerOnly);
    return;
  }
  if (before !== null || run.pages > 1) world.clearRange(vma, run.page, run.page + run.pages, 'replaced', t);
  world.addRun(vma, run);
  vma.enter('populated', t);
  if (device !== null) judge(vma, run, device, world, handlerOnly);
}

/** The zap that is in force has walked these pages after the install returned. */
function clearedAlready(vma: Vma, run: PageRun, device: Device, world: World): boolean {
  const zap = device.zapOver(vma, run.page, run.pages);
  if (zap === null || run.end < zap.begin) return false;
  const visit = vma.lastVisit;
  if (visit === null || visit.zap !== zap) return false;
  return world.order.notLater(run.end, run.endCpu, run.endSeq, visit.begin, visit.cpu, visit.beginSeq);
}

export function judge(vma: Vma, run: PageRun, device: Device, world: World, byHandler: boolean): void {
  const { order, observer } = world;
  const zap = device.zapOver(vma, run.page, run.pages);
  if (run.breach && (zap === null || !Number.isNaN(zap.unblocked))) {
    observer.fact({ type: 'installed-after-zap', run, zap: run.since?.zap ?? null, doubt: [] });
    run.since = null;
    return;
  }
  if (zap === null) return;
  if (!byHandler && run.how !== 'action' && run.how !== 'fork' && run.how !== 'mremap') {
    overlap(vma, run, zap, world);
  }
  // Without its entry, it is not known how long it waited, either.
  const handlerOnly = byHandler || !run.entered;
  judgeSince(run, zap, device, world, handlerOnly);
  const visit = vma.lastVisit?.zap === zap ? vma.lastVisit : null;
  // The walk may still come, and a list of VMAs is gone through until it is empty: zapEnd judges what is left.
  if (!zap.ended && (visit === null || zap.byList)) return;
  const refBegin = visit ?? zap;
  if (order.notLater(run.end, run.endCpu, run.endSeq, refBegin.begin, refBegin.cpu, refBegin.beginSeq)) {
    // Without its return, it is told when the task goes on to something else: the zap may have been and gone.
    if (!run.returned && !run.gone && visit === null && inRange(vma, zap))
      missedRun(vma, run, zap, null, world);
    return;
  }
  if (!Number.isNaN(zap.unblocked)) return;
  // What blocks the device now may have come after the zap, and wait for the lock still.
  if (!device.blocked || zap.holds !== 'until-unblock') {
    if (visit !== null && !handlerOnly) duringCall(run, visit, zap, world);
    if (zap.ended && zap.holds === 'unknown') device.unknownInstalls++;
    return;
  }
  const doubt: Doubt[] = doubtsOf(run, zap, world);
  if (!zap.ended && zap.entryOnly) doubt.push('unpaired');
  const late = afterWalk(run, visit ?? zap, zap, world);
  if (late.length === 0) {
    if (zap.ended) doubt.push(...(run.breach ? [] : blockDoubts(zap, device, world)));
  } else {
    run.maybe = true;
    // A handler waits for the lock: that it overlaps a zap proves nothing. What it installed may be gone already.
    if (handlerOnly) return;
    doubt.push(...late);
  }
  observer.fact({ type: 'installed-after-zap', run, zap, doubt });
}

/** Behind the walk of a zap that blocks nothing once its call is over: it counts if it began before the zap ended. */
function duringCall(run: PageRun, visit: Visit, zap: Zap, world: World): void {
  if (zap.ended) judgeBehind(run, visit, zap, world);
  else {
    run.held = true;
    zap.behind.push({ run, visit });
  }
}

/** The driver's lock excludes inserts for the whole zap, or only while each VMA is zapped (kernel facts §4, V7). */
function overlap(vma: Vma, run: PageRun, zap: Zap, world: World): void {
  const promise = zap.device.map?.excludes ?? 'none';
  if (promise === 'none' || run.end <= zap.begin) return;
  if (zap.byList || promise === 'visit') {
    const visit = vma.lastVisit;
    if (visit?.zap === zap && run.begin < visit.end && visit.begin < run.end) judgeOverlap(run, zap, world);
  } else if (zap.ended) judgeOverlap(run, zap, world);
  else {
    run.held = true;
    zap.overlapping.push(run);
  }
}

/** The install inside it has told all there is to say, and the VMA is known. The common case. */
const toldAll = (event: MappingEvent, world: World): boolean =>
  event.installed &&
  event.result === NOPAGE &&
  event.device === 0 &&
  event.mm === 0 &&
  Number.isNaN(event.vmEnd) &&
  world.knows(event.vma, event.page);

/** A fault handler returned: a refused fault shows the block at work; without install probes it is the install. */
export function faulted(event: MappingEvent, world: World): void {
  if (toldAll(event, world)) return;
  let vma = world.find(event);
  if (vma === null) {
    if (event.vma === 0) return;
    const past = world.past(event);
    if (past !== null) {
      if ((event.result & SIGBUS) !== 0 && past.device !== null) showsPhysical(event, past.device, world);
      if ((vma = world.holder(past, event.page)) === null) return;
    } else {
      vma = world.create(event, 'use');
      vma.midlife = true;
    }
  }
  if (!vma.relevant) world.makeRelevant(vma);
  world.learn(vma, event);
  if (event.device !== 0) world.attach(vma, world.device(event.device, vma.mapping, event.binding.map));
  const device = world.resolve(vma);
  if (Number.isNaN(event.result)) return;
  if ((event.result & SIGBUS) !== 0) {
    vma.blockedFaults++;
    if (device !== null) refused(vma, event, device, world);
    return;
  }
  if ((event.result & NOPAGE) === 0 || event.installed) return;
  // Without its entry, it is not known what ran inside: an install of its own, if those are recorded at all.
  if (!event.entered && world.installs > 0) return;
  // G1, G2: NOPAGE without an install means "already populated"; later handlers install exactly one entry per NOPAGE.
  if (event.binding.probe.covers === 'vma' && world.installsSeen) return;
  handlerInstall(vma, event, world);
}

/** Only the handler is recorded: pages are present at its return, at some time during it. */
function handlerInstall(vma: Vma, event: MappingEvent, world: World): void {
  const { probe } = event.binding;
  const whole = probe.covers === 'vma';
  const order = probe.order ?? (Number.isNaN(event.order) ? 0 : event.order);
  const size = 2 ** order;
  const page = whole ? vma.start : Math.floor(event.page / size) * size;
  const pages = whole ? vma.end - vma.start : size;
  if (Number.isNaN(page) || !(pages > 0)) return;
  if (whole && !vma.coverage.empty) return;
  put(vma, makeRun(world, event, event, page, pages, whole ? 0 : order, 'fault', false), world, true);
}

/** SIGBUS: the block works, and the page that was asked for was not present when the CPU looked. */
function refused(vma: Vma, event: MappingEvent, device: Device, world: World): void {
  showsPhysical(event, device, world);
  const run = vma.coverage.at(event.page);
  if (run === null || run.claims === null) return;
  // The handler runs because the entry was none; the CPU looked after the task's previous record.
  const looked = event.prevTime;
  const known = run.pid === event.task.pid || run.end + world.order.skew + world.order.resolution < looked;
  if (!known || run.endSeq > event.beginSeq) return;
  const part = vma.coverage.carve(run, event.page, event.page + 1);
  world.endRun(part, 'refuted', event.begin);
  if (vma.coverage.empty) device.populated.delete(vma);
}

import type { MappingEvent } from '../probes/event.js';
import type { FunctionProbe } from '../probes/map.js';
import { Kind } from '../probes/roles.js';
import { Held } from './coverage.js';
import type { Device } from './device.js';
import { showsPhysical } from './devices.js';
import { goneByExit, lives } from './exiting.js';
import { clearedAlready, judge } from './judging.js';
import { makeRun } from './making.js';
import type { PageRun, RunHow } from './run.js';
import { unclaimed } from './unclaimed.js';
import type { Vma } from './vma.js';
import type { World } from './world.js';

export const NOPAGE = 0x100;
export const SIGBUS = 0x2;

/** 1 it wrote (or found) a present entry, 0 it did not, NaN unknown. VM_FAULT_NOPAGE means "present now". */
export function succeeded(probe: FunctionProbe, result: number): number {
  if (Number.isNaN(result)) return Number.NaN;
  if (probe.result === 'fault') return (result & NOPAGE) !== 0 ? 1 : 0;
  return result === 0 ? 1 : 0;
}

/** Where an install runs: the driver's action around it, and whether the core runs an mmap action. */
interface Context {
  /** Innermost fault handler or `.mmap` around it, else the mmap action, else null: none of a driver's. */
  around: MappingEvent | null;
  inAction: boolean;
  /** What the driver decides under its lock is around it: a sign of the driver where its handlers are not recorded. */
  decided: boolean;
}

const here: Context = { around: null, inAction: false, decided: false };

/** Fills in `here` (one object for all: this runs for every install), and tells the actions around that they installed. */
function look(event: MappingEvent): Context {
  here.around = null;
  here.inAction = false;
  here.decided = event.kind === Kind.Decision;
  let action: MappingEvent | null = null;
  for (let outer = event.parent; outer !== null; outer = outer.parent) {
    const { kind } = outer;
    // The mmap of another VMA has returned unseen.
    if (kind === Kind.Mmap && outer.vma !== event.vma && outer.vma !== 0 && event.vma !== 0) continue;
    if (kind === Kind.Fault || kind === Kind.Mmap) here.around ??= outer;
    else if (kind === Kind.Decision) here.decided = true;
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
  if (event.binding.state.hasResult) world.shown.installResults = true;
  const { around, inAction, decided } = look(event);
  // vmf_insert_pfn_pmd() and _pud() take the vm_fault: whose fault it is tells where.
  if (event.vma === 0 && around?.kind === Kind.Fault) {
    event.vma = around.vma;
    event.page = around.page;
    event.filled |= around.filled;
  }
  let vma = world.find(event);
  if (vma === null || !vma.relevant) {
    // vmf_insert_pfn and remap_pfn_range serve every driver: only what runs for a mapped driver counts.
    if ((around === null && !decided) || event.vma === 0) {
      foreign(event, vma, world);
      return;
    }
    const drivers = decided || around?.kind === Kind.Mmap || around?.kind === Kind.Fault;
    if (!drivers && (vma === null || world.resolve(vma) === null)) {
      foreign(event, vma, world);
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
  const ok = succeeded(event.binding.probe, event.result);
  if (ok === 0) return;
  // (An mmap that seems to go on, of a VMA that has been another one since, has returned unseen.)
  const inMmap = around?.kind === Kind.Mmap && !(vma.firstSeen > around.begin);
  const how: RunHow = inMmap ? 'mmap' : inAction ? 'action' : 'fault';
  const { probe } = event.binding;
  const order = probe.order ?? (Number.isNaN(event.order) ? 0 : event.order);
  if (order === 0 && ok === 1 && probe.covers !== 'range' && putRow(vma, event, around, world)) return;
  const size = 2 ** order;
  const page = probe.covers === 'range' ? event.page : Math.floor(event.page / size) * size;
  const pages = probe.covers === 'range' ? event.pages : size;
  if (Number.isNaN(page) || !(pages > 0)) {
    // What it wrote is not recorded.
    if (pages !== 0) vma.midlife = true;
    return;
  }
  put(vma, makeRun(event, around, page, pages, order, how, ok !== 1), world, false);
}

/** Another driver's, as far as is known now. If it turns out to be ours, its VMA holds more than was followed. */
function foreign(event: MappingEvent, vma: Vma | null, world: World): void {
  if (succeeded(event.binding.probe, event.result) !== 0) unclaimed(event, vma, world);
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
  if (device === null || !event.entered || !event.returned || Number.isNaN(page) || vma.exiting) return false;
  if (!longOver(device, event.begin, world)) return false;
  // NOPAGE on a present entry (concurrent faulters): the earlier install is the evidence.
  const held = coverage.held(page, event.end);
  if (held === Held.Run || held === Held.Later) return false;
  if (held === Held.Nothing && !world.pages.addRow(vma, event, page)) return false;
  vma.countInstall(0, 1);
  world.installs++;
  if (Number.isNaN(vma.unlinked)) vma.linked = true;
  if (held === Held.Nothing) vma.enter('populated', event.end);
  return true;
}

/** No zap of the device runs, and the window of the latest had ended certainly before `t`. */
function longOver({ active, last }: Device, t: number, { order }: World): boolean {
  if (active !== null) return false;
  if (last === null) return true;
  return last.returned && last.unblocked < t && last.end + order.skew + order.resolution < t;
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
  if (goneByExit(vma, run, world)) return;
  if (world.outside.mayHave(run, world.order)) run.maybe = true;
  const before = vma.coverage.at(run.page);
  // (A zap that runs and has not been to this VMA may have taken the earlier one away in the meantime.)
  const quiet = device === null || device.active === null || vma.lastZap === device.active;
  // NOPAGE on a present entry (concurrent faulters): the earlier install is the evidence. (A plain fault is told whole
  // when it begins, perhaps before one that returned earlier.)
  if (before !== null && run.pages === 1 && !before.maybe && quiet && before.end <= t) return;
  if (device !== null && clearedAlready(vma, run, device, world)) {
    // Nothing is left of it, but it may have broken an earlier window, or have run at the same time as the zap.
    run.gone = true;
    judge(vma, run, device, world, handlerOnly);
    return;
  }
  if (before !== null || run.pages > 1) world.pages.clear(vma, run.page, run.page + run.pages, 'replaced', t);
  world.pages.add(vma, run);
  vma.enter('populated', t);
  if (device !== null) judge(vma, run, device, world, handlerOnly);
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
      if ((event.result & SIGBUS) !== 0 && past.device !== null)
        showsPhysical(event.begin, past.device, world);
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
  if (device?.leftOut === true) lives(vma, event, device, world);
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
  if (event.binding.probe.covers === 'vma' && world.shown.installResults) return;
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
  if (Number.isNaN(page) || !(pages > 0)) {
    vma.midlife = true;
    return;
  }
  if (whole && !vma.coverage.empty) return;
  put(vma, makeRun(event, event, page, pages, whole ? 0 : order, 'fault', false), world, true);
}

/** SIGBUS: the block works, and the page that was asked for was not present when the CPU looked. */
function refused(vma: Vma, event: MappingEvent, device: Device, world: World): void {
  showsPhysical(event.begin, device, world);
  const run = vma.coverage.at(event.page);
  if (run === null || run.claims === null) return;
  // The handler runs because the entry was none; the CPU looked after the task's previous record.
  const looked = event.prevTime;
  const known = run.pid === event.task.pid || run.end + world.order.skew + world.order.resolution < looked;
  if (!known || run.endSeq > event.beginSeq) return;
  const part = vma.coverage.carve(run, event.page, event.page + 1);
  world.pages.end(part, 'refuted', event.begin);
  if (vma.coverage.empty) device.populated.delete(vma);
}

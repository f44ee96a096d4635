import type { MappingEvent } from '../probes/event.js';
import type { Effect } from '../probes/map.js';
import { Kind } from '../probes/roles.js';
import { type ControlNote, controlOf, holdsOf } from './control.js';
import type { Device } from './device.js';
import { settleAllowed } from './devices.js';
import { inRange, judgeBehind, judgeOverlap, missed, presumedGone } from './missed.js';
import { raceZap, walked } from './raced.js';
import type { Vma } from './vma.js';
import type { World } from './world.js';
import { Zap } from './zap.js';

/** vfio-pci zaps all BARs: unmap_mapping_range(mapping, 0, 6 << 40). No other caller plausibly uses these numbers. */
const VFIO_ZAP_PAGES = (6 * 2 ** 40) / 4096;
/** Ended zaps of one device whose windows are kept open; older ones are closed as "still blocked". */
const MAX_OPEN = 256;

/** A zap begins: whose, and what caused it. Zaps of mappings that no device has are not ours (truncate, request_region). */
export function zapBegin(event: MappingEvent, world: World): void {
  const device = zappedDevice(event, world);
  if (device === null) return;
  const zap = new Zap(
    ++world.zapCount,
    device,
    event.mapping,
    event.begin,
    event.beginSeq,
    event.beginCpu,
    event.binding.state,
  );
  zap.pid = event.task.pid;
  zap.comm = event.comm;
  zap.byList = event.kind === Kind.ZapList;
  if (zap.byList) world.shown.listZaps++;
  zap.tainted = event.tainted;
  if (!zap.byList && !Number.isNaN(event.page)) {
    zap.from = event.page;
    // length 0 means: to the end of the file
    if (event.pages > 0) zap.to = event.page + event.pages;
  }
  settleAllowed(device, event.begin, world);
  causeOf(event, zap, world);
  device.used = true;
  for (let outer = event.parent; outer !== null; outer = outer.parent)
    if (outer.kind === Kind.Control) outer.installed = true;
  closeUnknown(device, world);
  device.active = zap;
  if (zap.byList) device.listing.push(zap);
  event.note = zap;
}

/** The device whose mapping is zapped, or whose list; null when it is none that is known. */
function zappedDevice(event: MappingEvent, world: World): Device | null {
  if (event.kind === Kind.ZapList) return world.device(event.device, 0, event.binding.map);
  const known = world.deviceOfMapping(event.mapping);
  const caller = callerOf(event, world);
  if (caller === null) {
    // vfio's own numbers are how a mapping becomes a device's when nothing else tells.
    const fingerprint = event.page === 0 && event.pages === VFIO_ZAP_PAGES;
    return known ?? (fingerprint ? world.device(0, event.mapping, null) : null);
  }
  if (event.mapping === 0) return caller;
  // A mapping that is known by its own device already is not another one's, whoever calls.
  if (known !== null && known !== caller && known.pointers.size > 0) return known;
  return world.device([...caller.pointers][0] ?? 0, event.mapping, null);
}

/**
 * It may be over: a call in which records were lost, and one whose return is missing, which seems to go on for ever. A call
 * zaps once (a hot reset each of its devices), and one that only unblocks never: what the task zaps after that, another
 * call does.
 */
function mayBeOver(call: MappingEvent): boolean {
  const note = controlOf(call);
  return call.tainted || (call.installed && note?.spreads !== true) || note?.unblocksOnly === true;
}

/** The device of the nearest function of the driver around it. A hot reset is called on one device and zaps others as well. */
function callerOf(event: MappingEvent, world: World): Device | null {
  let inside = false;
  for (let outer = event.parent; outer !== null; outer = outer.parent) {
    if (mayBeOver(outer)) continue;
    inside ||= outer.kind === Kind.Control;
    if (outer.device === 0) continue;
    if (controlOf(outer)?.spreads === true) return null;
    return inside ? world.device(outer.device, 0, outer.binding.map) : null;
  }
  return null;
}

/** Names the cause by the nearest enclosing function that has one, and says how long the device stays blocked. */
function causeOf(event: MappingEvent, zap: Zap, world: World): void {
  for (let outer = event.parent; outer !== null; outer = outer.parent) {
    if (outer.kind !== Kind.Control || mayBeOver(outer)) continue;
    const { probe, map } = outer.binding;
    // (Its map tells which functions unblock it, also those that do not name a device.)
    zap.device.map ??= map;
    const note = controlOf(outer);
    const blocking = note?.blocks[0];
    if (blocking === undefined && probe.cause === undefined) continue;
    if (zap.cause === 'unknown' || blocking !== undefined) {
      zap.cause = probe.cause ?? blocking?.causes[0] ?? 'unknown';
      zap.causeMark = world.mark(outer);
      if (note?.spreads) spread(blocking, zap.device, note, zap.begin);
    }
    if (blocking !== undefined) {
      zap.holds = holdsOf(blocking, zap.device);
      break;
    }
  }
  zap.blocks = blocksAround(event);
  if (!zap.locksAfter) locked(zap, zap.begin);
}

/** What the functions around it do that block the device. */
function blocksAround(event: MappingEvent): Effect[] {
  const blocks: Effect[] = [];
  for (let outer = event.parent; outer !== null; outer = outer.parent) {
    const note = controlOf(outer);
    if (note !== null && !note.spreads && !mayBeOver(outer)) blocks.push(...note.blocks);
  }
  return blocks;
}

/** The functions around the zap have the device's lock. */
function locked(zap: Zap, t: number): void {
  const { device, blocks, tainted } = zap;
  for (const effect of blocks) {
    for (const name of effect.causes) {
      const before = device.causes.get(name);
      // (It may have returned long ago: what is there now, another call has set.)
      if (!zap.returned && (before === undefined || before.since > zap.begin)) continue;
      const cause = device.enforce(name, holdsOf(effect, device), t);
      // Events were lost on the way to the lock: it may have come and gone with them.
      if (cause !== before) cause.stale = tainted;
    }
  }
  if (zap.holds !== 'until-unblock' && device.blocked) zap.holds = 'until-unblock';
}

/** A call on several devices blocks each that it zaps: while it runs, or from now on. */
function spread(blocking: Effect | undefined, device: Device, note: ControlNote, t: number): void {
  if (blocking?.holds !== 'until-unblock') {
    note.others.push(device);
    return;
  }
  for (const name of blocking.causes) device.enforce(name, 'until-unblock', t);
}

/** A zap of which nothing tells when it ended ends at the latest when the next one begins. */
function closeUnknown(device: Device, world: World): void {
  while (device.open.length > 0 && (device.open[0].holds === 'unknown' || device.open.length >= MAX_OPEN)) {
    const zap = device.open.shift();
    if (zap !== undefined) world.closeZap(zap);
  }
}

/**
 * Whether a zap that only tries has given up because others held its locks (a hot reset up to 6.9); null: that is not
 * recorded.
 */
function gaveUp({ binding, x0, result, parent }: MappingEvent): boolean | null {
  if (binding.probe.result !== 'bool' || x0 === 0) return false;
  if (!Number.isNaN(result)) return result === 0;
  if (x0 === 1) return null;
  for (let outer = parent; outer !== null; outer = outer.parent)
    if (controlOf(outer)?.spreads === true) return null;
  return false;
}

/** A zap ended: whatever of the device is still known present in its range was missed. */
export function zapEnd(event: MappingEvent, world: World): void {
  const zap = event.note as Zap | null;
  if (zap === null) return;
  const { device } = zap;
  zap.end = event.end;
  zap.endSeq = event.endSeq;
  zap.endCpu = event.endCpu;
  zap.returned = event.returned;
  zap.cut = !event.returned && event.binding.state.returns > 0;
  zap.tainted ||= event.tainted;
  zap.mark = world.mark(event);
  zap.closeVisits();
  const failed = gaveUp(event);
  zap.tries = failed === null;
  if (zap.locksAfter && failed !== true && zap.end !== Number.POSITIVE_INFINITY) locked(zap, zap.end);
  if (device.active === zap) device.active = null;
  if (zap.byList) device.listing.splice(device.listing.indexOf(zap), 1);
  if (failed) {
    // What it has walked is cleared, and it promises nothing about the rest.
    zap.unblocked = zap.end;
    world.closeZap(zap);
    return;
  }
  if (Number.isNaN(zap.unblocked)) {
    device.last = zap;
    device.open.push(zap);
  }
  if (zap.returned) world.observer.settled(null, zap, 'unpaired');
  for (const run of zap.overlapping) judgeOverlap(run, zap, world);
  for (const { run, visit } of zap.behind) judgeBehind(run, visit, zap, world);
  zap.overlapping = [];
  zap.behind = [];
  if (world.keepEpochs && zap.holds !== 'unknown')
    for (const vma of device.vmas.all()) if (!presumedGone(vma, world)) vma.enter('blocked', zap.end);
  // The trace ends in the middle of it: what it has not visited yet, it may visit.
  if (zap.end === Number.POSITIVE_INFINITY) return;
  for (const vma of device.populated.all()) {
    if (inRange(vma, zap)) missed(vma, zap, world);
  }
  for (let vma = device.vmas.first; vma !== null; vma = device.vmas.next(vma)) {
    if (!inRange(vma, zap)) continue;
    vma.skipped ||= vma.inherits && skipped(vma, zap, world);
    raceZap(vma, zap, world);
  }
  if (zap.holds === 'unknown' && device.causes.size === 0) device.unknownInstalls = 0;
  if (!Number.isNaN(zap.unblocked)) world.closeZap(zap);
}

/**
 * It was in the rmap, and the zap has not walked all of it: what it held, it still holds. (What fork or mremap makes is
 * on no list, however long that is still gone through.)
 */
function skipped(vma: Vma, zap: Zap, { order }: World): boolean {
  const { linkT, linkCpu, linkSeq } = vma;
  if (!vma.linked || Number.isNaN(linkSeq)) return false;
  const [t, cpu, seq] = zap.byList ? [zap.end, zap.endCpu, zap.endSeq] : [zap.begin, zap.cpu, zap.beginSeq];
  if (order.notLater(t, cpu, seq, linkT, linkCpu, linkSeq)) return false;
  return !walked(vma, zap);
}

import type { MappingEvent } from '../probes/event.js';
import type { Effect } from '../probes/map.js';
import { Kind } from '../probes/roles.js';
import type { Device } from './device.js';
import { applies, ControlNote, holdsOf, spreads } from './devices.js';
import { missedBy } from './early.js';
import type { Doubt, Fact } from './facts.js';
import type { PageRun } from './run.js';
import type { Visit, Vma } from './vma.js';
import type { World } from './world.js';
import { Zap } from './zap.js';

/** vfio-pci zaps all BARs: unmap_mapping_range(mapping, 0, 6 << 40). No other caller plausibly uses these numbers. */
const VFIO_ZAP_PAGES = (6 * 2 ** 40) / 4096;
/** Ended zaps of one device whose windows are kept open; older ones are closed as "still blocked". */
const MAX_OPEN = 256;
/** Pages remembered as "taken as cleared" until the first per-VMA call is seen. */
const MAX_ASSUMED = 65_536;

/** A zap begins: whose, and what caused it. Zaps of mappings that no device has are not ours (truncate, request_region). */
export function zapBegin(event: MappingEvent, world: World): void {
  const device = zappedDevice(event, world);
  if (device === null) return;
  const zap = new Zap(++world.zapCount, device, event.mapping, event.begin, event.beginSeq, event.beginCpu);
  zap.pid = event.task.pid;
  zap.comm = event.comm;
  zap.byList = event.kind === Kind.ZapList;
  zap.tainted = event.tainted;
  if (!zap.byList && !Number.isNaN(event.page)) {
    zap.from = event.page;
    // length 0 means: to the end of the file
    if (event.pages > 0) zap.to = event.page + event.pages;
  }
  causeOf(event, zap, world);
  device.used = true;
  closeUnknown(device, world);
  device.active = zap;
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

/** The device of the nearest function of the driver around it. A hot reset is called on one device and zaps others as well. */
function callerOf(event: MappingEvent, world: World): Device | null {
  let inside = false;
  for (let outer = event.parent; outer !== null; outer = outer.parent) {
    inside ||= outer.kind === Kind.Control;
    if (outer.device === 0) continue;
    if (spreads(outer)) return null;
    return inside ? world.device(outer.device, 0, outer.binding.map) : null;
  }
  return null;
}

/** Names the cause by the nearest enclosing function that has one, and says how long the device stays blocked. */
function causeOf(event: MappingEvent, zap: Zap, world: World): void {
  for (let outer = event.parent; outer !== null; outer = outer.parent) {
    if (outer.kind !== Kind.Control) continue;
    const { probe } = outer.binding;
    const blocking = probe.effects?.find((effect) => effect.does === 'block' && applies(effect, outer));
    if (blocking === undefined && probe.cause === undefined) continue;
    if (zap.cause === 'unknown' || blocking !== undefined) {
      zap.cause = probe.cause ?? blocking?.causes[0] ?? 'unknown';
      zap.causeMark = world.mark(outer);
      if (outer.note instanceof ControlNote && spreads(outer)) spread(blocking, zap.device, outer, zap.begin);
    }
    if (blocking !== undefined) {
      zap.holds = holdsOf(blocking, zap.device);
      break;
    }
  }
  enforced(event, zap);
  if (zap.holds !== 'until-unblock' && zap.device.blocked) zap.holds = 'until-unblock';
}

/** The functions around it that block the device have its lock by now. */
function enforced(event: MappingEvent, { device, begin }: Zap): void {
  for (let outer = event.parent; outer !== null; outer = outer.parent) {
    if (!(outer.note instanceof ControlNote) || spreads(outer)) continue;
    for (const effect of outer.binding.probe.effects ?? []) {
      if (effect.does !== 'block' || !applies(effect, outer)) continue;
      for (const name of effect.causes) device.enforce(name, holdsOf(effect, device), begin);
    }
  }
}

/** A call on several devices blocks each that it zaps: while it runs, or from now on. */
function spread(blocking: Effect | undefined, device: Device, call: MappingEvent, t: number): void {
  if (blocking?.holds !== 'until-unblock') {
    (call.note as ControlNote).others.push(device);
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

/** The zap in which this per-VMA call runs, if it is a device's. */
export function enclosingZap(event: MappingEvent): Zap | null {
  for (let outer = event.parent; outer !== null; outer = outer.parent) {
    if (outer.note instanceof Zap) return outer.note;
  }
  return null;
}

/** A per-VMA zap ended: what was there before it is cleared, what may have come during it is in doubt. */
export function visited(event: MappingEvent, world: World): void {
  const zap = enclosingZap(event);
  let vma = world.find(event);
  if (zap === null) {
    // An error path, `vm_ops->open`, or madvise: PTEs go, but no device zap is proven by it.
    if (vma?.relevant) {
      const { from, to } = rangeOf(event, vma);
      world.clearRange(vma, from, to, 'unmap', event.end);
    } else if (event.mm !== 0 && !Number.isNaN(event.page)) {
      const to = event.page + Math.max(event.pages, 0);
      for (const other of world.inMm(event.mm)) {
        if (other.overlaps(event.page, to)) world.clearRange(other, event.page, to, 'unmap', event.end);
      }
    }
    return;
  }
  if (event.vma === 0) return;
  if (!world.visitsSeen) firstVisit(zap, world);
  if (vma === null) {
    // It was there when the walk began, and munmap took it away since.
    if (world.goneSince(event.vma, event.begin)) return;
    vma = world.create(event, 'use');
    vma.midlife = true;
  }
  world.learn(vma, event);
  world.makeRelevant(vma);
  world.attach(vma, zap.device);
  vma.visits++;
  const { from, to } = rangeOf(event, vma);
  const visit: Visit = {
    zap,
    begin: event.begin,
    // Only the entry of the walk is known: it is over when the zap is.
    end: event.kind === Kind.Unmap ? Number.POSITIVE_INFINITY : event.end,
    beginSeq: event.beginSeq,
    endSeq: event.endSeq,
    cpu: event.beginCpu,
    endCpu: event.endCpu,
    from,
    to,
    told: !Number.isNaN(event.vmEnd),
    previous: vma.lastVisit?.zap === zap ? vma.lastVisit : null,
    mark: null,
  };
  vma.lastVisit = visit;
  zap.addVisit(visit, vma.id);
  const coverage = vma.coverage;
  if (!coverage.empty) {
    const before = coverage.pages;
    const { order } = world;
    const cleared = coverage.drain(
      from,
      to,
      (run) =>
        run.claims === null &&
        order.notLater(run.end, run.endCpu, run.endSeq, visit.begin, visit.cpu, visit.beginSeq),
      (run) => world.endRun(run, 'zap', visit.begin),
    );
    if (!cleared) {
      visit.mark = world.mark(event);
      for (const run of coverage.touching(from, to)) walk(world, vma, zap, visit, run);
    }
    zap.pagesCleared += before - coverage.pages;
    if (coverage.empty) zap.device.populated.delete(vma);
  }
  vma.enter('zapped', event.end);
}

/** Per-VMA calls are recorded after all: zaps that ended without one for a populated VMA have skipped it. */
function firstVisit(zap: Zap, world: World): void {
  world.visitsSeen = true;
  for (const assumed of world.assumedCleared.splice(0)) {
    if (assumed.zap === zap) continue;
    const { run } = assumed;
    const doubt = [...doubtsOf(run, assumed.zap, world), ...aliveDoubts(world)];
    restore(run, world);
    world.observer.fact({ type: 'survived', why: 'unvisited', ...assumed, doubt });
  }
}

/** It was not cleared after all; what has become of it since was not followed. */
function restore(run: PageRun, world: World): void {
  const { vma, page, pages } = run;
  if (
    !vma.alive ||
    page < vma.start ||
    page + pages > vma.end ||
    vma.coverage.touching(page, page + pages).length > 0
  )
    return;
  run.gone = false;
  run.maybe = true;
  world.addRun(vma, run);
}

function rangeOf(event: MappingEvent, vma: Vma): { from: number; to: number } {
  if (!Number.isNaN(event.page) && event.pages > 0) return { from: event.page, to: event.page + event.pages };
  return { from: vma.start, to: vma.end };
}

/** One run under one visit. */
function walk(world: World, vma: Vma, zap: Zap, visit: Visit, run: PageRun): void {
  const { order } = world;
  const from = Number.isNaN(visit.from) ? run.page : visit.from;
  const to = Number.isNaN(visit.to) ? run.page + run.pages : visit.to;
  // What ended before the walk reached this VMA is gone.
  const before = order.notLater(run.end, run.endCpu, run.endSeq, visit.begin, visit.cpu, visit.beginSeq);
  if (before || run.handlerOnly) {
    world.endRun(vma.coverage.carve(run, from, to), 'zap', visit.begin);
    return;
  }
  const same = zap.pid === run.pid;
  const after = order.certainly(
    visit.end,
    visit.endCpu,
    visit.endSeq,
    run.begin,
    run.beginCpu,
    run.beginSeq,
    same,
  );
  const doubt: Doubt[] = [];
  if (!after) {
    doubt.push(visit.end <= run.begin ? 'clock' : 'overlaps-walk');
    run.maybe = true;
  }
  world.observer.fact({
    type: 'installed-after-zap',
    run,
    zap,
    doubt: [...doubt, ...doubtsOf(run, zap, world)],
  });
}

/** Why the presence of a run, or the story of a zap, is not certain by itself. */
export function doubtsOf(run: PageRun, zap: Zap | null, world: World): Doubt[] {
  const doubt: Doubt[] = [];
  if (Number.isNaN(run.result) && run.how !== 'fork' && run.how !== 'mremap') doubt.push('result-unknown');
  else if (run.maybe) doubt.push('presence-unknown');
  if (zap?.tainted || world.lastLoss >= Math.min(run.begin, zap?.begin ?? run.begin))
    doubt.push('lost-events');
  return doubt;
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
  for (const visit of zap.visits) {
    if (visit.end !== Number.POSITIVE_INFINITY) continue;
    visit.end = zap.end;
    visit.endSeq = zap.endSeq;
    visit.endCpu = zap.endCpu;
  }
  if (device.active === zap) device.active = null;
  device.last = zap;
  device.open.push(zap);
  for (const run of zap.overlapping) judgeOverlap(run, zap, world);
  zap.overlapping = [];
  if (zap.holds !== 'unknown')
    for (const vma of device.vmas) if (vma.epochs !== null) vma.enter('blocked', zap.end);
  // The trace ends in the middle of it: what it has not visited yet, it may visit.
  if (zap.end === Number.POSITIVE_INFINITY) return;
  for (const vma of [...device.populated]) {
    if (inRange(vma, zap)) missed(vma, zap, world);
  }
  if (zap.holds === 'unknown' && device.causes.size === 0) device.unknownInstalls = 0;
}

/** Whether the VMA's file pages touch the zapped range; unknown offsets count as touched by a zap of everything. */
function inRange(vma: Vma, zap: Zap): boolean {
  if (zap.byList || Number.isNaN(vma.pgoff) || Number.isNaN(vma.start)) return true;
  return vma.pgoff < zap.to && vma.pgoff + (vma.end - vma.start) > zap.from;
}

function missed(vma: Vma, zap: Zap, world: World): void {
  // Unlinked after having been linked: munmap has cleared its PTEs before that. If that is recorded, and there are
  // some still, it is being split.
  if (!Number.isNaN(vma.unlinked) && !vma.linked && !world.unmapsSeen) return;
  const visit = vma.lastVisit?.zap === zap ? vma.lastVisit : null;
  const known = !zap.byList && !Number.isNaN(vma.pgoff) && !Number.isNaN(vma.start);
  const from = known ? vma.start + (zap.from - vma.pgoff) : Number.NEGATIVE_INFINITY;
  const to = known ? vma.start + (zap.to - vma.pgoff) : Number.POSITIVE_INFINITY;
  for (const run of vma.coverage.touching(from, to)) {
    if (run.beginSeq > zap.endSeq) continue;
    // It may have ended long before the task did something else.
    if (!zap.returned && run.end > zap.begin) continue;
    const facts = visit !== null ? uncovered(run, visit, zap, world) : unvisited(vma, run, zap, world);
    const cut: Doubt[] = zap.cut ? ['unpaired'] : [];
    for (const fact of facts)
      world.observer.fact({ ...fact, doubt: [...fact.doubt, ...cut, ...doubtsOf(run, zap, world)] });
  }
}

type Survived = Extract<Fact, { type: 'survived' }>;

/** A VMA that munmap took away unseen is not skipped. */
const aliveDoubts = (world: World): Doubt[] => (world.removalsSeen ? [] : ['removal-unknown']);

/** Visited, but not these pages. */
function uncovered(run: PageRun, visit: Visit, zap: Zap, world: World): Survived[] {
  let told = false;
  for (let v: Visit | null = visit; v !== null; v = v.previous) {
    if (Number.isNaN(v.from) || (run.page < v.to && run.page + run.pages > v.from)) return [];
    told ||= v.told;
  }
  return [{ type: 'survived', why: 'uncovered', run, zap, doubt: told ? [] : aliveDoubts(world) }];
}

function unvisited(vma: Vma, run: PageRun, zap: Zap, world: World): Survived[] {
  if (!vma.linked && Number.isNaN(vma.unlinked)) {
    const doubt: Doubt[] = [];
    // Neither an rmap insertion nor the driver's return was seen, and no per-VMA calls either: it may be linked by now.
    if (vma.link === null && vma.mmapDone && !world.linksSeen && !world.visitsSeen)
      doubt.push('link-unknown');
    missedBy(vma, zap);
    return [{ type: 'survived', why: 'unlinked', run, zap, doubt }];
  }
  if (world.visitsSeen) {
    const late = vma.link !== null && vma.link.seq > zap.beginSeq;
    if (late) missedBy(vma, zap);
    // (That it was put into the rmap while the zap ran shows that it was there.)
    return [
      {
        type: 'survived',
        why: late ? 'unlinked' : 'unvisited',
        run,
        zap,
        doubt: late ? [] : aliveDoubts(world),
      },
    ];
  }
  // No per-VMA calls are recorded: a linked VMA is taken as cleared, and the coverage table says what that leaves open.
  const linkedBefore =
    vma.link === null ||
    world.order.apparently(vma.link.t, vma.link.cpu, vma.link.seq, zap.begin, zap.cpu, zap.beginSeq);
  if (!linkedBefore) return [{ type: 'survived', why: 'unlinked', run, zap, doubt: ['visits-unknown'] }];
  const before = world.order.notLater(run.end, run.endCpu, run.endSeq, zap.begin, zap.cpu, zap.beginSeq);
  if (before || run.handlerOnly) {
    zap.pagesCleared += run.pages;
    run.held = true;
    world.drop(vma, [run], 'zap', zap.begin);
    if (world.assumedCleared.length < MAX_ASSUMED) world.assumedCleared.push({ zap, run });
    return [];
  }
  run.maybe = true;
  world.observer.fact({
    type: 'installed-after-zap',
    run,
    zap,
    doubt: ['overlaps-zap', ...doubtsOf(run, zap, world)],
  });
  return [];
}

/** An insert and a zap of one device at the same time, certainly or perhaps. */
export function judgeOverlap(run: PageRun, zap: Zap, world: World): void {
  const { order } = world;
  const margin = order.resolution;
  // Without its return, a zap is known to run until its last visit.
  const zapEnd = zap.returned ? zap.end : (zap.visits.at(-1)?.begin ?? zap.begin);
  // Without its entry, an insert is known by its return alone.
  const runBegin = run.entered ? run.begin : run.end;
  const runBeginSeq = run.entered ? run.beginSeq : run.endSeq;
  if (run.end <= zap.begin + margin || zapEnd <= runBegin + margin) return;
  const certain =
    order.certainly(runBegin, run.beginCpu, runBeginSeq, zap.end, zap.endCpu, zap.endSeq) &&
    order.certainly(zap.begin, zap.cpu, zap.beginSeq, run.end, run.endCpu, run.endSeq);
  const doubt: Doubt[] = certain ? [] : ['clock'];
  if (zap.tainted || !zap.returned) doubt.push('unpaired');
  world.observer.fact({ type: 'overlapped', run, zap, doubt });
}

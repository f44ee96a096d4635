import type { MappingEvent } from '../probes/event.js';
import { Kind } from '../probes/roles.js';
import type { Device } from './device.js';
import { judge } from './judging.js';
import { makeRun } from './making.js';
import type { PageRun } from './run.js';
import type { Vma } from './vma.js';
import type { World } from './world.js';

/** Its work has been taken into the books. */
export const DONE = 'done';

/**
 * fork or mremap begins. Where such returns are not recorded, its end shows itself late, after the next zap perhaps:
 * what it does is taken as done at once.
 */
export function copyBegins(event: MappingEvent, world: World): void {
  const { state } = event.binding;
  if (state.returns > 0 || state.unreturned === 0) return;
  event.end = event.begin;
  event.endSeq = event.beginSeq;
  event.endCpu = event.beginCpu;
  if (event.kind === Kind.Copy) copied(event, world);
  else moved(event, world);
  event.note = DONE;
}

/** fork: the child gets what the parent had. */
export function copied(event: MappingEvent, world: World): void {
  if (event.vma === 0 || event.other === 0) world.shown.vagueCopies = true;
  if (event.note === DONE || event.vma === 0) return;
  const source = world.vmas.get(event.other);
  if (source === undefined || !source.relevant) return;
  // Another VMA by now, at a recycled pointer. (Out of the rmap: the lock of its mm keeps fork away until it is gone or back.)
  if (!Number.isNaN(source.unlinked) && !source.linked) return;
  if (!Number.isNaN(event.vmEnd)) {
    if (!source.overlaps(event.vmStart, event.vmEnd)) return;
    // The child reaches as far as its parent. (Where nothing else has told its range, nothing else tells when it is split.)
    const known = !Number.isNaN(source.end - source.start);
    if (known && !source.reshapedSince(event, world.order)) world.reaches(source, event);
  }
  // Told late: the child has come and gone.
  const gone = world.vmas.get(event.vma) === undefined && world.past(event)?.alive === false;
  let vma = world.find(event);
  // Its return is missing, and nothing shows that the child is there still.
  const late = vma === null && !event.returned && event.endSeq > event.beginSeq;
  if (vma === null) {
    if (gone) return;
    vma = world.create(event, 'fork');
    world.learn(vma, event);
    if (Number.isNaN(vma.start)) {
      vma.start = source.start;
      vma.end = source.end;
    }
  }
  if (Number.isNaN(vma.pgoff)) vma.pgoff = source.pgoff;
  vma.mapping ||= source.mapping;
  vma.inherits = source.inherits;
  world.makeRelevant(vma);
  sameDevice(source, vma, world);
  // All kernels insert the child into the rmap before they copy.
  if (Number.isNaN(vma.unlinked)) vma.linked = true;
  if (event.returned && event.result !== 0) return;
  vma.midlife ||= late || walkedSince(event, source);
  if (late) return;
  const runs = Number.isNaN(vma.start) ? source.coverage.all() : source.coverage.touching(vma.start, vma.end);
  for (const run of runs) {
    // Told late, its return is missing: this came after it.
    if (!event.returned && run.beginSeq > event.beginSeq) continue;
    transplanted(vma, run, run.page, 'fork', event, world);
  }
}

/** Its return is missing, and what it took over has been cleared where it came from, after it perhaps. */
const walkedSince = ({ returned, beginSeq }: MappingEvent, { lastVisit }: Vma): boolean =>
  !returned && lastVisit !== null && lastVisit.endSeq > beginSeq;

/** Both map one file: what is known of either's device is known of the other's, from now on. */
function sameDevice(source: Vma, target: Vma, world: World): void {
  if (world.resolve(source) !== null) world.attach(target, source.device);
  else world.attach(source, world.resolve(target));
}

/** mremap: PTEs move with an offset. */
export function moved(event: MappingEvent, world: World): void {
  if (event.vma === 0 || event.other === 0) world.shown.vagueCopies = true;
  const source = world.find(event) ?? world.vmas.get(event.vma) ?? null;
  if (source === null || !source.relevant) return;
  if (event.note === DONE || event.other === 0 || event.other === event.vma) return;
  const there = world.vmas.get(event.other);
  const known = there !== undefined && isTarget(there, event, source, world) ? there : undefined;
  if (known !== undefined) {
    known.inherits = source.inherits;
    known.midlife ||= walkedSince(event, source);
  }
  if (source.coverage.empty) return;
  const from = Number.isNaN(event.page) ? source.start : event.page;
  const to = event.pages > 0 ? from + event.pages : source.end;
  if (there === undefined && world.past(event, event.other)?.alive === false) {
    world.pages.clear(source, from, to, 'moved', event.end);
    return;
  }
  const target = known ?? world.create(event, 'mremap', event.other);
  // `start` of the event is the new address
  const shift = (Number.isNaN(event.vmStart) ? target.start : event.vmStart) - from;
  target.origin = 'mremap';
  if (Number.isNaN(target.start)) {
    target.start = from + shift;
    target.end = to + shift;
    target.pgoff = source.pgoff + (from - source.start);
  }
  target.mapping ||= source.mapping;
  world.makeRelevant(target);
  sameDevice(source, target, world);
  if (Number.isNaN(target.unlinked)) target.linked = true;
  if (Number.isNaN(from) || Number.isNaN(to) || Number.isNaN(shift)) {
    // What moved, or where to, is not recorded.
    target.midlife = true;
    for (const run of source.coverage.all()) run.maybe = true;
    return;
  }
  for (const run of source.coverage.touching(from, to)) {
    const part = source.coverage.carve(run, from, to);
    transplanted(target, part, part.page + shift, 'mremap', event, world);
    world.pages.end(part, 'moved', event.end);
  }
  if (source.coverage.empty) source.device?.populated.delete(source);
}

/**
 * What moves stays in its address space, and its new address is in the new VMA, which the kernel has put there before
 * (copy_vma()). Else the VMA that is known at the pointer is one of before, whose end is not recorded.
 */
function isTarget(vma: Vma, event: MappingEvent, source: Vma, { order }: World): boolean {
  const mm = event.mm || source.mm;
  if (mm !== 0 && vma.mm !== 0 && mm !== vma.mm) return false;
  const { vmStart } = event;
  return !(vmStart < vma.start || vmStart >= vma.end) || vma.reshapedSince(event, order);
}

/** A call whose return is missing has ended at some time, before or after this zap; one that began as it ended, too. */
const zappedSince = (event: MappingEvent, { last }: Device, { order }: World): boolean =>
  last !== null &&
  ((!event.returned && last.endSeq > event.beginSeq) ||
    order.notLater(event.begin, event.beginCpu, event.beginSeq, last.end, last.endCpu, last.endSeq));

/** fork copied, or mremap moved, pages into `vma`: the same judgement as for an install, without the driver's lock. */
function transplanted(
  vma: Vma,
  from: PageRun,
  page: number,
  how: 'fork' | 'mremap',
  event: MappingEvent,
  world: World,
): void {
  const run = makeRun(
    event,
    null,
    page,
    from.pages,
    from.order,
    how,
    from.maybe || from.doubted || Number.isNaN(event.end),
  );
  run.pfn = from.pfn;
  run.storyBegin = from.storyBegin;
  run.byDesign = from.byDesign;
  run.result = 0;
  run.breach = false;
  const device = world.resolve(vma);
  // What it takes over may be zapped at its old place at the same time.
  if (device !== null && (device.active !== null || zappedSince(event, device, world))) run.maybe = true;
  run.vma = vma;
  world.pages.clear(vma, page, page + run.pages, 'replaced', event.end);
  world.pages.add(vma, run);
  vma.enter('populated', event.end);
  if (device !== null) judge(vma, run, device, world, false);
}

import type { Device } from './device.js';
import type { Visit } from './visit.js';
import type { Vma } from './vma.js';
import type { World } from './world.js';
import type { Zap } from './zap.js';

/**
 * A VMA is raced when the mmap that made it ran while the device was zapped or blocked: pages that this mmap installs
 * are strays then, or outlive the zap that did not find the VMA. Where such installs are not recorded, nothing tells
 * whether there are any.
 */

/** An mmap made it, not fork, mremap or a split; one that was met at work is unknown anyway. */
const mapped = ({ origin }: Vma): boolean =>
  origin === 'mmap' || origin === 'mmap-prepare' || origin === 'link';

/** Its mmap, or as much of it as is recorded, began at `since` or later. (A zap that runs will tell at its end.) */
export function raceNow(vma: Vma, since: number, { order }: World): void {
  const { device } = vma;
  if (device === null || vma.raced || !mapped(vma)) return;
  vma.raced =
    (device.inForce && device.active === null) || zappedAfter(device, since - order.skew - order.resolution);
}

/** Whose VMA this is shows itself only now. */
export function raceLate(vma: Vma, device: Device, { order }: World): void {
  if (!vma.raced && mapped(vma))
    vma.raced = zappedAfter(device, vma.firstSeen - order.skew - order.resolution);
}

/** The window of the latest zap was open then, or a later one's. */
const zappedAfter = ({ last }: Device, t: number): boolean => last !== null && !(last.unblocked < t);

/** A zap of the device ended: it has not found all that the mmap of this VMA may have installed. */
export function raceZap(vma: Vma, zap: Zap, world: World): void {
  if (vma.raced || !mapped(vma) || (!vma.linked && !Number.isNaN(vma.unlinked))) return;
  const { order } = world;
  const { linkT, linkCpu, linkSeq } = vma;
  vma.raced =
    (vma.completing && vma.origin === 'mmap-prepare') ||
    (!walked(vma, zap) &&
      // Whether one that has long been in the rmap was walked, only per-VMA calls tell: without them, no rule is checked.
      (world.shown.visits ||
        Number.isNaN(linkSeq) ||
        !order.notLater(linkT, linkCpu, linkSeq, zap.begin, zap.cpu, zap.beginSeq)));
}

/** The zap has walked all of the VMA that lies in its range, in one visit or several. */
export function walked(vma: Vma, zap: Zap): boolean {
  const latest = vma.visitFor(zap);
  if (latest === null) return false;
  const { start, end, pgoff } = vma;
  const known = !zap.byList && !Number.isNaN(pgoff);
  let from = known ? Math.max(start, start + (zap.from - pgoff)) : start;
  let to = known ? Math.min(end, start + (zap.to - pgoff)) : end;
  for (let visit: Visit | null = latest; visit !== null; visit = visit.previous) {
    if (visit.from <= from) from = Math.max(from, visit.to);
    if (visit.to >= to) to = Math.min(to, visit.from);
  }
  return !(from < to);
}

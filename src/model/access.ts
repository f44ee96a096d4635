import type { MappingEvent } from '../probes/event.js';
import { blockDoubts } from './blocked-since.js';
import type { World } from './world.js';

/**
 * Explicit evidence of a user access, written to trace_marker by a test program: a line that says that an access was
 * fine and where, as `read ok va=0x7f…` or with `result=OK … addr=0x7f…`.
 */
const ADDRESS = /\b(?:va|addr)=0x([0-9a-f]{1,16})\b/;
const FINE = /\b(?:read|write|access) ok\b|\bresult=OK\b/i;

/** The page that a marker says was accessed, or NaN. */
export function accessedPage(text: string): number {
  if (!FINE.test(text)) return Number.NaN;
  const match = ADDRESS.exec(text);
  return match === null ? Number.NaN : Math.floor(Number.parseInt(match[1], 16) / 4096);
}

/**
 * The access lies between the task's record before the marker and the marker. If all of that is inside a blocked
 * window, and no page is known to be installed there since, a stray PTE was used.
 */
export function accessed(event: MappingEvent, world: World): void {
  const page = accessedPage(event.text);
  if (Number.isNaN(page)) return;
  world.shown.accesses++;
  if (event.task.mm === 0) return;
  for (const vma of world.inMm(event.task.mm)) {
    if (Number.isNaN(vma.start) || page < vma.start || page >= vma.end) continue;
    const device = world.resolve(vma);
    const zap = device?.last ?? null;
    if (device === null || zap === null || !device.blocked || !Number.isNaN(zap.unblocked)) return;
    if (!zap.covers(vma, page, 1)) return;
    const since = zap.end + world.order.skew + world.order.resolution;
    if (vma.coverage.at(page)?.byDesign) return;
    if (event.prevTime <= since || world.shown.lastLoss >= zap.begin) return;
    const doubt = blockDoubts(zap, device, world);
    if (doubt.includes('lost-events')) return;
    world.observer.fact({ type: 'accessed', vma, page, zap, mark: world.mark(event), doubt });
    return;
  }
}

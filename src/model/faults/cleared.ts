import type { MappingEvent } from '../../probes/event.js';
import { Kind } from '../../probes/roles.js';
import { enclosingZap } from '../visiting.js';
import type { Vma } from '../vma.js';
import { Zap } from '../zap.js';
import type { FaultBooks } from './books.js';
import { duration } from './duration.js';
import type { VmaFaults } from './vma-faults.js';
import type { DeviceWindows, ZapCost } from './windows.js';

/** A zap's work on one VMA ended: what it met there, and how long it took. */
export function visited(event: MappingEvent, books: FaultBooks): void {
  const zap = enclosingZap(event);
  if (zap === null) return;
  books.seen.visit = true;
  const windows = books.windowsOfDevice(zap.device);
  const cost = windows.cost(zap);
  cost.visits++;
  const vma = books.world.find(event);
  if (vma === null) return;
  const faults = books.of(event, event.vma);
  const from = Number.isNaN(event.page) ? vma.start : event.page;
  const to = event.pages > 0 ? from + event.pages : vma.end;
  clears(windows, cost, vma, faults, from, to, books);
  const ns = event.kind === Kind.Visit ? duration(event) : Number.NaN;
  if (Number.isNaN(ns)) return;
  faults.numbers.visit.add(ns);
  faults.numbers.worst.event('visit', ns, event, vma, from, Number.NaN);
}

/** A zap ended. */
export function zapped(event: MappingEvent, books: FaultBooks): void {
  const zap = event.note;
  if (!(zap instanceof Zap)) return;
  books.seen.zap = true;
  const windows = books.windowsOfDevice(zap.device);
  const cost = windows.cost(zap);
  cost.ns = duration(event);
  for (let outer = event.parent; outer !== null; outer = outer.parent) {
    if (outer.kind !== Kind.Control) continue;
    cost.waitNs = event.begin - outer.begin;
    break;
  }
  if (!books.world.shown.visits) {
    // Without per-VMA calls all that is linked counts as walked, as the model has it.
    for (const vma of zap.device.populated.all()) {
      if (vma.linked) clears(windows, cost, vma, books.ofVma(vma), vma.start, vma.end, books);
    }
  }
  if (zap.holds === 'unknown') windows.starts(cost, event.end);
}

function clears(
  windows: DeviceWindows,
  cost: ZapCost,
  vma: Vma,
  faults: VmaFaults,
  from: number,
  to: number,
  { granule }: FaultBooks,
): void {
  faults.zapped = true;
  if (vma.coverage.empty) return;
  for (const run of vma.coverage.touching(from, to)) {
    const whole = run.order > 0;
    const page = whole ? run.page : Math.max(from, run.page);
    const pages = whole ? run.pages : Math.min(to, run.page + run.pages) - page;
    windows.cleared(cost, faults, page, pages, run.order, whole ? 1 : pages / granule.units);
  }
}

import type { MappingEvent } from '../../probes/event.js';
import { Kind } from '../../probes/roles.js';
import type { FaultBooks } from './books.js';
import { duration } from './duration.js';
import { levelOrder, orderPages } from './granule.js';

const NOPAGE = 0x100;

/** An insert returned, or the decision around one that is not recorded itself. */
export function inserted(event: MappingEvent, books: FaultBooks): void {
  const around = surroundings(event);
  // The handler's own record is complete only after this one.
  if (around !== null && around.order > 0) books.learnGranule(around.order);
  underLock(event, books);
  if (event.kind === Kind.Decision && event.installed) return;
  const { probe } = event.binding;
  const pointer = event.vma === 0 && around?.kind === Kind.Fault ? around.vma : event.vma;
  const vma = books.vmaOf(pointer);
  // vmf_insert_pfn and remap_pfn_range serve every driver: only what runs for a mapped device counts.
  const ours = around !== null && (around.kind !== Kind.MmapAction || vma?.relevant === true);
  if (!ours && vma?.relevant !== true) return;
  if (event.kind === Kind.Insert) learn(event, books);
  if (!succeeded(event)) return;
  books.seen.insert = true;
  const faults = books.of(event, pointer);
  const { numbers } = faults;
  const order = orderOf(event, around, books);
  const range = probe.covers === 'range';
  const at = Number.isNaN(event.page) && around !== null ? around.page : event.page;
  const pages = range ? event.pages : orderPages(books.granule, order);
  const page = range ? at : Math.floor(at / pages) * pages;
  const ns = duration(event);
  if (!Number.isNaN(ns)) {
    numbers.insert.add(ns);
    numbers.worst.event('insert', ns, event, vma, page, order);
  }
  const task = around?.kind === Kind.Fault ? books.task(event.task.pid) : null;
  if (!range && books.present(pointer, at)) {
    if (task !== null) task.found = true;
    return;
  }
  if (task !== null) task.wrote = true;
  else if (around !== null && faults.populates === 'unknown') faults.populates = 'mmap';
  if (!(pages > 0) || Number.isNaN(page)) return;
  numbers.install(order, pages);
  faults.learnPfn(page, event.pfn, books.granule);
  const windows = books.windowsOf(pointer);
  windows?.installed(faults, page, pages, event.end);
  if (task === null) windows?.settled();
}

/** Something that runs under the driver's lock inside a handler began: the handler had the lock by then. */
export function underLock(event: MappingEvent, books: FaultBooks): void {
  for (let outer = event.parent; outer !== null; outer = outer.parent) {
    if (outer.kind !== Kind.Fault) continue;
    const task = books.task(event.task.pid);
    books.seen.lock = true;
    if (!(task.lockedAt <= event.begin)) task.lockedAt = event.begin;
    return;
  }
}

function learn(event: MappingEvent, { seen }: FaultBooks): void {
  seen.insert = true;
  if (event.returned) seen.insertReturn = true;
  if (event.binding.state.hasResult) seen.insertResult = true;
}

/** An insert without a recorded result is taken for one that wrote; `missing` says so. */
function succeeded(event: MappingEvent): boolean {
  const { result } = event;
  if (Number.isNaN(result)) return event.kind === Kind.Insert;
  return event.binding.probe.result === 'fault' ? (result & NOPAGE) !== 0 : result === 0;
}

/** Order of the entry: that of its level here, for functions that write one level only. */
function orderOf(event: MappingEvent, around: MappingEvent | null, { granule }: FaultBooks): number {
  const { probe } = event.binding;
  if (probe.covers === 'range') return 0;
  if (probe.order !== undefined) return levelOrder(granule, probe.order);
  if (!Number.isNaN(event.order)) return event.order;
  return around === null || Number.isNaN(around.order) ? 0 : around.order;
}

/** The driver's action in whose course this one runs; null if it is none of the driver's. */
function surroundings(event: MappingEvent): MappingEvent | null {
  for (let outer = event.parent; outer !== null; outer = outer.parent) {
    if (outer.kind === Kind.Fault || outer.kind === Kind.Mmap || outer.kind === Kind.MmapAction) return outer;
  }
  return null;
}

import type { MappingEvent } from '../../probes/event.js';
import type { FaultBooks } from './books.js';
import { asked, EMPTY_CHAIN, type FaultEnd, longer } from './chain.js';
import { duration } from './duration.js';
import { orderPages } from './granule.js';
import type { TaskFaults, VmaFaults } from './vma-faults.js';
import type { DeviceWindows } from './windows.js';

/** VM_FAULT_* of include/linux/mm_types.h. */
const OOM = 0x1;
const SIGBUS = 0x2;
const NOPAGE = 0x100;
const RETRY = 0x400;
const FALLBACK = 0x800;

/** A fault handler returned: one call of the several that a fault may take. */
export function handled(event: MappingEvent, books: FaultBooks): void {
  const { seen } = books;
  const { probe } = event.binding;
  const task = books.task(event.task.pid);
  const faults = books.of(event, event.vma);
  const { numbers } = faults;
  const order = Number.isNaN(event.order)
    ? (probe.order ?? (probe.covers === 'vma' ? 0 : Number.NaN))
    : event.order;
  const ns = duration(event);
  seen.handler = true;
  if (event.vma === 0) seen.withoutVma++;
  if (!Number.isNaN(order)) seen.handlerOrder = true;
  if (order > 0) {
    seen.hugeAsked = true;
    books.learnGranule(order);
  }
  numbers.calls++;
  if (event.returned) seen.handlerReturn = true;
  if (!Number.isNaN(ns)) {
    numbers.handler.add(ns);
    numbers.worst.event('handler', ns, event, books.vmaOf(event.vma), event.page, order);
    if (!Number.isNaN(task.lockedAt)) numbers.wait.add(Math.max(0, task.lockedAt - event.begin));
  }
  if (task.chain !== EMPTY_CHAIN && (task.vma !== event.vma || task.page !== event.page)) abandon(task);
  settle(event, task, faults, order, ns, books);
  task.reset();
}

/** What the call's result says: go on with a smaller order, try again, or the fault is served. */
function settle(
  event: MappingEvent,
  task: TaskFaults,
  faults: VmaFaults,
  order: number,
  ns: number,
  books: FaultBooks,
): void {
  const { numbers } = faults;
  let { result } = event;
  if (Number.isNaN(result)) {
    // An entry that was written, or found, shows how the call ended.
    if (!task.wrote && !task.found) {
      numbers.unknown++;
      return;
    }
    result = NOPAGE;
  } else books.seen.handlerResult = true;
  task.vma = event.vma;
  task.page = event.page;
  task.chainOf = faults;
  if ((result & FALLBACK) !== 0) {
    numbers.refused++;
    faults.refused.add(order, event.page, faults.place, !Number.isNaN(task.lockedAt), books.granule);
    if (!Number.isNaN(order)) task.chain = longer(task.chain, order);
    return;
  }
  if ((result & RETRY) !== 0) {
    numbers.retried++;
    return;
  }
  numbers.fault(event.begin);
  const chain = Number.isNaN(order) ? task.chain : longer(task.chain, order);
  const windows = books.windowsOf(event.vma);
  const end = ended(event, task, faults, order, result, windows, books);
  numbers.chains.add(chain, end);
  if (end === 'installed' && !Number.isNaN(ns)) {
    numbers.installingTimed++;
    numbers.installingNs += ns;
  }
  if (end === 'installed' && order === 0 && books.seen.hugeAsked && !asked(chain, books.granule.orders[1])) {
    faults.refused.notAsked++;
  }
  task.chain = EMPTY_CHAIN;
  windows?.faulted(ns);
  windows?.settled();
}

/** How the fault ended; an install of which only the handler tells is put into the books. */
function ended(
  event: MappingEvent,
  task: TaskFaults,
  faults: VmaFaults,
  order: number,
  result: number,
  windows: DeviceWindows | null,
  books: FaultBooks,
): FaultEnd {
  const { numbers } = faults;
  if ((result & OOM) !== 0) {
    numbers.oom++;
    return 'oom';
  }
  if ((result & SIGBUS) !== 0) {
    numbers.blocked++;
    return 'sigbus';
  }
  if ((result & NOPAGE) === 0) return 'other';
  const whole = event.binding.probe.covers === 'vma';
  if (whole) faults.populates = 'vma';
  else if (faults.populates === 'unknown') faults.populates = 'entry';
  const present = task.found || (!task.wrote && books.present(event.vma, event.page));
  // A handler that fills the whole VMA and did not: another fault has done so.
  if (!task.wrote && (present || (whole && books.seen.insert))) {
    numbers.wasted++;
    return 'present';
  }
  numbers.installing++;
  if (faults.zapped) numbers.refaults++;
  if (task.wrote) return 'installed';
  const { start, end } = faults.place;
  const size = whole ? end - start : orderPages(books.granule, order);
  if (size > 0) {
    const page = whole ? start : Math.floor(event.page / size) * size;
    numbers.install(whole ? 0 : order, size);
    windows?.installed(faults, page, size, event.end);
  }
  return 'installed';
}

/** The task went on to another fault: this one's end is not in the trace. */
export function abandon(task: TaskFaults): void {
  const numbers = task.chainOf?.numbers;
  if (numbers !== undefined) {
    numbers.unfinished++;
    numbers.chains.add(task.chain, 'unfinished');
  }
  task.chain = EMPTY_CHAIN;
}

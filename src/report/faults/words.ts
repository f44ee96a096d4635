import { count, duration } from '../text.js';
import type {
  AlignmentRecord,
  ChainRecord,
  FallbackRecord,
  FewestRecord,
  VmaFaultsRecord,
} from './records.js';
import { orderText } from './sizes.js';

/** What each reason of a fallback means, after "N fallbacks from 2M: ". */
export const REASONS: Readonly<Record<string, string>> = {
  'address-misaligned': 'virtual address and pfn disagree modulo the order',
  'pfn-misaligned': 'the address agrees with the file offset, but the pfn does not',
  'vma-too-small': 'the VMA has no whole block of this size',
  'crosses-vma': 'the block around the address reaches beyond the VMA (its head or tail)',
  'fault-address':
    'only the fault address is off the boundary (handlers before "vfio/pci: Align huge faults to order")',
  'order-unsupported': 'refused under the lock: the handler has no case for this order',
  'handler-refused': 'everything fits, the handler refused all the same',
  'not-asked': 'not asked for: a page table was there already',
  unknown: 'neither pfn nor file offset of the VMA is recorded',
};

const ENDS: Readonly<Record<string, string>> = {
  installed: 'installed',
  present: 'was present',
  sigbus: 'SIGBUS',
  oom: 'OOM',
  other: 'other result',
  unfinished: 'no end in the trace',
};

/** What was not recorded, and what that leaves open. */
export const MISSING: Readonly<Record<string, string>> = {
  handler:
    "no call of a fault handler: faults, fallbacks and handler times are unknown; record the driver's fault handler (vfio_pci_mmap_huge_fault, vfio_pci_mmap_page_fault, vfio_pci_mmap_fault) with its return value",
  'handler-return': 'no return of a fault handler: results and handler times are unknown; add a return probe',
  'handler-result':
    'fault handlers return without their value: refused orders and blocked faults are unknown; record $retval',
  'handler-order':
    'the order argument of the fault handler is not recorded: reasons of fallbacks are unknown',
  'handler-vma':
    'some handler calls name no VMA: they count for the trace only; record vmf->vma and vmf->address',
  lock: 'nothing inside the handlers shows when they have the lock; record __vfio_pci_memory_enabled or vfio_pci_vmf_insert_pfn',
  insert:
    'no insert of an entry: installs are taken from the handlers, insert times and pfns are unknown; record vmf_insert_pfn, vmf_insert_pfn_pmd and vmf_insert_pfn_pud',
  'insert-return':
    'no return of an insert: insert times are unknown, every call counts as an install; add return probes',
  'insert-result': 'inserts return without their value: every call counts as an install; record $retval',
  zap: 'no zap of a device: zap times and refaults are unknown; record unmap_mapping_range, if there was one',
  visit:
    'no per-VMA call of a zap: zap times per VMA are unknown; record zap_page_range_single (zap_vma_range_batched from 7.1)',
};

/** `1G > 2M > 4K installed` */
export function chainText({ orders, end }: ChainRecord, pageSize: number): string {
  const sizes = orders.map((order) => orderText(pageSize, order)).join(' > ');
  return `${sizes === '' ? '?' : sizes} ${ENDS[end] ?? end}`;
}

/** `6 fallbacks from 2M: virtual address and pfn disagree modulo the order` */
export function fallbackText(
  { order, reason, count: n }: FallbackRecord,
  pageSize: number,
  against?: 'pfn' | 'pgoff',
): string {
  const size = order === null ? 'an unknown order' : orderText(pageSize, order);
  const why = REASONS[reason] ?? reason;
  if (reason === 'not-asked') return `${count(n, 'fault')} for which ${size} was ${why}`;
  const seen = against === 'pgoff' ? why.replace('and pfn disagree', 'and file offset disagree') : why;
  return `${count(n, 'fallback')} from ${size}: ${seen}`;
}

/** `, about 0.3 ms in the handler instead of 137 ms`, where handlers are timed. */
function timeText({ own_ns, best_ns }: FewestRecord, unit: 'ns' | 'count'): string {
  if (own_ns === null || best_ns === null || unit === 'count') return '';
  return `, about ${duration(best_ns)} in the handler instead of ${duration(own_ns)}`;
}

/** Where to map it, and who can see to that. Empty when nothing is to be gained. */
export function adviceFor(
  vma: Pick<VmaFaultsRecord, 'start' | 'populates' | 'page_size'>,
  fewest: VmaFaultsRecord['fewest'],
  alignment: AlignmentRecord | null,
  unit: 'ns' | 'count',
): string[] {
  if (vma.populates === 'mmap') return [];
  if (fewest === null || alignment === null || fewest.best >= fewest.own || vma.start === null) return [];
  const size = orderText(vma.page_size, alignment.best_order);
  const to = BigInt(vma.start) + BigInt(alignment.shift);
  const rest =
    BigInt(alignment.offset) === 0n ? `a multiple of ${size}` : `${alignment.offset} modulo ${size}`;
  const lines = [
    `map it at ${rest}, such as 0x${to.toString(16)} (now ${vma.start}, ${alignment.shift} too low): ` +
      `${count(fewest.best, 'fault')} instead of ${fewest.own.toLocaleString('en-US')}${timeText(fewest, unit)}`,
    'who asks for that: user space, by an address hint or MAP_FIXED inside a larger PROT_NONE reservation; ' +
      'or the kernel, by an aligning get_unmapped_area ("vfio: Request THP-aligned mmap for device fds")',
  ];
  return lines;
}

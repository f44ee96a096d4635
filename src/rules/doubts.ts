import type { Doubt } from '../model/facts.js';

/** For each reason why a finding is only possible: what is missing, and what would settle it. */
const TEXT: Record<Doubt, string> = {
  'overlaps-walk':
    'the insert overlaps the walk of the range: the time of the PTE write inside the insert is not known; a later fault on the page while blocked would show that it was cleared, a page walk or a trace_marker line that it was not',
  'overlaps-zap':
    'the insert overlaps the zap and no per-VMA zap call is recorded: probe zap_page_range_single (to 7.0) or zap_vma_range_batched (7.1 and newer)',
  'overlaps-unblock':
    'the insert ended after the device began to be unblocked: probe a function inside the unblock path, or record with a finer clock',
  clock:
    'the order rests on times of two CPUs that differ by less than the clock may be wrong: record with trace_clock mono and print nanoseconds (trace-cmd report -t, perf script --ns), or state --clock or --skew',
  'lost-events':
    'events were lost in the span that matters: record with larger buffers (trace-cmd record -b)',
  'result-unknown':
    'the return value of the insert, or of a zap that only tries, is not recorded, so its success is not known: add the return probe with $retval',
  'presence-unknown':
    'it is not certain that the pages were still present: what inserted them and what clears them overlapped, as far as the records tell',
  'handler-only':
    'only the fault handler is recorded, which waits for the lock: probe the insert (vmf_insert_pfn, remap_pfn_range) and its return',
  'link-unknown':
    'the rmap insertion is not recorded: probe vma_interval_tree_insert (to 7.0) or mapping_rmap_tree_insert (7.1 and newer)',
  'visits-unknown':
    'no per-VMA zap call is recorded: probe zap_page_range_single (to 7.0) or zap_vma_range_batched (7.1 and newer)',
  'range-unknown':
    'the range of the VMA is not recorded, so the pages may have been split off, moved or unmapped: record vm_start and vm_end',
  'vf-unknown':
    'clearing the memory enable bit does not block a virtual function, and nothing here shows whether this is one: probe the return of __vfio_pci_memory_enabled',
  'reopen-unknown':
    'the device had no mapping left for a while, and may have been closed and opened again: probe vfio_pci_core_close_device',
  unpaired:
    'a return was not recorded, so the end of the interval is only bounded: raise maxactive of the return probe (r64:)',
  'removal-unknown':
    'munmap is not recorded, so the VMA may have been gone: probe vma_interval_tree_remove (to 7.2) or mapping_rmap_tree_remove (7.3 and newer)',
  exiting:
    'the process may have been exiting when the zap left it out, because its address space may have had no user any more: no sign of life is recorded after the zap, before it exits, records are lost or the trace ends',
  'exit-unknown':
    'the process may have been exiting when the zap left it out, because its address space may have had no user any more: exit is not recorded, and no sign of life after the zap; probe exit_mmap',
  'unblock-unknown':
    'nothing that ends the block was recorded, so the device may have been enabled again: probe the functions that unblock it',
};

/** The finding rests on the absence of a record that this trace may not hold at all. */
export const isAbsence = (doubt: Doubt): boolean =>
  doubt === 'lost-events' ||
  doubt === 'removal-unknown' ||
  doubt === 'unblock-unknown' ||
  doubt === 'exiting' ||
  doubt === 'exit-unknown';

export const doubtText = (doubt: Doubt): string => TEXT[doubt];

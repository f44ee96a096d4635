import type { Probes } from './dsl.js';
import type { Kernel } from './objects.js';
import type { Random } from './simulator/scheduler.js';

/** Functions that a recording of the simulator may leave out. */
const SYMBOLS = [
  'vfio_pci_core_mmap',
  'vfio_pci_mmap_huge_fault',
  '__vfio_pci_memory_enabled',
  'zaprace_mmap',
  'zaprace_mmap_prepare',
  'zaprace_fault',
  'zaprace_zap',
  'zaprace_unzap',
  'vmf_insert_pfn',
  'remap_pfn_range',
  'remap_pfn_range_complete',
  'mmap_action_complete',
  'unmap_mapping_range',
  'vfio_pci_zap_and_vma_lock',
  'zap_page_range_single',
  'zap_vma_range_batched',
  'zap_vma_ptes',
  'vfio_basic_config_write',
  'vfio_pm_config_write',
  'vfio_pci_core_ioctl',
  'vfio_pci_core_ioctl_feature',
  'vfio_pci_zap_and_down_write_memory_lock',
  'vma_interval_tree_insert',
  'vma_interval_tree_insert_after',
  'vma_interval_tree_remove',
  'mapping_rmap_tree_insert',
  'mapping_rmap_tree_insert_after',
  'mapping_rmap_tree_remove',
  'unmap_page_range',
  '__zap_vma_range',
  'remove_vma',
  'copy_page_range',
  'move_page_tables',
  'exit_mmap',
];

/** Fields that recipes differ in. */
const FIELDS = [
  'vdev',
  'vma',
  'mapping',
  'root',
  'mm',
  'vm_start',
  'vm_end',
  'pgoff',
  'addr',
  'size',
  'pfn',
  'order',
  'start',
  'end',
  'prev',
  'src',
  'dst',
  'dst_mm',
  'src_mm',
  'new_vma',
  'old_addr',
  'new_addr',
  'len',
  'holebegin',
  'holelen',
  'z',
  'offset',
  'val',
  'ret',
];

/** Of these, what a kernel has not. */
const ABSENT: Record<Kernel, RegExp> = {
  '5.10': /^mapping_rmap|zap_vma_range|mmap_action|_complete|_prepare|zap_page_range/,
  '6.1': /^mapping_rmap|zap_vma_range|mmap_action|_complete|_prepare|zap_page_range/,
  '6.12': /^mapping_rmap|zap_vma_range|mmap_action|_complete|_prepare|zap_and_vma_lock|zap_vma_ptes/,
  '7.3': /^vma_interval|zap_page_range|unmap_page_range|zap_and_vma_lock|zap_vma_ptes/,
};

/** Each function has both probes, or none, or one of the two; each field is there or not. */
export function chooseProbes(random: Random, none: number, half: number, lacks = 0): Required<Probes> {
  const without: string[] = [];
  const entryOnly: string[] = [];
  const returnOnly: string[] = [];
  for (const symbol of SYMBOLS) {
    const dice = random.unit();
    if (dice < none) without.push(symbol);
    else if (dice < none + half) entryOnly.push(symbol);
    else if (dice < none + 2 * half) returnOnly.push(symbol);
  }
  const lacking = FIELDS.filter(() => random.chance(lacks));
  return { without, entryOnly, returnOnly, lacking, returnArguments: random.chance(0.5) };
}

/** The events that a trace.dat of such a recording describes, whether they happened or not. */
export function describedBy(kernel: Kernel, probes: Required<Probes>): string[] {
  const { without, entryOnly, returnOnly } = probes;
  return SYMBOLS.filter((symbol) => !ABSENT[kernel].test(symbol) && !without.includes(symbol)).flatMap(
    (symbol) => [
      ...(returnOnly.includes(symbol) ? [] : [symbol]),
      ...(entryOnly.includes(symbol) ? [] : [`${symbol}_ret`]),
    ],
  );
}

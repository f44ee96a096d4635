/** Kernels whose functions a scenario can be recorded with: what differs is who visits and who links. */
export const KERNELS = {
  '5.10': { visit: 'zap_vma_ptes', link: 'vma_interval_tree_insert', module: 'vfio_pci' },
  '6.1': { visit: 'zap_vma_ptes', link: 'vma_interval_tree_insert', module: 'vfio_pci_core' },
  '6.12': { visit: 'zap_page_range_single', link: 'vma_interval_tree_insert', module: 'vfio_pci_core' },
  '7.3': { visit: 'zap_vma_range_batched', link: 'mapping_rmap_tree_insert', module: 'vfio_pci_core' },
} as const;
export type Kernel = keyof typeof KERNELS;

/** A device by its kernel pointers. `mapping` is the address_space of its device file. */
export interface Dev {
  name: string;
  vdev: bigint;
  mapping: bigint;
}

/** An address space. */
export interface Mm {
  pointer: bigint;
  pid: number;
}

/** A vm_area_struct: addresses and offsets in pages. */
export interface VmaObject {
  name: string;
  pointer: bigint;
  mm: Mm;
  dev: Dev;
  start: number;
  pages: number;
  pgoff: number;
}

export const PAGE = 4096;
export const addr = (page: number): number => page * PAGE;
/** File offset of BAR2 in pages: region index << 28. */
export const BAR2 = 2 * 2 ** 28;
/** What vfio-pci zaps: all BARs, `6 << 40` bytes. */
export const ALL_BARS = 6 * 2 ** 40;

/** Makes pointers that look like the kernel's. */
export class Slab {
  #next = 0xffff_8881_0000_0000n;
  next(): bigint {
    this.#next += 0xb0n;
    return this.#next;
  }
}

/** Fields that probe recipes record of a VMA besides its pointer. */
export const vmaFields = (vma: VmaObject): Record<string, bigint | number> => ({
  vm_start: addr(vma.start),
  vm_end: addr(vma.start + vma.pages),
  pgoff: vma.pgoff,
  mm: vma.mm.pointer,
});

import type { ProbeMap } from '../map.js';

/**
 * DRM drivers with TTM buffer objects (amdgpu, xe, nouveau, radeon, vmwgfx, …): a buffer's CPU mappings are zapped by
 * range of the device's one address_space when it moves, is swapped out or freed, under its reservation lock; faults
 * insert under the same lock and may do so again as soon as it is dropped. So a zap blocks nothing beyond the call that
 * makes it. What these maps can prove is that the zap found every VMA of the buffer, with all of its pages
 * (zap-skipped-vma, partial-zap). Two buffers have two locks: inserts into one while another is zapped are right.
 */
export const drm: ProbeMap = {
  name: 'drm',
  title: 'DRM with TTM buffer objects',
  module: 'ttm',
  functions: [
    {
      symbols: ['drm_gem_mmap'],
      role: 'mmap',
      params: 'filp vma',
      args: {
        vma: 'vma',
        start: 'vma->vm_start',
        end: 'vma->vm_end',
        pgoff: 'vma->vm_pgoff',
        mm: 'vma->vm_mm',
        mapping: 'vma->vm_file->f_mapping',
      },
      result: 'errno',
      level: 'verdict',
    },
    {
      // Inserts page by page with vmf_insert_pfn_prot, up to num_prefault pages; drivers' own handlers call it.
      symbols: ['ttm_bo_vm_fault_reserved'],
      role: 'fault',
      params: 'vmf prot num_prefault',
      args: {
        vma: 'vmf->vma',
        address: 'vmf->address',
        start: 'vmf->vma->vm_start',
        end: 'vmf->vma->vm_end',
        mm: 'vmf->vma->vm_mm',
      },
      result: 'fault',
      covers: 'address-order',
      order: 0,
      level: 'verdict',
    },
    {
      // Hold the reservation over the zap and what follows it.
      symbols: [
        'ttm_bo_validate',
        'ttm_bo_evict',
        'ttm_bo_swapout',
        'ttm_bo_swapout_cb',
        'ttm_bo_handle_move_mem',
      ],
      role: 'control',
      params: '_',
      cause: 'buffer-move',
      effects: [{ does: 'block', causes: ['moving'], holds: 'call' }],
      level: 'state',
      kernels: { ttm_bo_evict: '6.12..', ttm_bo_swapout_cb: '6.12..' },
    },
    {
      // unmap_mapping_range() of the buffer's range; may be inlined into its callers in ttm_bo.c.
      symbols: ['ttm_bo_unmap_virtual'],
      role: 'control',
      params: 'bo',
      cause: 'buffer-unmap',
      effects: [{ does: 'block', causes: ['moving'], holds: 'call' }],
      level: 'verdict',
    },
    {
      // The whole mapping; faults then insert dummy pages, which are no pages of the device.
      symbols: ['drm_dev_unplug'],
      role: 'control',
      params: 'dev',
      cause: 'unplug',
      effects: [{ does: 'block', causes: ['unplug'], holds: 'call' }],
      level: 'state',
    },
  ],
  excludes: 'none',
  note: 'ttm_bo_vm.c and ttm_bo.c read in mainline of 2023 and later; names and parameters as in the BTF of Debian 6.1, 6.12, 7.2 and 7.3. i915 and drivers without TTM zap in other functions. Not recorded on a GPU.',
};

import type { ProbeMap } from '../map.js';

/**
 * RDMA uverbs: BAR pages (doorbells) mapped by user space, revoked when the device goes away or resets.
 *
 * One "device" is one open file (struct ib_uverbs_file): its VMAs stand on a list of their own (ufile->umaps), which
 * `uverbs_user_mmap_disassociate()` walks with zap_vma_ptes() (zap_special_vma_range() from 7.1); the rmap plays no part,
 * so a VMA that is populated inside .mmap is not lost to a zap, and nothing ever maps again afterwards. The fault
 * handler then gives ordinary zero pages: it is no install of the device and not in this map.
 */
export const rdma: ProbeMap = {
  name: 'rdma',
  title: 'RDMA uverbs: user mappings and their disassociation',
  module: 'ib_uverbs',
  functions: [
    {
      symbols: ['ib_uverbs_mmap'],
      role: 'mmap',
      params: 'filp vma',
      // not the mapping: all files of a device share it
      args: {
        device: 'vma->vm_file->private_data',
        vma: 'vma',
        start: 'vma->vm_start',
        end: 'vma->vm_end',
        pgoff: 'vma->vm_pgoff',
        mm: 'vma->vm_mm',
      },
      result: 'errno',
      level: 'verdict',
    },
    {
      symbols: ['uverbs_user_mmap_disassociate'],
      role: 'zap-list',
      params: 'ufile',
      args: { device: 'ufile' },
      level: 'verdict',
    },
    {
      // enum rdma_remove_reason: 1 close, 2 driver removed. A closed file's memory may become another file.
      symbols: ['uverbs_destroy_ufile_hw'],
      role: 'control',
      params: 'ufile reason',
      args: { device: 'ufile', x0: 'reason' },
      cause: 'device-removed',
      effects: [
        { when: [{ arg: 'x0', is: 2 }], does: 'block', causes: ['disassociated'], holds: 'until-unblock' },
        { when: [{ arg: 'x0', is: 1 }], does: 'unblock', causes: ['*'] },
      ],
      level: 'state',
    },
    {
      // A driver resets: all files of the device, each marked as disassociated for good.
      symbols: ['rdma_user_mmap_disassociate'],
      role: 'control',
      params: 'device',
      cause: 'device-reset',
      effects: [{ does: 'block', causes: ['disassociated'], holds: 'until-unblock', spreads: true }],
      level: 'state',
      kernels: { rdma_user_mmap_disassociate: '6.12..' },
    },
  ],
  finds: 'list',
  // .mmap holds disassociate_srcu (and disassociation_lock), for which the zap waits first
  excludes: 'zap',
  note: 'uverbs_main.c, ib_core_uverbs.c and rdma_core.c read in mainline of 2026; names and parameters as in the BTF of Debian 6.1, 6.12, 7.2 and 7.3. Not recorded on RDMA hardware.',
};

import type { ProbeMap } from '../map.js';

/**
 * nvgrace-gpu up to 6.18 populates its memory regions in .mmap and never revokes them: the hardware answers accesses
 * safely (kernel facts §5.2). Its BARs go through vfio_pci_core_mmap(), and from 6.19 on everything is faulted in.
 */
export const nvgraceGpu: ProbeMap = {
  name: 'nvgrace-gpu',
  title: 'nvgrace-gpu, what differs from vfio-pci (up to 6.18)',
  module: 'nvgrace_gpu_vfio_pci',
  functions: [
    {
      symbols: ['nvgrace_gpu_mmap'],
      role: 'mmap',
      params: 'core_vdev vma',
      args: {
        device: 'core_vdev',
        vma: 'vma',
        start: 'vma->vm_start',
        end: 'vma->vm_end',
        pgoff: 'vma->vm_pgoff',
        mm: 'vma->vm_mm',
        mapping: 'vma->vm_file->f_mapping',
      },
      result: 'errno',
      level: 'verdict',
      kernels: { nvgrace_gpu_mmap: '..6.18' },
    },
  ],
  excludes: 'zap',
  neverZaps: true,
  with: ['vfio-pci'],
};

import type { ProbeMap } from '../map.js';

/**
 * The demonstrator driver of the captures: a character device with deliberately broken (and one correct) ways to
 * combine PTE installation with unmap_mapping_range(). Also the worked example of a probe map for any driver.
 */
export const zaprace: ProbeMap = {
  name: 'zaprace',
  title: 'zaprace, the zap/mmap/fault race demonstrator',
  module: 'zaprace',
  functions: [
    {
      symbols: ['zaprace_mmap'],
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
      symbols: ['zaprace_mmap_prepare'],
      role: 'mmap-prepare',
      params: 'desc',
      args: {
        start: 'desc->start',
        end: 'desc->end',
        pgoff: 'desc->pgoff',
        mm: 'desc->mm',
        mapping: 'desc->file->f_mapping',
      },
      result: 'errno',
      level: 'verdict',
      kernels: { zaprace_mmap_prepare: '7.3..' },
    },
    {
      symbols: ['zaprace_fault'],
      role: 'fault',
      params: 'vmf',
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
      symbols: ['zaprace_zap'],
      role: 'control',
      params: 'z',
      args: { device: 'z' },
      cause: 'zaprace_zap',
      effects: [{ does: 'block', causes: ['zapping'], holds: 'until-unblock' }],
      level: 'state',
    },
    {
      symbols: ['zaprace_unzap'],
      role: 'control',
      params: 'z',
      args: { device: 'z' },
      effects: [{ does: 'unblock', causes: ['zapping'] }],
      level: 'state',
    },
  ],
  excludes: 'zap',
};

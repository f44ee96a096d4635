import type { SymbolState } from '../probes/binding.js';
import type { Role } from '../probes/roles.js';
import { ROLE_KINDS } from '../probes/roles.js';
import type { Need, Rule } from './rule.js';

/** What a recording showed, as far as rules need to know. */
export interface Observed {
  states: readonly SymbolState[];
  visitsSeen: boolean;
  linksSeen: boolean;
  installsSeen: boolean;
  zaps: number;
  /** Zaps of which nothing tells whether the device stays blocked. */
  zapsOfUnknownCause: number;
  accesses: number;
  /** Relevant VMAs whose device is not known, or was not while it was zapped. */
  vmasWithoutDevice: number;
  vmas: number;
}

export type Grade = 'full' | 'partial' | 'none';
export type RuleCoverage = 'checked' | 'partial' | 'unavailable';

export interface Graded {
  grade: Grade;
  /** What to add to the recording; empty when full. */
  advice: string;
}

const ADVICE: Record<Need, string> = {
  zap: 'probe unmap_mapping_range at entry and return (vfio_pci_zap_and_vma_lock before 6.10), and clear the device at least once',
  install:
    'probe the inserts at entry and return with their return value (vmf_insert_pfn, vmf_insert_pfn_pmd, vmf_insert_pfn_pud, remap_pfn_range)',
  visit:
    'probe the per-VMA zap with its vma, address and size: zap_page_range_single (to 7.0), zap_vma_range_batched (7.1 and newer), zap_vma_ptes (before 6.10)',
  created:
    "probe the driver's mmap callback with its vma at entry and return, or the rmap insertion (vma_interval_tree_insert to 7.2, mapping_rmap_tree_insert from 7.3)",
  block:
    'probe what blocks and unblocks the device: vfio_basic_config_write, vfio_pm_config_write, vfio_pci_core_ioctl, vfio_pci_core_ioctl_feature',
  access: 'write "read ok va=0x…" to trace_marker after successful accesses (tests only)',
  'device-join':
    "record which device a VMA maps: the mapping (vma->vm_file->f_mapping) and vdev at the driver's mmap callback",
};

/** Roles of the functions that give a rule what it needs. */
export const NEED_ROLES: Record<Need, readonly Role[]> = {
  zap: ['zap', 'zap-list'],
  install: ['install', 'decision'],
  visit: ['visit'],
  created: ['mmap', 'mmap-prepare', 'link'],
  block: ['control'],
  access: ['access'],
  'device-join': ['mmap', 'mmap-prepare', 'link'],
};

/** Entry and return counts of the functions with a role. */
function count(observed: Observed, ...roles: Role[]): { entries: number; returns: number; results: boolean } {
  const kinds = new Set<number>(roles.map((role) => ROLE_KINDS[role]));
  const sum = { entries: 0, returns: 0, results: false };
  for (const state of observed.states) {
    if (!kinds.has(ROLE_KINDS[state.probe.role])) continue;
    sum.entries += state.entries;
    sum.returns += state.returns;
    sum.results ||= state.hasResult;
  }
  return sum;
}

export function gradeNeed(need: Need, observed: Observed): Graded {
  const grade = gradeOf(need, observed);
  return { grade, advice: grade === 'full' ? '' : ADVICE[need] };
}

function gradeOf(need: Need, observed: Observed): Grade {
  switch (need) {
    case 'zap': {
      const zap = count(observed, 'zap', 'zap-list');
      if (observed.zaps === 0 || zap.entries === 0) return 'none';
      return zap.returns > 0 ? 'full' : 'partial';
    }
    case 'install': {
      const install = count(observed, 'install', 'decision');
      if (install.entries + install.returns === 0) {
        return count(observed, 'fault').results ? 'partial' : 'none';
      }
      return observed.installsSeen && install.entries > 0 ? 'full' : 'partial';
    }
    case 'visit':
      return observed.visitsSeen ? (count(observed, 'visit').returns > 0 ? 'full' : 'partial') : 'none';
    case 'created': {
      const mmap = count(observed, 'mmap', 'mmap-prepare');
      if (observed.vmas === 0) return 'none';
      if (observed.linksSeen) return 'full';
      return mmap.entries > 0 ? (mmap.returns > 0 ? 'full' : 'partial') : 'none';
    }
    case 'block':
      if (observed.zaps === 0) return 'none';
      if (observed.zapsOfUnknownCause === 0) return 'full';
      return observed.zapsOfUnknownCause < observed.zaps ? 'partial' : 'none';
    case 'access':
      return observed.accesses > 0 ? 'full' : 'none';
    case 'device-join':
      if (observed.vmas === 0) return 'none';
      if (observed.vmasWithoutDevice === 0) return 'full';
      return observed.vmasWithoutDevice < observed.vmas ? 'partial' : 'none';
  }
}

/** What a rule needs and this recording lacks, wholly or in part. */
export const lackingNeeds = (rule: Rule, observed: Observed): Need[] =>
  rule.needs.filter((need) => gradeOf(need, observed) !== 'full');

/** Whether this recording can decide a rule, and which probe would change that. */
export function gradeRule(rule: Rule, observed: Observed): { coverage: RuleCoverage; advice: string[] } {
  const graded = rule.needs.map((need) => gradeNeed(need, observed));
  const advice = graded.flatMap((g) => (g.advice === '' ? [] : [g.advice]));
  if (graded.some((g) => g.grade === 'none')) return { coverage: 'unavailable', advice };
  if (graded.some((g) => g.grade === 'partial')) return { coverage: 'partial', advice };
  return { coverage: 'checked', advice: [] };
}

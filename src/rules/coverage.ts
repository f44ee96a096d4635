import type { Unclaimed } from '../model/unclaimed.js';
import type { SymbolState } from '../probes/binding.js';
import type { ProbeMap } from '../probes/map.js';
import { kernelsOf } from '../probes/recipe/definition.js';
import type { Role } from '../probes/roles.js';
import { ROLE_KINDS } from '../probes/roles.js';
import type { Named, Recorded } from './recorded.js';
import type { Need, Rule } from './rule.js';

/** What a recording showed, as far as rules need to know. */
export interface Observed {
  states: readonly SymbolState[];
  visitsSeen: boolean;
  /** Per-VMA zap calls do not tell what they walk. */
  vagueVisits: boolean;
  /** A fork or mremap does not tell both VMAs. */
  vagueCopies: boolean;
  /** A call unblocks one of several devices, and does not tell which. */
  vagueUnblocks: boolean;
  linksSeen: boolean;
  installsSeen: boolean;
  zaps: number;
  /** Of these, by a list of the driver's own. */
  listZaps: number;
  /** Zaps of which nothing tells whether the device stays blocked. */
  zapsOfUnknownCause: number;
  accesses: number;
  /** Relevant VMAs whose device is not known, or was not while it was zapped. */
  vmasWithoutDevice: number;
  vmas: number;
  /** VMAs whose mmap ran while the device was zapped or blocked. */
  racedVmas: number;
  /** Maps of the drivers whose devices were zapped; null for a device of which no function of a driver tells. */
  drivers: ReadonlySet<ProbeMap | null>;
  /** Inserts of which nothing tells whose they are. */
  unclaimed: Readonly<Unclaimed>;
  recorded: Recorded;
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
  driver:
    "probe the driver's fault handler and mmap callback with their vma (vfio_pci_mmap_huge_fault, vfio_pci_mmap_fault before 6.12; vfio_pci_core_mmap): there are inserts of which nothing tells whose they are, or faults that nothing shows",
  populate:
    'probe what can populate in an mmap: remap_pfn_range and vmf_insert_pfn with their vma (from 6.19 also mmap_action_complete): a VMA was mapped while the device was zapped or blocked',
  visit:
    'probe the per-VMA zap with its vma, address and size: zap_page_range_single (to 7.0), zap_vma_range_batched (7.1 and newer), zap_vma_ptes (before 6.10)',
  walked: 'record what the per-VMA zap walks: its address and size',
  copies:
    'probe what gives a VMA the PTEs of another, with both VMAs: copy_page_range and move_page_tables, or the rmap insertion of the new VMA (vma_interval_tree_insert, vma_interval_tree_insert_after): a zap that goes by a list may not have it on that',
  created:
    "probe the driver's mmap callback with its vma at entry and return, or the rmap insertion (vma_interval_tree_insert to 7.2, mapping_rmap_tree_insert from 7.3)",
  block:
    'probe what blocks and unblocks the device, with the device: vfio_basic_config_write, vfio_pm_config_write, vfio_pci_core_ioctl, vfio_pci_core_ioctl_feature',
  access: 'write "read ok va=0x…" to trace_marker after successful accesses (tests only)',
  'device-join':
    "record which device a VMA maps: the mapping (vma->vm_file->f_mapping) and vdev at the driver's mmap callback",
};

/** Roles of the functions that give a rule what it needs. */
export const NEED_ROLES: Record<Need, readonly Role[]> = {
  zap: ['zap', 'zap-list'],
  install: ['install', 'decision'],
  driver: ['fault', 'decision', 'mmap', 'mmap-prepare'],
  populate: ['install', 'mmap-action'],
  visit: ['visit'],
  walked: ['visit'],
  copies: ['fork', 'mremap', 'link'],
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
      // Of an insert without its entry, nothing tells when it began: before the zap, or after it.
      if (observed.states.some(returnsOnly)) return 'partial';
      return observed.installsSeen && install.entries > 0 ? 'full' : 'partial';
    }
    case 'driver':
      return claimed(observed) ? 'full' : 'partial';
    case 'populate':
      return observed.racedVmas === 0 || populates(observed) ? 'full' : 'partial';
    case 'copies':
      if (observed.vagueCopies) return 'partial';
      return observed.listZaps === 0 || copies(observed) ? 'full' : 'partial';
    case 'visit':
      return observed.visitsSeen ? (count(observed, 'visit').returns > 0 ? 'full' : 'partial') : 'none';
    case 'walked':
      return observed.vagueVisits ? 'partial' : 'full';
    case 'created': {
      const mmap = count(observed, 'mmap', 'mmap-prepare');
      if (observed.vmas === 0) return 'none';
      if (observed.linksSeen) return 'full';
      return mmap.entries > 0 ? (mmap.returns > 0 ? 'full' : 'partial') : 'none';
    }
    case 'block':
      if (observed.zaps === 0) return 'none';
      if (observed.vagueUnblocks) return 'partial';
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

const returnsOnly = ({ probe, entries, returns }: SymbolState): boolean =>
  (probe.role === 'install' || probe.role === 'decision') && returns > 0 && entries === 0;

/** Every insert of the drivers in the trace shows that it is theirs, by the handler or the callback in which it runs. */
function claimed({ drivers, unclaimed, recorded }: Observed): boolean {
  const everywhere = (...roles: Role[]): boolean =>
    [...drivers].every((map) => !mayHave(map, roles) || roles.some((role) => recorded.ofDriver(map, role)));
  const { faulted, mapped, unplaced } = unclaimed;
  // (Text without one tells nothing of whether it would show.)
  const unseen = recorded.complete && !recorded.has(insertsPte, 'vma');
  if ((faulted > 0 || unplaced > 0 || unseen) && !everywhere('fault', 'decision')) return false;
  return mapped === 0 || everywhere('mmap');
}

/** The driver has such a function, or one that it builds on. */
const mayHave = (map: ProbeMap | null, roles: readonly Role[]): boolean =>
  map === null || map.with !== undefined || map.functions.some(({ role }) => roles.includes(role));

/** Whatever an mmap installs, by `.mmap` or an mmap action, is recorded. */
function populates({ recorded }: Observed): boolean {
  const install = (named: Named): boolean => named.probe.role === 'install';
  const action =
    recorded.role('mmap-action', 'x0') ||
    recorded.has((named) => install(named) && ranges(named) && fromKernel(named) >= INNER_REMAP, 'vma');
  const range = recorded.has(
    (named) => install(named) && ranges(named) && fromKernel(named) < MMAP_ACTIONS,
    'vma',
  );
  const pte = recorded.has(insertsPte, 'vma');
  return (
    range &&
    pte &&
    (action ||
      !recorded.has((named) => named.probe.role === 'mmap-prepare' || fromKernel(named) >= MMAP_ACTIONS))
  );
}

/** vmf_insert_pfn(), or what it is made of. */
const insertsPte = ({ symbol }: Named): boolean => PTE_INSERTS.has(symbol);
const PTE_INSERTS: ReadonlySet<string> = new Set(['vmf_insert_pfn', 'vmf_insert_pfn_prot', 'insert_pfn']);

const ranges = ({ probe }: Named): boolean => probe.covers === 'range';

/** The first kernel that has the function, as far as its map tells. */
const fromKernel = ({ probe, symbol }: Named): number => kernelsOf(probe, symbol).from;
/** Kernels from here on have mmap actions, which do not go through remap_pfn_range() itself. */
const MMAP_ACTIONS = 6019;
/** Range inserts that came with this kernel or later run for mmap actions, some of them for remap_pfn_range() as well. */
const INNER_REMAP = 6016;

/**
 * What gives a VMA the PTEs of another one shows the VMA that is not on the driver's list. (Text without a fork in it
 * tells nothing of what would show one.)
 */
function copies({ recorded }: Observed): boolean {
  const links = recorded.has(linksNew, 'vma');
  const forks = recorded.role('fork', 'vma', 'other') || recorded.has(linksChild, 'vma');
  return (forks || (links && !recorded.complete)) && (links || recorded.role('mremap', 'vma', 'other'));
}

const linksChild = ({ probe }: Named): boolean => probe.role === 'link' && probe.args?.other !== undefined;
const linksNew = ({ probe }: Named): boolean => probe.role === 'link' && probe.args?.other === undefined;

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

/** Kernel versions and ranges of them, as probe maps and recipes use them: major and minor only. */

/** A version as one number that sorts: 6.12 → 6012. */
export type Version = number;

/** Versions from `from` to `to`, both included. */
export interface Kernels {
  readonly from: Version;
  readonly to: Version;
}

/** All kernels. */
export const ANY_KERNEL: Kernels = { from: 0, to: Number.POSITIVE_INFINITY };

/** `6.12`, `v7.3-rc2`, `6.12.95+deb12-amd64` → 6012; null when it is no version. */
export function parseVersion(text: string): Version | null {
  const match = /^v?(\d{1,3})\.(\d{1,3})(?:$|[.\-+_~])/.exec(text.trim());
  return match === null ? null : Number(match[1]) * 1000 + Number(match[2]);
}

/** 6012 → `6.12`. */
export const versionText = (version: Version): string => `${Math.floor(version / 1000)}.${version % 1000}`;

/** `6.16..7.0`, `..7.0`, `7.1..`, `6.12` → a range; null when it is none, or runs backwards. */
export function parseKernels(text: string): Kernels | null {
  const bounds = /^(.*?)\.\.(.*)$/.exec(text) ?? [text, text, text];
  const from = bounds[1] === '' ? 0 : parseVersion(bounds[1]);
  const to = bounds[2] === '' ? Number.POSITIVE_INFINITY : parseVersion(bounds[2]);
  if (from === null || to === null || from > to || text === '..') return null;
  return { from, to };
}

/** `6.16 to 7.0`, `to 7.0`, `7.1 and newer`, `6.12`, `any kernel`. */
export function kernelsText({ from, to }: Kernels): string {
  const open = to === Number.POSITIVE_INFINITY;
  if (from <= ANY_KERNEL.from) return open ? 'any kernel' : `to ${versionText(to)}`;
  if (from === to) return versionText(from);
  return open ? `${versionText(from)} and newer` : `${versionText(from)} to ${versionText(to)}`;
}

export const overlap = (a: Kernels, b: Kernels): boolean => a.from <= b.to && b.from <= a.to;

/**
 * vfio-pci by generation: which functions zap and install (probe maps), not which release. Stable kernels carry
 * backports across these borders, so a recipe goes by the symbols that it finds.
 */
export const GENERATIONS: Readonly<Record<string, Kernels & { readonly about: string }>> = {
  G1: { from: 5008, to: 5012, about: 'list of faulted VMAs; the fault drops the lock before it remaps' },
  G2: { from: 5013, to: 6009, about: 'list of faulted VMAs, whole VMA at its first fault' },
  G3: { from: 6010, to: 6011, about: 'unmap_mapping_range, one inode per device, pre-faults the VMA' },
  G4: { from: 6012, to: 6018, about: 'huge faults, one entry per fault' },
  G5: { from: 6019, to: 7000, about: 'vfio_pci_vmf_insert_pfn, vfio_pci_dma_buf_move' },
  G6: { from: 7001, to: Number.POSITIVE_INFINITY, about: 'as G5, zap functions of mm renamed' },
};

/** What dynamic events can express on a kernel (Documentation/trace/kprobetrace.rst, fprobetrace.rst). */
export const SINCE = {
  /** `f:` events and C names of arguments (BTF). */
  btfNames: 6005,
  /** Members: `vma->vm_start`. */
  btfMembers: 6006,
  /** Entry arguments in return probes. */
  argumentsAtReturn: 6009,
  /** fprobes run on the function graph: no limit of open calls, and none may be given (`f256:` is refused). */
  fprobeOnGraph: 6014,
} as const;

/**
 * Roles: what a function means for the life of a mapping. A probe map gives each function one; the model sees only
 * roles, never function names. Numbers, because the interpreter and the model switch on them for every record.
 */
export const Kind = {
  /** The driver's `.mmap` callback (vma; may install). */
  Mmap: 1,
  /** The driver's `.mmap_prepare` hook: no VMA yet. */
  MmapPrepare: 2,
  /** The core runs a deferred mmap action (populates after the rmap insertion, or inside `.mmap` when compat). */
  MmapAction: 3,
  /** The core's mmap of one region: encloses the driver's callback and the rmap insertion. */
  Region: 4,
  /** The driver's fault handler. Waits for locks: its interval is weak evidence. */
  Fault: 5,
  /** A primitive that writes PTEs. */
  Insert: 6,
  /** Decides under the driver's lock whether to insert (vfio_pci_vmf_insert_pfn). */
  Decision: 7,
  /** Zap of a range of an address_space. */
  Zap: 8,
  /** Zap of the VMAs on the driver's own list. */
  ZapList: 9,
  /** The zap's work on one VMA. */
  Visit: 10,
  /** PTEs of a range are cleared for munmap, exit, or inside a visit. */
  Unmap: 11,
  /** A VMA is inserted into the rmap (i_mmap tree). */
  Link: 12,
  Unlink: 13,
  /** fork copies the PTEs of `other` (source) to `vma`. */
  Copy: 14,
  /** mremap moves PTEs of `vma` to `other`. */
  Move: 15,
  Split: 16,
  /** The vm_area_struct goes away. */
  Free: 17,
  /** An address space goes away. */
  Exit: 18,
  /** Is mapping allowed now? Sampled under the lock. */
  Query: 19,
  /** Blocks or unblocks the device, by its effects; or merely tells which device the task works on. */
  Control: 20,
  /** The CPU took a page fault at an address. */
  PageFault: 21,
  SysMmap: 22,
  SysMunmap: 23,
  SysMremap: 24,
  /** Explicit evidence of a user access (trace_marker). */
  Access: 25,
} as const;

export type Kind = (typeof Kind)[keyof typeof Kind];

/** Role names as probe maps and event records write them. */
export const ROLE_KINDS = {
  mmap: Kind.Mmap,
  'mmap-prepare': Kind.MmapPrepare,
  'mmap-action': Kind.MmapAction,
  'mmap-region': Kind.Region,
  fault: Kind.Fault,
  install: Kind.Insert,
  decision: Kind.Decision,
  zap: Kind.Zap,
  'zap-list': Kind.ZapList,
  visit: Kind.Visit,
  unmap: Kind.Unmap,
  link: Kind.Link,
  unlink: Kind.Unlink,
  fork: Kind.Copy,
  mremap: Kind.Move,
  split: Kind.Split,
  free: Kind.Free,
  exit: Kind.Exit,
  query: Kind.Query,
  control: Kind.Control,
  'page-fault': Kind.PageFault,
  'sys-mmap': Kind.SysMmap,
  'sys-munmap': Kind.SysMunmap,
  'sys-mremap': Kind.SysMremap,
  access: Kind.Access,
} as const satisfies Record<string, Kind>;

export type Role = keyof typeof ROLE_KINDS;

const names: string[] = [];
for (const [name, kind] of Object.entries(ROLE_KINDS)) names[kind] = name;

/** Role name of a kind. */
export const kindName = (kind: Kind): string => names[kind];

/**
 * How entry and return records of a role make one event: an interval needs both; a point acts at its entry (what
 * happens inside cannot be told apart from it), or, for a sampled value, at its return.
 */
export type Pairing = 'interval' | 'entry' | 'return';

export function pairingOf(kind: Kind): Pairing {
  switch (kind) {
    case Kind.Unmap:
    case Kind.Link:
    case Kind.Unlink:
    case Kind.Split:
    case Kind.Free:
    case Kind.Exit:
    case Kind.PageFault:
    case Kind.Access:
      return 'entry';
    case Kind.Query:
      return 'return';
    default:
      return 'interval';
  }
}

/** Bit set of the roles that can run inside an open frame of this role; a frame that cannot hold the new one has returned unseen. */
const bit = (...kinds: Kind[]): number => kinds.reduce((set, kind) => set | (1 << kind), 0);
const clears = bit(Kind.Visit, Kind.Unmap);
const canHold: number[] = [];
canHold[Kind.Insert] = bit(Kind.Insert) | clears;
canHold[Kind.Decision] = bit(Kind.Insert, Kind.Query, Kind.Decision) | clears;
canHold[Kind.Fault] = canHold[Kind.Decision] | bit(Kind.Fault, Kind.Decision, Kind.PageFault);
canHold[Kind.Visit] = clears;
canHold[Kind.Zap] = bit(Kind.Zap) | clears;
canHold[Kind.ZapList] = bit(Kind.Zap, Kind.ZapList) | clears;
const calls = bit(Kind.SysMmap, Kind.SysMunmap, Kind.SysMremap, Kind.Region, Kind.Exit);
canHold[Kind.Mmap] = ~(calls | bit(Kind.Fault, Kind.Copy, Kind.Move));
canHold[Kind.MmapPrepare] = canHold[Kind.Mmap];
canHold[Kind.MmapAction] = canHold[Kind.Mmap];
canHold[Kind.Region] = ~bit(Kind.SysMmap, Kind.SysMunmap, Kind.SysMremap);
// (Up to 6.8, vm_ops->open() of vfio-pci zaps the child when its pages have been copied.)
canHold[Kind.Copy] = bit(Kind.PageFault);
canHold[Kind.Move] = clears | bit(Kind.PageFault);
canHold[Kind.Control] = ~bit(Kind.SysMmap, Kind.SysMunmap, Kind.SysMremap, Kind.Mmap, Kind.Region);
canHold[Kind.SysMmap] = -1;
canHold[Kind.SysMunmap] = -1;
canHold[Kind.SysMremap] = -1;

export const mayNest = (outer: Kind, inner: Kind): boolean => (canHold[outer] & (1 << inner)) !== 0;

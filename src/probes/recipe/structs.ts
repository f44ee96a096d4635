import type { Kernels, Version } from './kernel.js';

/**
 * Offsets of struct members, for kernels whose dynamic events do not know BTF (raw form). 64-bit kernels of the usual
 * configuration (SMP, PER_VMA_LOCK from 6.4 on, no struct layout randomisation).
 *
 * Read from the BTF of the kernels in SEEN (fixtures/btf). Between two of them a layout is given only where the order
 * of members in the source tells it; `null` is not known, and a recipe refuses it.
 */
export interface Struct {
  readonly members: Readonly<Record<string, Member>>;
}

interface Member {
  /** `[since, offset]`, ascending; a layout holds until the next one begins. */
  readonly at: readonly (readonly [since: Version, offset: number | null])[];
  /** The struct it points to, when a further member may follow. */
  readonly to?: string;
}

/** The newest kernel on which the layouts were seen; later ones are unknown, except for what never moved. */
export const NEWEST_SEEN: Version = 7003;

/** The same place in every kernel that the maps know. */
const always = (offset: number, to?: string): Member => ({ at: [[0, offset]], to });
const since = (at: Member['at'], to?: string): Member => ({ at: [...at, [NEWEST_SEEN + 1, null]], to });

export const STRUCTS: Readonly<Record<string, Struct>> = {
  vm_area_struct: {
    members: {
      vm_start: always(0),
      vm_end: always(8),
      // maple tree, 6.1
      vm_mm: since(
        [
          [0, 0x40],
          [6001, 0x10],
        ],
        'mm_struct',
      ),
      // PER_VMA_LOCK 6.4 (computed), detached and seq packed ~6.10 (6.12 seen), vm_refcnt 6.15
      vm_pgoff: since([
        [0, 0x98],
        [6001, 0x68],
        [6004, 0x80],
        [6010, 0x78],
        [6015, 0x50],
      ]),
      vm_file: since(
        [
          [0, 0xa0],
          [6001, 0x70],
          [6004, 0x88],
          [6010, 0x80],
          [6015, 0x58],
        ],
        'file',
      ),
      vm_private_data: since([
        [0, 0xa8],
        [6001, 0x78],
        [6004, 0x90],
        [6010, 0x88],
        [6015, 0x60],
      ]),
    },
  },
  file: {
    members: {
      f_mapping: since(
        [
          [0, null],
          [5010, 0xf0],
          [5011, null],
          [6001, 0xd8],
          [6002, null],
          [6012, 0x18],
          [6013, null],
          [6018, 0x10],
        ],
        'address_space',
      ),
      private_data: since([
        [0, null],
        [5010, 0xc8],
        [5011, null],
        [6001, 0xc8],
        [6002, null],
        [6012, 0x20],
        [6013, null],
        [6019, 0x18],
      ]),
    },
  },
  vm_fault: {
    members: { vma: always(0, 'vm_area_struct'), pgoff: always(16), address: always(24) },
  },
  vm_area_desc: {
    members: {
      mm: since(
        [
          [0, null],
          [6019, 0],
        ],
        'mm_struct',
      ),
      file: since(
        [
          [0, null],
          [6019, 8],
        ],
        'file',
      ),
      start: since([
        [0, null],
        [6019, 16],
      ]),
      end: since([
        [0, null],
        [6019, 24],
      ]),
      pgoff: since([
        [0, null],
        [6019, 32],
      ]),
    },
  },
  mmap_action: {
    members: {
      'remap.start': since([
        [0, null],
        [6019, 0],
      ]),
      'remap.start_pfn': since([
        [0, null],
        [6019, 8],
      ]),
      'remap.size': since([
        [0, null],
        [6019, 16],
      ]),
      type: since([
        [0, null],
        [6019, 32],
      ]),
    },
  },
  pagetable_move_control: {
    members: {
      old: since(
        [
          [0, null],
          [6016, 0],
        ],
        'vm_area_struct',
      ),
      new: since(
        [
          [0, null],
          [6016, 8],
        ],
        'vm_area_struct',
      ),
      old_addr: since([
        [0, null],
        [6016, 16],
      ]),
      old_end: since([
        [0, null],
        [6016, 24],
      ]),
      new_addr: since([
        [0, null],
        [6016, 32],
      ]),
      len_in: since([
        [0, null],
        [6016, 40],
      ]),
    },
  },
};

/** Kernels whose layouts were read from BTF; for others a recipe says that offsets are computed from the source. */
export const SEEN: readonly Version[] = [5010, 6001, 6012, 6018, 6019, 7000, 7001, 7002, 7003];

/** The struct behind a parameter, by the name that the kernel gives such parameters. */
const PARAMETERS: Readonly<Record<string, string>> = {
  vma: 'vm_area_struct',
  node: 'vm_area_struct',
  prev: 'vm_area_struct',
  dst_vma: 'vm_area_struct',
  src_vma: 'vm_area_struct',
  new_vma: 'vm_area_struct',
  vmf: 'vm_fault',
  desc: 'vm_area_desc',
  action: 'mmap_action',
  pmc: 'pagetable_move_control',
  filp: 'file',
  file: 'file',
};

export const structOf = (parameter: string): string | null => PARAMETERS[parameter] ?? null;

/** A stretch of kernels in which the chain of members lies at these offsets. */
export interface Place {
  readonly kernels: Kernels;
  readonly offsets: readonly number[];
}

/** Where a chain of members behind a parameter lies, by kernels; gaps are kernels of which it is not known. */
export function places(parameter: string, members: readonly string[]): Place[] {
  let found: Place[] = [{ kernels: { from: 0, to: Number.POSITIVE_INFINITY }, offsets: [] }];
  let struct: string | null | undefined = structOf(parameter);
  for (const name of members) {
    const member: Member | undefined = struct == null ? undefined : STRUCTS[struct]?.members[name];
    if (member === undefined) return [];
    found = found.flatMap((place) => refine(place, member));
    struct = member.to;
  }
  return found;
}

function refine({ kernels, offsets }: Place, { at }: Member): Place[] {
  return at.flatMap(([from, offset], i) => {
    const low = Math.max(kernels.from, from);
    const high = Math.min(kernels.to, i + 1 < at.length ? at[i + 1][0] - 1 : Number.POSITIVE_INFINITY);
    return offset === null || low > high
      ? []
      : [{ kernels: { from: low, to: high }, offsets: [...offsets, offset] }];
  });
}

/** The offsets that hold in all of these kernels; null when they differ or are not known for one of them. */
export function offsetsIn(
  parameter: string,
  members: readonly string[],
  kernels: Kernels,
): readonly number[] | null {
  let next = kernels.from;
  let offsets: readonly number[] | null = null;
  for (const place of places(parameter, members)) {
    if (place.kernels.to < kernels.from || place.kernels.from > kernels.to) continue;
    if (place.kernels.from > next) return null;
    if (offsets !== null && offsets.join() !== place.offsets.join()) return null;
    offsets = place.offsets;
    if (place.kernels.to >= kernels.to) return offsets;
    next = place.kernels.to + 1;
  }
  return null;
}

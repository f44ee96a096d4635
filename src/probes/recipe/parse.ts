import type { EventDecl } from '../../trace/record.js';

/** A dynamic event as the kernel lists it. */
export interface DefinedEvent {
  readonly decl: EventDecl;
  /** `f`, `p`, `r`, … */
  readonly type: string;
  readonly line: string;
}

/*
 * p:zaptrace/vmf_insert_pfn vmf_insert_pfn vma=$arg1:x64 addr=$arg2:x64
 * r256:zaptrace/vmf_insert_pfn_ret vmf_insert_pfn ret=$retval:x32
 * f:zaptrace/unmap_mapping_range unmap_mapping_range mapping=$arg1:x64
 * f:zaptrace/unmap_mapping_range_ret unmap_mapping_range%return
 * p:probe/zap_page_range_single _text+3698176
 * r10:probe/vfio_pci_core_mmap__return vfio_pci_core:vfio_pci_core_mmap arg1=$retval
 */
const LINE = /^([a-z])\d*:(?:([\w-]+)\/)?([\w.-]+)\s+(\S+)\s*(.*)$/;
const PLACE = /^(?:[\w-]+:)?([A-Za-z_][\w.]*?)(?:\+0x0|\+0)?(%return)?$/;

/** A line of `dynamic_events`, `kprobe_events` or a recipe; null when it is none of a function (uprobes, synthetic events). */
export function parseDefinition(line: string): DefinedEvent | null {
  const match = LINE.exec(line.trim());
  if (match === null || !'prf'.includes(match[1])) return null;
  const [, type, group, name, place, args] = match;
  const where = PLACE.exec(place);
  const symbol = where === null ? null : where[1];
  const isReturn = type === 'r' || where?.[2] === '%return';
  const fields = args
    .split(/\s+/)
    .filter((arg) => arg !== '')
    .map((arg, i) => /^(\w+)=/.exec(arg)?.[1] ?? `arg${i + 1}`);
  const decl: EventDecl = { name, system: group ?? null, symbol, isReturn, shape: 'probe', fields };
  return { decl, type, line: line.trim() };
}

/** One probe's counts, as `kprobe_profile` has them. */
export interface ProfileEntry {
  readonly event: string;
  readonly hits: number;
  /** Calls that no probe could follow: lost returns. */
  readonly missed: number;
}

/*
 *   vmf_insert_pfn_ret                                          9               0
 */
const PROFILE = /^\s*([\w.-]+)\s+(\d+)\s+(\d+)\s*$/;

/** A line of `kprobe_profile`; null when it is none. */
export function parseProfile(line: string): ProfileEntry | null {
  const match = PROFILE.exec(line);
  return match === null ? null : { event: match[1], hits: Number(match[2]), missed: Number(match[3]) };
}

/** What a file beside a trace is, by its first line that is not empty. */
export function sideFile(text: string): 'definitions' | 'profile' | null {
  const first = text.split('\n').find((line) => line.trim() !== '') ?? '';
  if (PROFILE.test(first)) return 'profile';
  return /^[a-z]\d*:\S+\s/.test(first) ? 'definitions' : null;
}

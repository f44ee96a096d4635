import type { Role } from './roles.js';

/**
 * Probe maps: tables from functions and their arguments to roles. Data only. The same table reads captures and
 * prints recording recipes: an argument is written as a C expression over the function's parameters
 * (`vma->vm_start`), from which follow the probe definition (BTF, or registers and struct offsets) and the
 * names under which a capture may carry it.
 */
export interface ProbeMap {
  /** `vfio-pci`, `zaprace`, … */
  name: string;
  title: string;
  /** Kernel module whose functions must be loaded before probes are defined; null for the core kernel. */
  module: string | null;
  functions: FunctionProbe[];
  /**
   * What the driver's lock promises (used by install-zap-overlap): `zap`: inserts are excluded for the whole zap;
   * `visit`: only while each VMA is zapped; `none`: no promise.
   */
  excludes?: 'zap' | 'visit' | 'none';
  /** The driver populates in mmap by design and never revokes: findings about those pages are notes. */
  neverZaps?: boolean;
  /**
   * How its zap finds the VMAs: `rmap` (default): unmap_mapping_range(), which a VMA that is not yet in the rmap escapes;
   * `list`: a list of the driver's own, on which .mmap puts them.
   */
  finds?: 'rmap' | 'list';
  /** Maps of the drivers that this one builds on: a recipe records them too. */
  with?: string[];
  /** Where the facts come from and for which kernels they were checked. */
  note?: string;
}

export interface FunctionProbe {
  /** Names by kernel generation; compiler suffixes (`.constprop.0`) are ignored. */
  symbols: string[];
  role: Role;
  /** C parameter names in order: `vdev vmf pfn order`. `_` for one of no interest. */
  params: string;
  /** Argument → expression over params. */
  args?: Partial<Record<ArgName, string>>;
  /** What the return value says; default `none`. */
  result?: 'fault' | 'errno' | 'bool' | 'address' | 'none';
  /** install: which pages it writes. `address-order`: one entry of `order` at address; `range`: address,size; `vma`: the whole VMA. */
  covers?: 'address-order' | 'range' | 'vma';
  /** install, fault: fixed order of the entry it writes. */
  order?: number;
  effects?: Effect[];
  /** zap, zap-list: when the lock that keeps inserts out is held, and the device blocked: while it runs (default), or only once it has returned. */
  lock?: 'during' | 'after';
  /** Words for the zap that runs inside: `VFIO_DEVICE_RESET`, … */
  cause?: string;
  /** Recording level from which it is worth recording. */
  level?: 'state' | 'verdict' | 'full';
  /** Kernel generations or other notes, for documentation. */
  note?: string;
  /** How a recipe fetches an argument where its C type is no pointer or `unsigned long`. Default: by kind of argument. */
  types?: Partial<Record<ArgName, FetchType>>;
  /** Kernels that have a symbol, `6.16..7.0`, `..7.0`, `7.1..`; a symbol that is not named here may be in any. */
  kernels?: Record<string, string>;
  /** Other prototypes of the same symbols, by kernels; field names stay those of `args`. */
  variants?: Variant[];
  /** No function but a tracepoint of this system (`exceptions`, `syscalls`), or `ftrace`: always there. */
  tracepoint?: string;
}

/** A prototype that the function has in some kernels only. */
export interface Variant {
  /** `6.16..` */
  kernels: string;
  params: string;
  args: Partial<Record<ArgName, string>>;
}

/** Fetch types of dynamic events (Documentation/trace/kprobetrace.rst). */
export type FetchType =
  | 'u8'
  | 's8'
  | 'x8'
  | 'u16'
  | 's16'
  | 'x16'
  | 'u32'
  | 's32'
  | 'x32'
  | 'u64'
  | 's64'
  | 'x64';

export type ArgName =
  | 'device'
  | 'mapping'
  | 'root'
  | 'vma'
  | 'other'
  | 'mm'
  | 'address'
  | 'size'
  | 'addressEnd'
  | 'start'
  | 'end'
  | 'pgoff'
  | 'order'
  | 'pfn'
  | 'x0'
  | 'x1';

/** What a control function does to the device, when its conditions hold. */
export interface Effect {
  when?: Condition[];
  does: 'block' | 'unblock';
  /** Causes it sets or clears: `memory-disabled`, `d3hot`, `low-power`, `reset`, … `*` (unblock): all. */
  causes: string[];
  /** block: until an unblock of the same cause, or only while the call runs. */
  holds?: 'until-unblock' | 'call';
  /** block: the call works on other devices as well, those that it zaps (hot reset), or names none itself. */
  spreads?: boolean;
  /** The effect stands only if the function returned this. */
  ifReturned?: number;
  /**
   * unblock: which ways out of the causes lead through this function; left out: the usual one. That a device stayed blocked
   * is known when a function on each way is recorded.
   */
  ways?: string[];
}

/** The way of an unblock that names none. */
export const USUAL_WAY = ['usual'];

/** (arg & mask) equals (or is one of) a value. */
export interface Condition {
  arg: 'x0' | 'x1';
  mask?: number;
  is: number | number[];
}

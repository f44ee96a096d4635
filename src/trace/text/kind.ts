import type { EventDecl, Interest } from '../record.js';
import { literal } from './bytes.js';
import { KIND_CODE } from './value.js';

/** Only so many of a line's fields can wait. */
export const MAX_WAITING = 64;

/** How the fields stand in a line. */
export const NO_FIELDS = 0;
/** `vma=0x… addr=0x…` */
export const PAIRS = 1;
/** `addr: 0x…, len: 0x…` or `vma=0x…, addr=0x…`, closed by a parenthesis or the end */
export const LIST = 2;
/** `ff241d3802770000, 1, 0`: arguments without names, in hex */
export const UNNAMED = 3;
/** one value: `0x7f8e4d922000` */
export const SINGLE = 4;

/** What stands in parentheses before the fields of a probe. */
export const NO_PLACE = 0;
/** `(vmf_insert_pfn+0x4/0x20)`, `(vfio_pci_core_mmap+0x4/0x1d0 [vfio_pci_core])` */
export const SYMBOL_PLACE = 1;
/** `(vfio_pci_mmap_huge_fault+0x185/0x1d0 [vfio_pci_core] <- vmf_insert_pfn)` */
export const RETURN_PLACE = 2;
/** `(ffffffffa67b2c84)`, or of any form that names no symbol */
export const HEX_PLACE = 3;
/** `(ffffffffa67b2c14 <- ffffffffa67b2d8d)` */
export const HEX_RETURN_PLACE = 4;

/** The form of one kind of event, as its first line showed it. */
export interface Form {
  readonly place: number;
  readonly symbol: string | null;
  readonly isReturn: boolean | null;
  readonly style: number;
  /** Field names in line order. */
  readonly names: readonly string[];
  /** What stands before each value, `vma=` or `addr: `; with the verbose option `unsigned long addr: `. */
  readonly keys: readonly string[];
  /** The leading `__probe_ip` … of raw forms, which are no arguments. */
  readonly hidden: number;
  /** Hex without 0x is meant. */
  readonly bareHex: boolean;
}

export const PLAIN_FORM: Form = {
  place: NO_PLACE,
  symbol: null,
  isReturn: null,
  style: NO_FIELDS,
  names: [],
  keys: [],
  hidden: 0,
  bareHex: false,
};

/** A kind of event with the sink's wishes laid out by field, for reading by position. */
export class Kind {
  /** Field names with their separator, as bytes. */
  readonly keys: readonly Uint8Array[];
  readonly count: number;
  readonly hidden: number;
  readonly symbol: Uint8Array;
  /** `wishAt[f]` to `wishAt[f + 1]`: the requests for field `f` in `slots` and `codes`. */
  readonly wishAt: Uint8Array;
  readonly slots: Uint8Array;
  readonly codes: Uint8Array;
  /** 1: all requests for the field can wait until `TraceRecord.load()`. */
  readonly waits: Uint8Array;
  /** Those fields. */
  readonly waiting: Uint8Array;

  constructor(
    readonly decl: EventDecl,
    readonly form: Form,
    readonly interest: Interest | null,
  ) {
    const { names, hidden } = form;
    this.keys = form.keys.map(literal);
    this.count = names.length;
    this.hidden = hidden;
    this.symbol = literal(form.symbol ?? '');
    this.wishAt = new Uint8Array(names.length + 1);
    const requests = [...(interest?.fields ?? [])];
    const slots: number[] = [];
    const codes: number[] = [];
    for (let f = 0; f < names.length; f++) {
      this.wishAt[f] = slots.length;
      for (const request of requests) {
        if (request.field + hidden !== f) continue;
        slots.push(request.slot);
        codes.push(KIND_CODE[request.kind]);
      }
    }
    this.wishAt[names.length] = slots.length;
    this.slots = Uint8Array.from(slots);
    this.codes = Uint8Array.from(codes);
    this.waits = Uint8Array.from(names, (_, f) => {
      const wishes = requests.filter((request) => request.field + hidden === f);
      return f < MAX_WAITING && wishes.length > 0 && wishes.every((request) => request.lazy === true) ? 1 : 0;
    });
    this.waiting = Uint8Array.from([...this.waits.keys()].filter((f) => this.waits[f] === 1));
  }
}

const UNKNOWN: EventDecl = {
  name: '',
  system: null,
  symbol: null,
  isReturn: null,
  shape: 'other',
  fields: [],
};
/** Where there is none yet. */
export const UNKNOWN_KIND = new Kind(UNKNOWN, PLAIN_FORM, null);

import type { FieldValue } from '../trace/record.js';
import type { ProbeBinding } from './binding.js';
import type { PlainFault } from './plain-fault.js';
import type { Kind } from './roles.js';

/**
 * A mapping event: one action of the kernel on mappings, as an interval [begin, end] of one task. Frames are reused
 * (one stack per task), so whoever keeps something of an event copies it.
 *
 * Pointers are PointerTable ids, 0 when unknown; user addresses, sizes and file offsets are page numbers, NaN when unknown.
 */
export class MappingEvent {
  kind: Kind = 1 as Kind;
  binding!: ProbeBinding;
  task!: Task;
  /** Enclosing action of the same task, or null. */
  parent: MappingEvent | null = null;
  /** ns since the trace's first record. */
  begin = 0;
  /** Return time. When the return was not seen: the time by which it had certainly returned. */
  end = Number.NaN;
  beginSeq = 0;
  endSeq = 0;
  beginCpu = 0;
  endCpu = 0;
  beginOrigin = 0;
  endOrigin = 0;
  /** The entry record was seen; if not, `begin` is the earliest time at which it can have begun. */
  entered = true;
  /** The return record was seen. */
  returned = false;
  /** Part of an enclosing action of the same role (vmf_insert_pfn_prot inside vmf_insert_pfn): not an action of its own. */
  nested = false;
  /** Records were lost while it was open. */
  tainted = false;
  comm = '';

  /** Bit per argument slot that holds something: what a reused frame must forget. */
  filled = 0;
  device = 0;
  mapping = 0;
  /** &mapping->i_mmap, where only that was recorded: a second name of the mapping, learnt by association. */
  root = 0;
  vma = 0;
  other = 0;
  mm = 0;
  page = Number.NaN;
  pages = Number.NaN;
  vmStart = Number.NaN;
  vmEnd = Number.NaN;
  pgoff = Number.NaN;
  order = Number.NaN;
  pfn = Number.NaN;
  /** Return value; NaN when not recorded. */
  result = Number.NaN;
  /** Values for effects' conditions, by the binding's condition slots. */
  x0 = Number.NaN;
  x1 = Number.NaN;

  /** Time of the task's record before this event: what the CPU did between the two happened after it. */
  prevTime = Number.NEGATIVE_INFINITY;

  /** Model scratch: what the model attached at begin. */
  note: unknown = null;
  /** Model scratch: the state of the device when it began. */
  since: unknown = null;
  /** Query result seen inside this action (-1 none). */
  allowed = -1;
  /** An install happened inside; of a control function: a zap did. */
  installed = false;
  /** Marker text, for access evidence. */
  text = '';
  /** All fields of its records, where they were asked for (`events --all`). */
  fields: Record<string, FieldValue> | null = null;
}

/** What the words of an event are made of. */
export type EventWords = Pick<
  MappingEvent,
  | 'kind'
  | 'binding'
  | 'device'
  | 'mapping'
  | 'vma'
  | 'other'
  | 'page'
  | 'pages'
  | 'vmStart'
  | 'vmEnd'
  | 'order'
  | 'pfn'
  | 'x0'
  | 'x1'
  | 'result'
  | 'returned'
  | 'text'
>;

/** Events are reused: a copy of what an event's words are made of. */
export function wordsOf(event: EventWords): EventWords {
  const { kind, binding, device, mapping, vma, other, page, pages, vmStart, vmEnd } = event;
  const { order, pfn, x0, x1, result, returned, text } = event;
  return {
    kind,
    binding,
    device,
    mapping,
    vma,
    other,
    page,
    pages,
    vmStart,
    vmEnd,
    order,
    pfn,
    x0,
    x1,
    result,
    returned,
    text,
  };
}

/** One thread of execution, by its tid. */
export class Task {
  readonly stack: MappingEvent[] = [];
  depth = 0;
  cpu = -1;
  /** Time and sequence of its latest record before the current one: program order bounds what happened since. */
  lastTime = Number.NEGATIVE_INFINITY;
  lastSeq = -1;
  /** The event that told its latest return, and that record: another event may tell the same return. */
  returned: ProbeBinding | null = null;
  returnedSeq = -1;
  /** Address space it was last seen working in. */
  mm = 0;
  /** The VMA in which it installed last without a sign of a driver that is known: it may turn out to be one's. */
  foreign = 0;
  /** Model scratch, and an old one that can be used again. */
  note: unknown = null;
  spareNote: unknown = null;
  constructor(readonly pid: number) {}
}

/** What the interpreter tells the model. Events are valid only during the call. */
export interface MappingSink {
  /** Whether the VMA with this page is known well enough to do without its range, mm and device. */
  knows(vma: number, page: number): boolean;
  /** Whether the end of a VMA's pages, of its place in the rmap, or of itself says nothing: this VMA was never met. */
  strange(vma: number): boolean;
  begin(event: MappingEvent): void;
  end(event: MappingEvent): void;
  /** A query inside this action was answered: true when that is all there is to say of it, false to get it as a point. */
  answers(outer: MappingEvent, allowed: number): boolean;
  /** A whole fault, with one insert or none: true when there is nothing more to say of it, false to get it in parts. */
  plainFault?(fault: PlainFault): boolean;
  /** An action without duration (point roles). */
  point(event: MappingEvent): void;
  /** Records were lost between `since` (-Infinity: nothing was seen of that CPU before) and `t`. */
  lost(since: number, t: number): void;
}

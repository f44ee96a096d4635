import type { ProbeBinding } from '../probes/binding.js';
import type { EventWords } from '../probes/event.js';
import { MappingEvent, wordsOf } from '../probes/event.js';
import { Kind } from '../probes/roles.js';
import type { Vma } from './vma.js';

/** A moment kept as evidence: what happened, where in the trace. Made only for events that can prove something. */
export interface Mark {
  t: number;
  /** Return time of the action; equals `t` for a point. */
  end: number;
  /** Its return was recorded; else `end` only bounds it. */
  returned: boolean;
  seq: number;
  endSeq: number;
  cpu: number;
  endCpu: number;
  pid: number;
  comm: string;
  /** The event in kernel words. */
  readonly text: string;
  origin: number;
  endOrigin: number;
}

/** A mark of an event: its words are found only when somebody reads them, which for most marks nobody does. */
export class EventMark implements Mark {
  readonly t: number;
  readonly end: number;
  readonly returned: boolean;
  readonly seq: number;
  readonly endSeq: number;
  readonly cpu: number;
  readonly endCpu: number;
  readonly pid: number;
  readonly comm: string;
  readonly origin: number;
  readonly endOrigin: number;
  readonly #words: EventWords;
  readonly #describe: (event: EventWords) => string;
  #text: string | null = null;

  constructor(event: MappingEvent, describe: (event: EventWords) => string) {
    this.t = event.begin;
    this.end = Number.isNaN(event.end) ? event.begin : event.end;
    this.returned = event.returned;
    this.seq = event.beginSeq;
    this.endSeq = event.endSeq;
    this.cpu = event.beginCpu;
    this.endCpu = event.endCpu;
    this.pid = event.task.pid;
    this.comm = event.comm;
    this.origin = event.beginOrigin;
    this.endOrigin = event.endOrigin;
    this.#words = wordsOf(event);
    this.#describe = describe;
  }

  get text(): string {
    this.#text ??= this.#describe(this.#words);
    return this.#text;
  }
}

/** A mark of an event that tells of one VMA: it keeps no copy of the event, for what that said is what the VMA is. */
export class VmaMark implements Mark {
  readonly t: number;
  readonly end: number;
  readonly returned: boolean;
  readonly seq: number;
  readonly endSeq: number;
  readonly cpu: number;
  readonly endCpu: number;
  readonly pid: number;
  readonly comm: string;
  readonly origin: number;
  readonly endOrigin: number;
  readonly #binding: ProbeBinding;
  readonly #result: number;

  constructor(
    event: MappingEvent,
    private readonly vma: Vma,
    private readonly world: { describe(event: EventWords): string },
  ) {
    this.t = event.begin;
    this.end = Number.isNaN(event.end) ? event.begin : event.end;
    this.returned = event.returned;
    this.seq = event.beginSeq;
    this.endSeq = event.endSeq;
    this.cpu = event.beginCpu;
    this.endCpu = event.endCpu;
    this.pid = event.task.pid;
    this.comm = event.comm;
    this.origin = event.beginOrigin;
    this.endOrigin = event.endOrigin;
    this.#binding = event.binding;
    this.#result = event.result;
  }

  get text(): string {
    const event = eventOf(this.vma, this.#binding);
    event.returned = this.returned;
    event.result = this.#result;
    return this.world.describe(event);
  }
}

/** What told of an insertion into the rmap, and who puts it into words: the VMAs of a trace share a few of these. */
export interface LinkWords {
  binding: ProbeBinding;
  describe(event: EventWords): string;
}

/** By what tells of the insertion: two functions, mostly one. */
export class AllLinkWords {
  readonly #all = new Map<ProbeBinding, LinkWords>();
  #last: LinkWords | null = null;

  constructor(private readonly describe: LinkWords['describe']) {}

  of(binding: ProbeBinding): LinkWords {
    if (this.#last?.binding === binding) return this.#last;
    let words = this.#all.get(binding);
    if (words === undefined) this.#all.set(binding, (words = { binding, describe: this.describe }));
    this.#last = words;
    return words;
  }
}

/**
 * A VMA's insertion into the rmap, a point. Every live VMA has had one, and hardly anybody asks: its numbers are the
 * VMA's, and this is made for the asking.
 */
export class LinkMark implements Mark {
  readonly t: number;
  readonly end: number;
  readonly returned = false;
  readonly seq: number;
  readonly endSeq: number;
  readonly cpu: number;
  readonly endCpu: number;
  readonly pid: number;
  readonly origin: number;
  readonly endOrigin: number;

  constructor(
    private readonly vma: Vma,
    readonly comm: string,
    private readonly words: LinkWords,
  ) {
    this.t = this.end = vma.linkT;
    this.seq = this.endSeq = vma.linkSeq;
    this.cpu = this.endCpu = vma.linkCpu;
    this.origin = this.endOrigin = vma.linkOrigin;
    this.pid = vma.linkPid;
  }

  get text(): string {
    return this.words.describe(eventOf(this.vma, this.words.binding));
  }
}

/** The event that told of this VMA, by what the VMA is. */
function eventOf(vma: Vma, binding: ProbeBinding): MappingEvent {
  const event = new MappingEvent();
  event.kind = binding.kind;
  event.binding = binding;
  event.vma = vma.pointer;
  event.mapping = vma.mapping;
  event.vmStart = vma.start;
  event.vmEnd = vma.end;
  if (event.kind === Kind.Mmap) for (const pointer of vma.device?.pointers ?? []) event.device ||= pointer;
  return event;
}

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

/**
 * A mark of an event that tells of one VMA (its rmap insertion, the return of the driver's mmap). There are two for every
 * live VMA, so it keeps no copy of the event: what it said is what the VMA is.
 */
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
    const { vma } = this;
    const event = new MappingEvent();
    event.kind = this.#binding.kind;
    event.binding = this.#binding;
    event.vma = vma.pointer;
    event.mapping = vma.mapping;
    event.vmStart = vma.start;
    event.vmEnd = vma.end;
    event.returned = this.returned;
    event.result = this.#result;
    if (event.kind === Kind.Mmap) for (const pointer of vma.device?.pointers ?? []) event.device ||= pointer;
    return this.world.describe(event);
  }
}

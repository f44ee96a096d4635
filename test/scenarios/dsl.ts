import type { Call } from './actor.js';
import { Actor } from './actor.js';
import type { Dev, Kernel, Mm, VmaObject } from './objects.js';
import { BAR2, KERNELS, Slab } from './objects.js';
import type { Item, Line, Recording, Result } from './recording.js';
import { inOrder, judge } from './recording.js';

/** What the probes of a recording leave out. */
export interface Probes {
  /** Functions without any probe. */
  without?: readonly string[];
  /** Functions with an entry probe only, or with a return probe only. */
  entryOnly?: readonly string[];
  returnOnly?: readonly string[];
  /** Fields that no probe records. */
  lacking?: readonly string[];
  /** Return probes that carry the entry's arguments too (kernel 6.9 and newer). */
  returnArguments?: boolean;
}

/**
 * A scenario, told as it happens: devices, address spaces and VMAs, and what each task does on which CPU at what time
 * (µs). Every call becomes the records that probes on the real function with its real field names give.
 *
 *     const s = scenario('6.12');
 *     const dev = s.device('gpu');
 *     const vma = s.vma(dev, s.process(100), { pages: 16 });
 *     s.cpu(0).task(100).map(10, vma);
 *     s.cpu(0).task(100).faultIn(20, vma, 0);
 *     s.cpu(1).task(200).memoryOff(30, dev, [vma]);
 *     s.judge().verdict
 */
export class Scenario {
  readonly items: Item[] = [];
  readonly #slab = new Slab();
  readonly #mms = new Map<number, Mm>();
  #address = 0x7_f000_0000;

  constructor(
    readonly kernel: Kernel,
    readonly probes: Probes = {},
  ) {}

  get names(): (typeof KERNELS)[Kernel] {
    return KERNELS[this.kernel];
  }

  pointer(): bigint {
    return this.#slab.next();
  }

  device(name = 'dev'): Dev {
    return { name, vdev: this.pointer(), mapping: this.pointer() };
  }

  /** The address space of a process. */
  process(pid: number): Mm {
    let mm = this.#mms.get(pid);
    if (mm === undefined) this.#mms.set(pid, (mm = { pointer: this.pointer(), pid }));
    return mm;
  }

  /** A VMA of BAR2 of the device, at an address of its own, 1 GiB aligned unless told otherwise. */
  vma(dev: Dev, mm: Mm, at: Partial<Omit<VmaObject, 'dev' | 'mm'>> = {}): VmaObject {
    this.#address += 0x100_0000;
    const own = { pointer: this.pointer(), start: this.#address, pages: 16, pgoff: BAR2 };
    return { name: `${dev.name}@${mm.pid}`, ...own, ...at, dev, mm };
  }

  cpu(cpu: number): { task(pid: number, comm?: string): Actor } {
    return { task: (pid, comm = `task${pid}`) => new Actor(this, cpu, pid, comm) };
  }

  /** `count` events (-1: nobody knows) were lost on a CPU (-1: nobody knows which) before its records after `t`. */
  lost(t: number, cpu = -1, count = 1, where: 'gap' | 'start' | 'total' = 'gap'): void {
    this.items.push({ t: Math.round(t * 1000), cpu, lost: count, where });
  }

  /** Some program unmaps a library, and exits: it shows that this recording has munmap and exit in it. */
  munmapElsewhere(t: number): void {
    const dev = this.device('library');
    const mm = this.process(9000);
    const task = this.cpu(9).task(9000);
    task.munmap(t, this.vma(dev, mm, { pgoff: 0 })).exitMmap(t + 3, mm);
  }

  /** The trace goes on for longer than the end of a process takes. */
  goesOn(t = 60_000): void {
    this.cpu(9).task(9001).mark(t, 'the trace goes on');
  }

  /** Records of one call, as far as there are probes for it. */
  write(actor: Actor, call: Call): void {
    const { symbol, from, to, fields, ret } = call;
    const {
      without = [],
      entryOnly = [],
      returnOnly = [],
      lacking = [],
      returnArguments = false,
    } = this.probes;
    if (without.includes(symbol)) return;
    const line = (t: number, isReturn: boolean, cpu: number, values: Line['fields']): void => {
      const { pid, comm } = actor;
      const name = isReturn ? `${symbol}_ret` : symbol;
      const shape = call.tracepoint ? 'tracepoint' : 'probe';
      const known = call.tracepoint ? null : symbol;
      const direction = call.tracepoint ? null : isReturn;
      this.items.push({
        t: Math.round(t * 1000),
        cpu,
        pid,
        comm,
        name,
        symbol: known,
        isReturn: direction,
        shape,
        fields:
          lacking.length === 0
            ? values
            : Object.fromEntries(Object.entries(values).filter(([name]) => !lacking.includes(name))),
      });
    };
    if (!returnOnly.includes(symbol) && !call.lostEntry) line(from, false, actor.number, fields);
    if (to === null || entryOnly.includes(symbol) || call.lostReturn) return;
    const back: Line['fields'] = ret === undefined ? {} : { ret };
    line(to, true, call.endCpu ?? actor.number, returnArguments ? { ...fields, ...back } : back);
  }

  /** The trace: all records in time order. */
  trace(): Item[] {
    return inOrder(this.items);
  }

  judge(how: Recording = {}): Result {
    return judge(this.trace(), how);
  }
}

export const scenario = (kernel: Kernel = '6.12', probes: Probes = {}): Scenario =>
  new Scenario(kernel, probes);

import { Actor } from '../actor.js';
import type { Probes, Scenario } from '../dsl.js';
import { scenario } from '../dsl.js';
import type { Dev, Kernel, Mm, VmaObject } from '../objects.js';
import { BAR2 } from '../objects.js';
import type { Routine } from './scheduler.js';
import { Random, RwLock, Scheduler } from './scheduler.js';
import type { Pte } from './truth.js';
import { Truth } from './truth.js';

export interface SimMm extends Mm {
  lock: RwLock;
  vmas: SimVma[];
  ptes: Map<number, Pte>;
  /** Its last user is gone: nobody but exit_mmap() gets at it. */
  exiting: boolean;
}

/** What the mm calls when a VMA is copied (split, moved, forked), and when it is freed. */
export interface VmOps {
  open(thread: Thread, vma: SimVma): Routine;
  close(thread: Thread, vma: SimVma): Routine;
}

export interface SimVma extends VmaObject {
  mm: SimMm;
  device: SimDevice;
  forked: boolean;
  moved: boolean;
}

export interface SimDevice {
  dev: Dev;
  ops: VmOps;
  /** The driver's rwsem. */
  lock: RwLock;
  /** vma_lock and vma_list of a driver that zaps by a list. */
  listLock: RwLock;
  list: SimVma[];
  /** i_mmap_rwsem of the device's mapping, and its VMAs in the order of the walk. */
  rmapLock: RwLock;
  rmap: SimVma[];
  /** Why mappings are not allowed now. */
  causes: Set<string>;
  /** VMAs that the running zap has walked, and PTEs written into them since. */
  walked: Set<SimVma> | null;
  behind: Pte[];
}

/** A thread: what it does is recorded on the CPU on which it runs. */
export class Thread {
  cpu: number;
  constructor(
    readonly machine: Machine,
    readonly pid: number,
    readonly mm: SimMm,
  ) {
    this.cpu = machine.random.int(0, machine.cpus - 1);
  }

  /** What a call records: to be written when it returns. */
  enter(): Frame {
    return { from: this.machine.clock(this.cpu), cpu: this.cpu };
  }

  actor(cpu: number): Actor {
    return new Actor(this.machine.scenario, cpu, this.pid, `task${this.pid}`);
  }

  leave(frame: Frame, symbol: string, fields: Record<string, bigint | number>, ret?: number): void {
    const to = this.machine.clock(this.cpu);
    this.actor(frame.cpu).call(symbol, frame.from, to, fields, ret, { endCpu: this.cpu });
  }

  /** A record without duration, through a method of Actor. */
  point(write: (actor: Actor, t: number) => void): void {
    write(this.actor(this.cpu), this.machine.clock(this.cpu));
  }

  /** The scheduler moves the task between two calls; that takes longer than clocks may differ. */
  *wander(): Routine {
    const { machine } = this;
    if (!machine.random.chance(0.2)) return;
    yield machine.skew + machine.random.int(300, 2000);
    this.cpu = machine.random.int(0, machine.cpus - 1);
  }
}

export interface Frame {
  /** Recorded time in µs. */
  from: number;
  cpu: number;
}

export interface MachineOptions {
  seed: number;
  kernel: Kernel;
  cpus: number;
  /** CPUs' clocks differ by up to so many ns. */
  skew: number;
  handover: number;
  probes?: Probes;
  /** Tasks lose their CPU for up to 100 µs, whatever they are doing. */
  preempts?: boolean;
}

/** CPUs with their own clocks, address spaces with page tables, devices with locks; all that happens is recorded. */
export class Machine {
  readonly random: Random;
  readonly scheduler: Scheduler;
  readonly scenario: Scenario;
  readonly truth = new Truth();
  readonly devices: SimDevice[] = [];
  readonly cpus: number;
  readonly skew: number;
  readonly #preempts: boolean;
  readonly #offsets: number[];
  readonly #freed: { pointer: bigint; at: number }[] = [];
  #pages = 0x7_f000_0000;
  #pids = 100;

  constructor(options: MachineOptions) {
    this.random = new Random(options.seed);
    this.scheduler = new Scheduler(options.handover);
    this.scenario = scenario(options.kernel, options.probes);
    this.cpus = options.cpus;
    this.skew = options.skew;
    this.#preempts = options.preempts ?? false;
    this.#offsets = Array.from({ length: options.cpus }, () => this.random.int(0, options.skew));
  }

  /** The time that a record on this CPU gets, in µs. */
  clock(cpu: number): number {
    return (this.scheduler.now + this.#offsets[cpu]) / 1000;
  }

  /** A pause of a few hundred ns, now and then of µs. */
  pause(): number {
    const { random } = this;
    if (this.#preempts && random.chance(0.03)) return random.int(8_000, 100_000);
    return random.chance(0.1) ? random.int(1000, 8000) : random.int(100, 700);
  }

  addDevice(ops: VmOps): SimDevice {
    const { scheduler } = this;
    const device: SimDevice = {
      dev: this.scenario.device(`dev${this.devices.length}`),
      ops,
      lock: new RwLock(scheduler),
      listLock: new RwLock(scheduler),
      list: [],
      rmapLock: new RwLock(scheduler),
      rmap: [],
      causes: new Set(),
      walked: null,
      behind: [],
    };
    this.devices.push(device);
    return device;
  }

  nextPid(): number {
    return this.#pids++;
  }

  addMm(pid: number): SimMm {
    const pointer = this.#recycled() ?? this.scenario.pointer();
    const lock = new RwLock(this.scheduler);
    return { pointer, pid, lock, vmas: [], ptes: new Map(), exiting: false };
  }

  /** A vm_area_struct; most often one that was freed before. */
  addVma(device: SimDevice, mm: SimMm, at: Partial<VmaObject> = {}): SimVma {
    this.#pages += 64;
    const own = {
      pointer: this.#recycled() ?? this.scenario.pointer(),
      start: this.#pages,
      pages: 8,
      pgoff: BAR2,
    };
    return { name: '', ...own, ...at, dev: device.dev, device, mm, forked: false, moved: false };
  }

  #recycled(): bigint | undefined {
    // Not at once: it takes a while until another CPU gets it.
    const old = this.#freed.findIndex(({ at }) => at + 2000 + this.skew < this.scheduler.now);
    return old >= 0 && this.random.chance(0.7) ? this.#freed.splice(old, 1)[0].pointer : undefined;
  }

  free(pointer: bigint): void {
    this.#freed.push({ pointer, at: this.scheduler.now });
  }

  // --- page tables

  set(vma: SimVma, page: number, begun: number, shown = begun): void {
    if (vma.mm.ptes.has(page)) return;
    const pte: Pte = { vma, page, begun, shown, written: this.scheduler.now, cleared: null, moved: null };
    vma.mm.ptes.set(page, pte);
    this.truth.written(pte);
  }

  /** mremap moves the PTE of a page, if there is one, to the page `to` of another VMA. */
  move(mm: SimMm, page: number, vma: SimVma, to: number, begun: number): void {
    const pte = mm.ptes.get(page);
    if (pte === undefined) return;
    this.clear(mm, page);
    this.set(vma, to, begun, Number.POSITIVE_INFINITY);
    pte.moved = mm.ptes.get(to) ?? null;
  }

  /** The function that copied or moved these PTEs returns. */
  shown(vma: SimVma): void {
    for (const pte of vma.mm.ptes.values()) {
      if (pte.vma === vma && pte.shown === Number.POSITIVE_INFINITY) pte.shown = this.scheduler.now;
    }
  }

  clear(mm: SimMm, page: number): void {
    const pte = mm.ptes.get(page);
    if (pte === undefined) return;
    pte.cleared ??= this.scheduler.now;
    mm.ptes.delete(page);
  }

  /** munmap or exit has begun on these pages: they count as gone, although the kernel clears them a little later. */
  doom(mm: SimMm, from: number, to: number): void {
    for (const [page, pte] of mm.ptes) if (page >= from && page < to) pte.cleared ??= this.scheduler.now;
  }

  *present(device: SimDevice): Iterable<Pte> {
    const mms = new Set<SimMm>();
    for (const vma of this.everMapped(device)) mms.add(vma.mm);
    for (const mm of mms) for (const pte of mm.ptes.values()) if (pte.vma.device === device) yield pte;
  }

  readonly #vmas: SimVma[] = [];
  remember(vma: SimVma): void {
    this.#vmas.push(vma);
  }
  everMapped(device: SimDevice): SimVma[] {
    return this.#vmas.filter((vma) => vma.device === device);
  }
}

import { addr } from './objects.js';
import type { Item, Recording, Result } from './recording.js';
import { judge } from './recording.js';
import { Admin } from './simulator/admin.js';
import type { Bug, Style } from './simulator/driver.js';
import { Driver } from './simulator/driver.js';
import { ListDriver } from './simulator/list-driver.js';
import type { MachineOptions, SimDevice, SimMm } from './simulator/machine.js';
import { Machine, Thread } from './simulator/machine.js';
import * as mm from './simulator/mm.js';
import type { Routine } from './simulator/scheduler.js';
import type { Truth } from './simulator/truth.js';

export interface SimOptions extends Partial<MachineOptions> {
  seed: number;
  style: Style;
  bug: Bug;
  devices?: number;
  /** Tasks that block and enable each device, at the same time. */
  admins?: number;
  processes?: number;
  /** Blocks per device. */
  rounds?: number;
  /** Hot resets of all devices at once, too. */
  hotResets?: boolean;
  /** Successful accesses are written to trace_marker. */
  markers?: boolean;
  /** A fault inserts all other pages of the VMA, too (Linux 6.10 and 6.11). */
  prefault?: boolean;
  /** VMAs are moved (mremap), too: unless told otherwise, not those of a driver whose list would not have them. */
  moves?: boolean;
  /** fork() opens a VMA before it copies its PTEs (Linux 6.9). */
  opensFirst?: boolean;
}

export interface Simulation {
  trace: Item[];
  truth: Truth;
  machine: Machine;
  judge(how?: Recording): Result;
}

/**
 * Random processes that map, touch, fork, move, split and unmap, and one task per device that blocks and enables it;
 * all locking as in the kernel, except for the one bug that is asked for. The page tables' history is the truth.
 */
export function simulate(options: SimOptions): Simulation {
  const { style, bug, devices = 1, admins = 1, processes = 2, rounds = 6, seed } = options;
  const kernel = options.kernel ?? (style === 'list' ? '6.1' : bug === 'action-populates' ? '7.3' : '6.12');
  const { cpus = 3, skew = 0, handover = 250, probes, preempts } = options;
  const machine = new Machine({ seed, kernel, cpus, skew, handover, probes, preempts });
  const driver = new (style === 'list' ? ListDriver : Driver)(style, bug, options.prefault);
  const all = Array.from({ length: devices }, () => machine.addDevice(driver));
  const { markers = false, moves = style !== 'list', opensFirst = false } = options;
  const run: Run = { machine, driver, devices: all, markers, moves, opensFirst, left: 40 * processes };
  for (const device of all) {
    for (let i = 0; i < admins; i++) {
      const thread = new Thread(machine, machine.nextPid(), machine.addMm(0));
      machine.scheduler.spawn(
        new Admin(driver, device, options.hotResets ? all : []).live(thread, rounds),
        20_000,
      );
    }
  }
  for (let i = 0; i < processes; i++) {
    const pid = machine.nextPid();
    machine.scheduler.spawn(
      process(run, new Thread(machine, pid, machine.addMm(pid)), machine.random.int(15, 40), true),
    );
  }
  // A VMA of each device that stays where it is: every zap has something to visit.
  const keeper = new Thread(machine, machine.nextPid(), machine.addMm(1));
  machine.scheduler.spawn(keep(run, keeper));
  machine.scheduler.run();
  const trace = machine.scenario.trace();
  return { trace, truth: machine.truth, machine, judge: (how = {}) => judge(trace, how) };
}

interface Run {
  machine: Machine;
  driver: Driver;
  devices: SimDevice[];
  markers: boolean;
  moves: boolean;
  opensFirst: boolean;
  /** Processes and threads that may still be made. */
  left: number;
}

/** Does this and that for a while; the last thread of an address space takes it down. */
function* process(run: Run, thread: Thread, steps: number, last: boolean): Routine {
  const { machine } = run;
  const { random } = machine;
  const own = thread.mm;
  const helpers = { running: 0 };
  for (let i = 0; i < steps; i++) {
    yield random.int(200, 6_000);
    yield* thread.wander();
    const vma = own.vmas.length === 0 ? null : random.pick(own.vmas);
    const dice = random.unit();
    if (vma === null || (dice < 0.08 && own.vmas.length < 5)) yield* map(run, thread);
    else if (dice < 0.82) yield* touch(run, thread, random.int(vma.start, vma.start + vma.pages - 1));
    else if (dice < 0.86) yield* mm.munmap(thread, vma);
    else if (dice < 0.89) yield* mm.cut(thread, vma, random.chance(0.5));
    else if (dice < 0.93) yield* run.moves ? mm.mremap(thread, vma) : mm.cut(thread, vma, false);
    else if (dice < 0.97 && run.left-- > 0) yield* forks(run, thread, steps - i);
    else if (last && run.left-- > 0) {
      helpers.running++;
      const second = new Thread(machine, machine.nextPid(), own);
      machine.scheduler.spawn(helper(run, second, helpers));
    }
  }
  if (!last) return;
  while (helpers.running > 0) yield 5_000;
  yield* mm.exit(thread);
}

function* keep(run: Run, thread: Thread): Routine {
  for (const device of run.devices) yield* mm.mmap(thread, device, run.driver.mmap);
  yield* touch(run, thread, thread.mm.vmas[0].start);
}

/** A second thread of the address space. */
function* helper(run: Run, thread: Thread, helpers: { running: number }): Routine {
  yield* process(run, thread, run.machine.random.int(5, 20), false);
  helpers.running--;
}

function* map(run: Run, thread: Thread): Routine {
  const { driver, machine } = run;
  const action = driver.bug === 'action-populates' ? driver.action : null;
  yield* mm.mmap(thread, machine.random.pick(run.devices), driver.mmap, action);
}

function* forks(run: Run, thread: Thread, steps: number): Routine {
  const { machine } = run;
  const pid = machine.nextPid();
  const child: SimMm = machine.addMm(pid);
  yield* mm.fork(thread, child, run.opensFirst);
  machine.scheduler.spawn(process(run, new Thread(machine, pid, child), Math.min(steps, 12), true), 500);
}

/** An access to a page: goes through if there is a PTE, else faults, under the mm's lock. */
function* touch(run: Run, thread: Thread, page: number): Routine {
  const { mm: own } = thread;
  if (!own.ptes.has(page)) {
    yield own.lock.read();
    const vma = own.vmas.find((v) => page >= v.start && page < v.start + v.pages);
    if (vma !== undefined) yield* run.driver.fault(thread, vma, page);
    own.lock.release();
    yield 100;
  }
  if (!run.markers || !own.ptes.has(page)) return;
  yield 50;
  thread.point((actor, t) => actor.mark(t, `read ok va=0x${addr(page).toString(16)}`));
}

import type { MappingEvent } from '../../probes/event.js';
import { Kind } from '../../probes/roles.js';
import type { Device } from '../device.js';
import type { Vma } from '../vma.js';
import type { World } from '../world.js';
import { GRANULE_4K, type Granule, granuleOfOrder } from './granule.js';
import { Seen } from './seen.js';
import { TaskFaults, VmaFaults } from './vma-faults.js';
import { DeviceWindows, type ZapCost } from './windows.js';

/** All state of the fault statistics of one trace: per live VMA, task and device. */
export class FaultBooks {
  granule: Granule = GRANULE_4K;
  /** The granule is known, not assumed. */
  granuleKnown = false;
  readonly seen = new Seen();
  /** Calls whose VMA is unknown. */
  readonly strangers = new VmaFaults();
  readonly tasks = new Map<number, TaskFaults>();
  readonly windows = new Map<Device, DeviceWindows>();
  readonly #vmas = new Map<Vma, VmaFaults>();
  /** Of VMAs that the model makes only when it takes the event. */
  readonly #newcomers = new Map<number, VmaFaults>();

  constructor(
    readonly world: World,
    private readonly zapDone: (cost: ZapCost) => void,
  ) {}

  task(pid: number): TaskFaults {
    let task = this.tasks.get(pid);
    if (task === undefined) this.tasks.set(pid, (task = new TaskFaults()));
    return task;
  }

  vmaOf(pointer: number): Vma | null {
    return pointer === 0 ? null : (this.world.vmas.get(pointer) ?? null);
  }

  ofVma(vma: Vma): VmaFaults {
    let faults = this.#vmas.get(vma);
    if (faults !== undefined) return faults;
    faults = this.#newcomers.get(vma.pointer) ?? new VmaFaults();
    this.#newcomers.delete(vma.pointer);
    this.#vmas.set(vma, faults);
    return faults;
  }

  /** Closes the books of a VMA. */
  take(vma: Vma): VmaFaults {
    const faults = this.ofVma(vma);
    this.#vmas.delete(vma);
    return faults;
  }

  /** The books of the event's VMA, with what the event tells of its range. */
  of(event: MappingEvent, pointer: number): VmaFaults {
    if (pointer === 0) return this.strangers;
    const vma = event.vma === pointer ? this.world.find(event) : this.vmaOf(pointer);
    let faults: VmaFaults | undefined;
    if (vma !== null) {
      faults = this.ofVma(vma);
      faults.learnRange(vma.start, vma.end, vma.pgoff);
    } else {
      faults = this.#newcomers.get(pointer);
      if (faults === undefined) this.#newcomers.set(pointer, (faults = new VmaFaults()));
    }
    if (event.kind !== Kind.Visit) faults.learnRange(event.vmStart, event.vmEnd, event.pgoff);
    return faults;
  }

  /** Whether the page is known to be present, and nothing is about to change that. */
  present(pointer: number, page: number): boolean {
    const vma = this.vmaOf(pointer);
    if (vma === null || Number.isNaN(page)) return false;
    const run = vma.coverage.at(page);
    return run !== null && !run.maybe && (vma.device === null || vma.device.active === null);
  }

  windowsOf(pointer: number): DeviceWindows | null {
    const device = this.vmaOf(pointer)?.device ?? null;
    return device === null ? null : (this.windows.get(device) ?? null);
  }

  windowsOfDevice(device: Device): DeviceWindows {
    let windows = this.windows.get(device);
    if (windows === undefined) {
      windows = new DeviceWindows(device, this.zapDone);
      this.windows.set(device, windows);
    }
    return windows;
  }

  learnGranule(order: number): void {
    if (this.granuleKnown) return;
    const granule = granuleOfOrder(order);
    if (granule === null) return;
    this.granule = granule;
    this.granuleKnown = true;
  }
}

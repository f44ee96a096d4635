import type { ProbeMap } from '../probes/map.js';
import { Device } from './device.js';

/** The devices of a trace by their names: pointers of their structs, address_spaces, and the roots of their rmaps. */
export class DeviceTable {
  readonly all: Device[] = [];
  readonly #byPointer = new Map<number, Device>();
  readonly #byMapping = new Map<number, Device>();
  readonly #byRoot = new Map<number, Device>();
  #lastPointer = 0;
  #last: Device | null = null;

  constructor(
    /** A device turned out to be mapped through this address_space. */
    readonly mapped: (device: Device, mapping: number) => void,
  ) {}

  /** The device with one of these names, made if need be; two names in one event make two devices one. 0: not known. */
  get(pointer: number, mapping: number, map: ProbeMap | null): Device | null {
    if (mapping === 0 && pointer !== 0 && pointer === this.#lastPointer) return this.#last;
    const device = this.#find(pointer, mapping, map);
    this.#lastPointer = pointer;
    this.#last = device;
    return device;
  }

  #find(pointer: number, mapping: number, map: ProbeMap | null): Device | null {
    const byPointer = this.#byPointer.get(pointer);
    const byMapping = this.#byMapping.get(mapping);
    let device = byMapping ?? byPointer;
    if (device === undefined) {
      if (pointer === 0 && mapping === 0) return null;
      device = new Device(this.all.length + 1);
      this.all.push(device);
    }
    if (byPointer !== undefined && byPointer !== device) this.#merge(device, byPointer);
    if (pointer !== 0 && byPointer !== device) {
      device.pointers.add(pointer);
      this.#byPointer.set(pointer, device);
    }
    if (mapping !== 0 && byMapping === undefined) {
      device.mappings.add(mapping);
      this.#byMapping.set(mapping, device);
      this.mapped(device, mapping);
    }
    if (device.map === null && map !== null && map.module !== null) device.map = map;
    return device;
  }

  ofPointer(pointer: number): Device | null {
    return this.#byPointer.get(pointer) ?? null;
  }

  ofMapping(mapping: number): Device | null {
    return this.#byMapping.get(mapping) ?? null;
  }

  /** By any name that a VMA carries. */
  ofVma(mapping: number, root: number): Device | null {
    return this.#byMapping.get(mapping) ?? this.#byRoot.get(root) ?? null;
  }

  /** A VMA of the device has this rmap. */
  root(root: number, device: Device): void {
    if (root !== 0) this.#byRoot.set(root, device);
  }

  #merge(into: Device, from: Device): void {
    for (const names of [this.#byPointer, this.#byMapping, this.#byRoot]) {
      for (const [name, device] of names) if (device === from) names.set(name, into);
    }
    for (const pointer of from.pointers) into.pointers.add(pointer);
    for (const mapping of from.mappings) into.mappings.add(mapping);
    for (const vma of [...from.vmas.takeAll(), ...from.populated.takeAll()]) into.adopt(vma);
    into.absorb(from);
    this.all.splice(this.all.indexOf(from), 1);
  }
}

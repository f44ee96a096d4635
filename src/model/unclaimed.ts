import type { MappingEvent } from '../probes/event.js';
import type { Vma } from './vma.js';
import type { World } from './world.js';

/** Inserts of which nothing tells whose they are: ours, if the functions of the driver around them are not recorded. */
export class Unclaimed {
  /** VMAs with such inserts that were put into the rmap right after, as an mmap that populates does. */
  mapped = 0;
  /** Other VMAs with such inserts. */
  faulted = 0;
  /** Inserts that name no VMA: vmf_insert_pfn_pmd() takes the fault. */
  unplaced = 0;
}

/** An insert outside of every function of a driver that is known, in a VMA that is not known to be a device's. */
export function unclaimed(event: MappingEvent, vma: Vma | null, world: World): void {
  if (event.vma === 0) {
    world.unclaimed.unplaced++;
    return;
  }
  if (vma === null) {
    vma = world.create(event, 'use');
    world.learn(vma, event);
    event.task.foreign = event.vma;
  }
  vma.midlife = true;
  vma.unclaimed = true;
}

/** It was never seen in the rmap: at its pointer, another VMA may begin. */
export const unborn = (vma: Vma): boolean => vma.unclaimed && !vma.relevant && Number.isNaN(vma.linkSeq);

/** A VMA begins. True: what its task inserted just before went into it, in a `.mmap` that is not recorded. */
export function claims(event: MappingEvent, world: World): boolean {
  const { task, vma: pointer } = event;
  const own = task.foreign === pointer && pointer !== 0;
  task.foreign = 0;
  const old = own ? world.vmas.get(pointer) : undefined;
  if (old !== undefined && unborn(old)) {
    old.unclaimed = false;
    world.retire(old, event.begin, 'gone');
  }
  return own;
}

/** It goes away, and nobody has claimed it. One that maps another file is another driver's. */
export function leftUnclaimed(vma: Vma, world: World): void {
  if (vma.relevant || (vma.mapping !== 0 && world.deviceOfMapping(vma.mapping) === null)) return;
  if (Number.isNaN(vma.linkSeq)) world.unclaimed.faulted++;
  else world.unclaimed.mapped++;
}

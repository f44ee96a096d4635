import type { MappingEvent } from '../probes/event.js';
import type { Device } from './device.js';
import type { PageRun } from './run.js';
import type { Vma } from './vma.js';
import type { World } from './world.js';

/** An address space gets so long from its last user to exit_mmap(), where its thread may lose its CPU in between. ns */
export const LONGEST_EXIT = 10e6;

/**
 * A zap by a list leaves out an address space that has no user any more (mmget_not_zero() in
 * vfio_pci_zap_and_vma_lock()), and its end, recorded later, does not tell. That it had one when the zap was
 * over, a record of its last task in between shows, or the time.
 */
export const passedOver = (vma: Vma, event: MappingEvent, { observer }: World): void =>
  observer.exits(vma, livedUntil(event));

/** Until when an address space that ends has had a user for certain. */
export const livedUntil = ({ prevTime, begin }: MappingEvent): number =>
  Math.max(prevTime, begin - LONGEST_EXIT);

/** Its end may be among what was lost, or come right behind the end of the trace, at `end`. */
export function mayHaveExited(world: World, end: number): void {
  if (world.shown.listZaps === 0) return;
  for (const device of world.devices)
    for (const vma of device.populated.all())
      world.observer.exits(vma, Math.max(world.users.lived(vma.mm), end - LONGEST_EXIT));
}

/** The VMA's address space has a user, after these zaps: they have not left it out. */
export function lives(
  { mm }: Vma,
  { begin }: MappingEvent,
  device: Device,
  { order, observer }: World,
): void {
  if (mm === 0) return;
  for (const zap of device.unsettled()) {
    if (!zap.leftOut || !(zap.end + order.skew + order.resolution < begin)) continue;
    for (const vma of device.populated.all()) {
      if (vma.mm !== mm) continue;
      observer.settled(vma, zap, 'exit-unknown');
      observer.settled(vma, zap, 'exiting');
    }
  }
}

/** By the times of two CPUs, an insert came when the address space had been taken down already: that has taken it, too. */
export function goneByExit(vma: Vma, run: PageRun, { users: { exited }, order }: World): boolean {
  if (!vma.exiting) return false;
  if (exited?.mm === vma.mm && run.end - exited.begin <= order.skew + order.resolution) return true;
  // Another one has its vm_area_struct, unseen.
  vma.exiting = false;
  return false;
}

import type { MappingEvent } from '../probes/event.js';
import type { Device } from './device.js';
import type { PageRun } from './run.js';
import type { Vma } from './vma.js';
import type { World } from './world.js';

/**
 * A zap by a list leaves out an address space that has no user any more (mmget_not_zero() in
 * vfio_pci_zap_and_vma_lock()), and its end, recorded a little later, does not tell. That it had one when the zap was
 * over, a record of its last task in between shows.
 */
export function passedOver(vma: Vma, { prevTime }: MappingEvent, { order, observer }: World): void {
  if (vma.device === null) return;
  for (const zap of vma.device.unsettled())
    if (zap.byList && !(zap.end + order.skew + order.resolution < prevTime))
      observer.doubted(vma, zap, 'exiting');
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
    for (const vma of device.populated.all()) if (vma.mm === mm) observer.settled(vma, zap, 'exiting');
  }
}

/** By the times of two CPUs, an insert came when the address space had been taken down already: that has taken it, too. */
export function goneByExit(vma: Vma, run: PageRun, { exited, order }: World): boolean {
  if (!vma.exiting) return false;
  if (exited?.mm === vma.mm && run.end - exited.begin <= order.skew + order.resolution) return true;
  // Another one has its vm_area_struct, unseen.
  vma.exiting = false;
  return false;
}

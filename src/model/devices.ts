import type { MappingEvent } from '../probes/event.js';
import { Kind } from '../probes/roles.js';
import type { Device } from './device.js';
import type { World } from './world.js';

/** A fault is refused while memory is disabled and nothing else holds: MEM=0 blocks this function, it is not virtual. */
export function showsPhysical(begin: number, device: Device, world: World): void {
  const settled = device.settledAt + world.order.skew + world.order.resolution;
  if (device.onlyMemoryDisabled && settled < begin) device.blockProven = true;
}

/** `queried` for the common case: a fault of a device that is known already, and the answer is what is known already. */
export function answered(fault: MappingEvent, allowed: number, world: World): boolean {
  const device = world.vmas.get(fault.vma)?.device;
  if (device == null || device.pointers.size === 0 || fault.task.note !== null || Number.isNaN(allowed))
    return false;
  if (allowed === 0) showsPhysical(fault.begin, device, world);
  else if (device.onlyMemoryDisabled) return false;
  fault.allowed = allowed;
  return true;
}

/** A query under the lock said whether mapping is allowed; in a fault it decides. */
export function queried(event: MappingEvent, world: World): void {
  const allowed = event.result;
  if (Number.isNaN(allowed)) return;
  let fault: MappingEvent | null = null;
  let control = false;
  for (let outer = event.parent; outer !== null; outer = outer.parent) {
    if (outer.kind === Kind.Decision) outer.allowed = allowed;
    if (outer.kind === Kind.Fault) {
      fault = outer;
      outer.allowed = allowed;
    }
    // (One around the fault is a call whose return is not recorded.)
    if (outer.kind === Kind.Control && fault === null) control = true;
  }
  const device =
    event.device !== 0
      ? world.device(event.device, 0, event.binding.map)
      : fault !== null
        ? (world.vmas.get(fault.vma)?.device ?? null)
        : null;
  if (device === null || control) return;
  if (allowed === 0) {
    if (fault !== null) showsPhysical(fault.begin, device, world);
    return;
  }
  const zap = device.last;
  if (
    zap === null ||
    !zap.ended ||
    !Number.isNaN(zap.unblocked) ||
    !device.onlyMemoryDisabled ||
    device.causes.get('memory-disabled')?.contested !== false ||
    fault === null
  )
    return;
  const after = world.order.certainly(
    zap.end,
    zap.endCpu,
    zap.endSeq,
    fault.begin,
    fault.beginCpu,
    fault.beginSeq,
  );
  if (!after) return;
  // The function that enables it may have been entered before, in the same µs: then its record is still to come.
  if (Number.isNaN(device.allowedAt)) device.allowedAt = event.end;
  else if (isBefore(device.allowedAt, event.begin, world)) settleAllowed(device, event.begin, world);
}

const isBefore = (a: number, b: number, { order }: World): boolean => a + order.skew + order.resolution < b;

/** Something else happens to the device: a query said yes although memory is disabled, certainly before that or perhaps. */
export function settleAllowed(device: Device, t: number, world: World): void {
  const { allowedAt } = device;
  device.allowedAt = Number.NaN;
  if (!isBefore(allowedAt, t, world)) return;
  // Memory space is off in the virtual COMMAND register and the driver still says "enabled": a virtual function.
  device.ignoresMemoryDisabled = true;
  device.removeCause('memory-disabled');
  const zaps = device.open.splice(0);
  world.observer.blockRefuted(zaps);
  for (const open of zaps) {
    open.unblocked = open.end;
    world.closeZap(open);
  }
}

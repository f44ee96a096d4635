import type { MappingEvent } from '../probes/event.js';
import type { Condition, Effect } from '../probes/map.js';
import { Kind } from '../probes/roles.js';
import type { Cause, Device } from './device.js';
import type { Mark } from './mark.js';
import type { World } from './world.js';

function holds(condition: Condition, event: MappingEvent): boolean {
  const value = condition.arg === 'x0' ? event.x0 : event.x1;
  if (Number.isNaN(value)) return false;
  const masked = condition.mask === undefined ? value : (value & condition.mask) >>> 0;
  return Array.isArray(condition.is) ? condition.is.includes(masked) : masked === condition.is;
}

export const applies = (effect: Effect, event: MappingEvent): boolean =>
  effect.when === undefined || effect.when.every((condition) => holds(condition, event));

/** The device that the task works on, by the nearest enclosing action that knows one. */
export function enclosingDevice(event: MappingEvent, world: World): Device | null {
  for (let outer = event.parent; outer !== null; outer = outer.parent) {
    if (outer.device !== 0) return world.device(outer.device, 0, outer.binding.map);
  }
  return null;
}

/** What blocked or unblocked the device when a control function is entered. */
export function controlBegin(event: MappingEvent, world: World): void {
  const device =
    event.device === 0 ? enclosingDevice(event, world) : world.device(event.device, 0, event.binding.map);
  if (device !== null) device.map ??= event.binding.map;
  for (const effect of event.binding.probe.effects ?? []) {
    if (effect.does === 'unblock') for (const name of effect.causes) world.endings.add(name);
    if (!applies(effect, event)) continue;
    event.note ??= new ControlNote();
    const note = event.note as ControlNote;
    if (device !== null) device.settledAt = Number.POSITIVE_INFINITY;
    if (effect.does === 'unblock') {
      note.ends.push(...effect.causes);
      device?.ending.push(...effect.causes);
      const targets = device === null ? world.devices.filter((d) => d.map === event.binding.map) : [device];
      for (const target of targets) unblock(target, effect.causes, world, world.mark(event), event.begin);
    } else if (device !== null) {
      if (device.causes.size === 0) device.idle = device.vmas.size === 0;
      for (const name of effect.causes) {
        const cause = device.causes.get(name);
        note.already ||= cause?.inForce === true && !cause.stale;
        // It may still wait for the lock: it is in force when it zaps, or returns.
        if (cause === undefined) device.setCause(announced(name, holdsOf(effect, device), event.begin));
      }
    }
  }
}

const announced = (name: string, holds: Cause['holds'], since: number): Cause => ({
  name,
  holds,
  since,
  inForce: false,
  stale: false,
  contested: false,
  before: null,
});

/** What a control function that runs has to do at its return. */
export class ControlNote {
  /** The causes that it ends. */
  readonly ends: string[] = [];
  /** The cause that it sets was in force before: it stays when the call fails. */
  already = false;
  /** Other devices that it zapped (hot reset). */
  readonly others: Device[] = [];
}

/** The call works on more devices than the one it was made on: what is zapped in it may be another one's. */
export const spreads = (event: MappingEvent): boolean =>
  event.binding.probe.effects?.some((effect) => effect.spreads === true && applies(effect, event)) === true;

/** How long a cause holds: MEM=0 blocks a virtual function only while it is written (kernel facts §4, trap 1). */
export const holdsOf = (effect: Effect, device: Device): 'until-unblock' | 'call' =>
  device.ignoresMemoryDisabled && effect.causes.every((name) => name === 'memory-disabled')
    ? 'call'
    : (effect.holds ?? 'call');

/** A control function returned: what held only while it ran ends, and what depended on its success is settled. */
export function controlEnd(event: MappingEvent, world: World): void {
  const device = event.device === 0 ? enclosingDevice(event, world) : world.deviceOfPointer(event.device);
  const note = event.note instanceof ControlNote ? event.note : null;
  if (device === null || note === null) return;
  device.settledAt = event.end;
  const mark = event.returned ? world.mark(event) : null;
  for (const effect of event.binding.probe.effects ?? []) {
    if (effect.does !== 'block' || !applies(effect, event)) continue;
    const failed = effect.ifReturned !== undefined && event.returned && event.result !== effect.ifReturned;
    const holds = holdsOf(effect, device);
    if (holds === 'call' || (failed && !note.already)) {
      unblock(device, effect.causes, world, mark, event.end);
    } else if (!event.tainted) {
      for (const name of effect.causes) {
        // Ended by another function meanwhile, and which came last is not known.
        const ended = !device.causes.has(name);
        if (ended && !event.returned) continue;
        const cause = device.enforce(name, holds, event.end);
        cause.contested ||= ended;
      }
    }
  }
  for (const name of note.ends) {
    const at = device.ending.indexOf(name);
    if (at >= 0) device.ending.splice(at, 1);
  }
  for (const other of note.others) unblock(other, [], world, mark, event.end);
}

/** Clears causes; when none is left, the open zap windows of the device end at `t`. */
export function unblock(
  device: Device,
  causes: readonly string[],
  world: World,
  mark: Mark | null,
  t: number,
): void {
  if (causes.includes('*')) {
    device.removeCauses();
    world.closesSeen = true;
  } else for (const name of causes) device.release(name);
  if (device.inForce) return;
  const zaps = device.open.splice(0);
  // A zap whose return is not recorded may be over, although nothing has shown it yet.
  const { active } = device;
  if (active?.entryOnly && Number.isNaN(active.unblocked)) zaps.push(active);
  if (zaps.length === 0) return;
  for (const zap of zaps) {
    zap.unblocked = t;
    zap.unblockMark = mark;
  }
  device.unblock = mark;
  device.unblockedZap = zaps.at(-1) ?? null;
  world.observer.unblocked(zaps, mark, t);
  for (const vma of device.vmas) vma.enter('re-enabled', t);
  for (const zap of zaps) if (zap !== active) world.closeZap(zap);
}

/** A fault is refused while memory is disabled and nothing else holds: MEM=0 blocks this function, it is not virtual. */
export function showsPhysical(fault: MappingEvent, device: Device, world: World): void {
  const settled = device.settledAt + world.order.skew + world.order.resolution;
  if (device.onlyMemoryDisabled && settled < fault.begin) device.blockProven = true;
}

/** `queried` for the common case: a fault of a device that is known already, and the answer is what is known already. */
export function answered(fault: MappingEvent, allowed: number, world: World): boolean {
  const device = world.vmas.get(fault.vma)?.device;
  if (device == null || device.pointers.size === 0 || fault.task.note !== null || Number.isNaN(allowed))
    return false;
  if (allowed === 0) showsPhysical(fault, device, world);
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
    if (fault !== null) showsPhysical(fault, device, world);
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

import type { MappingEvent } from '../probes/event.js';
import type { Condition, Effect } from '../probes/map.js';
import { lastedUntilNow } from './blocked-since.js';
import type { Cause, Device } from './device.js';
import { settleAllowed } from './devices.js';
import { presumedGone } from './missed.js';
import type { World } from './world.js';

function holds(condition: Condition, event: MappingEvent): boolean {
  const value = condition.arg === 'x0' ? event.x0 : event.x1;
  if (Number.isNaN(value)) return false;
  const masked = condition.mask === undefined ? value : (value & condition.mask) >>> 0;
  return Array.isArray(condition.is) ? condition.is.includes(masked) : masked === condition.is;
}

const applies = (effect: Effect, event: MappingEvent): boolean =>
  effect.when === undefined || effect.when.every((condition) => holds(condition, event));

/** A control function that runs: which of its effects apply, and what it has to do at its return. */
export class ControlNote {
  readonly effects: Effect[] = [];
  /** Those of them that block. */
  readonly blocks: Effect[] = [];
  /** The call works on more devices than the one it was made on: what is zapped in it may be another one's. */
  spreads = false;
  /** The cause that it sets was in force before: it stays when the call fails. */
  already = false;
  /** Whom it may be about: one device, or where none is recorded, all that its driver has. */
  targets: readonly Device[] = [];
  /** Other devices that it zapped (hot reset). */
  readonly others: Device[] = [];

  get unblocksOnly(): boolean {
    return this.effects.every(({ does }) => does === 'unblock');
  }

  add(effect: Effect): void {
    this.effects.push(effect);
    if (effect.does === 'block') this.blocks.push(effect);
    if (effect.spreads === true) this.spreads = true;
  }
}

/** Whether the call unblocks depends on an argument that is not recorded. */
const isVague = (event: MappingEvent): boolean =>
  event.binding.probe.effects?.some(
    ({ does, when = [] }) =>
      does === 'unblock' && when.some(({ arg }) => Number.isNaN(arg === 'x0' ? event.x0 : event.x1)),
  ) === true;

/** What of a control function's effects applies to this call; null: nothing does. */
function noteOf(event: MappingEvent): ControlNote | null {
  const { effects } = event.binding.probe;
  if (effects === undefined) return null;
  let note: ControlNote | null = null;
  for (const effect of effects) {
    if (!applies(effect, event)) continue;
    note ??= new ControlNote();
    note.add(effect);
  }
  return note;
}

export const controlOf = (event: MappingEvent): ControlNote | null =>
  event.note instanceof ControlNote ? event.note : null;

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
  if (isVague(event)) world.shown.vague(event.binding.probe);
  else world.shown.recorded(event.binding.probe);
  const note = noteOf(event);
  if (note === null) return;
  event.note = note;
  note.targets = device === null ? world.devices.filter((d) => d.map === event.binding.map) : [device];
  for (const target of note.targets) target.settledAt = Number.POSITIVE_INFINITY;
  for (const effect of note.effects) {
    if (effect.does === 'unblock') unblockBegins(effect.causes, note.targets, event, world);
    else if (device !== null) announce(effect, note, device, event.begin);
  }
}

function unblockBegins(
  causes: readonly string[],
  targets: readonly Device[],
  event: MappingEvent,
  world: World,
): void {
  // (Which of them is enabled is not recorded: the others may be blocked still.)
  if (targets.length > 1 && targets.some(({ inForce }) => inForce)) world.shown.vagueUnblocks = true;
  for (const target of targets) {
    target.ending.push(...causes);
    if (causes.includes('memory-disabled') || causes.includes('*')) {
      settleAllowed(target, event.begin, world);
    }
    unblock(target, causes, world, event, event.begin);
  }
}

/** It may still wait for the lock: the cause is in force when it zaps, or returns. */
function announce(effect: Effect, note: ControlNote, device: Device, since: number): void {
  if (device.causes.size === 0) device.idle = device.vmas.size === 0;
  for (const name of effect.causes) {
    const cause = device.causes.get(name);
    note.already ||= cause?.inForce === true && !cause.stale;
    if (cause === undefined) device.setCause(announced(name, holdsOf(effect, device), since));
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

/** How long a cause holds: MEM=0 blocks a virtual function only while it is written (kernel facts §4, trap 1). */
export const holdsOf = (effect: Effect, device: Device): 'until-unblock' | 'call' =>
  device.ignoresMemoryDisabled && effect.causes.every((name) => name === 'memory-disabled')
    ? 'call'
    : (effect.holds ?? 'call');

/** A control function returned: what held only while it ran ends, and what depended on its success is settled. */
export function controlEnd(event: MappingEvent, world: World): void {
  const note = controlOf(event);
  if (note === null) return;
  const device = event.device === 0 ? enclosingDevice(event, world) : world.deviceOfPointer(event.device);
  if (device === null) {
    for (const target of note.targets) settled(target, note, event.end);
    return;
  }
  const ending = event.returned ? event : null;
  for (const effect of note.blocks) blockEnds(effect, note, device, event, world);
  settled(device, note, event.end);
  for (const other of note.others) unblock(other, [], world, ending, event.end);
}

/** What it ends has ended. */
function settled(device: Device, { effects }: ControlNote, t: number): void {
  device.settledAt = t;
  for (const { does, causes } of effects) if (does === 'unblock') device.ended(causes);
}

function blockEnds(
  effect: Effect,
  note: ControlNote,
  device: Device,
  event: MappingEvent,
  world: World,
): void {
  const failed = effect.ifReturned !== undefined && event.returned && event.result !== effect.ifReturned;
  const holds = holdsOf(effect, device);
  if (holds === 'call' || (failed && !note.already)) {
    unblock(device, effect.causes, world, event.returned ? event : null, event.end);
    return;
  }
  if (event.tainted) return;
  for (const name of effect.causes) {
    // Ended by another function meanwhile, and which came last is not known.
    const there = device.causes.get(name);
    const ended = there === undefined;
    // (It may have returned long ago: what is there now, another call has set. Or it goes on, and has not zapped yet.)
    if (!event.returned && (ended || there.since > event.begin || !event.installed)) continue;
    const cause = device.enforce(name, holds, event.end);
    cause.contested ||= ended;
  }
}

/** Clears causes; when none is left, the open zap windows of the device end at `t`, by this event if it is known. */
export function unblock(
  device: Device,
  causes: readonly string[],
  world: World,
  event: MappingEvent | null,
  t: number,
): void {
  const lasted = lastedUntilNow(device, world);
  if (causes.includes('*')) {
    device.removeCauses();
    world.shown.closes = true;
  } else for (const name of causes) device.release(name);
  if (device.inForce) return;
  // A zap whose return is not recorded may be over, although nothing has shown it yet.
  const { active } = device;
  const perhaps = active?.entryOnly === true && Number.isNaN(active.unblocked);
  if (device.open.length === 0 && !perhaps) return;
  const zaps = device.open.splice(0);
  if (active !== null && perhaps) zaps.push(active);
  const mark = event === null ? null : world.mark(event);
  for (const zap of zaps) {
    zap.unblocked = t;
    zap.unblockMark = mark;
  }
  device.unblock = mark;
  device.unblockedZap = zaps.at(-1) ?? null;
  if (lasted) for (const zap of zaps) world.observer.settled(null, zap, 'unblock-unknown');
  world.observer.unblocked(zaps, mark, t);
  if (world.keepEpochs)
    for (const vma of device.vmas.all()) if (!presumedGone(vma, world)) vma.enter('re-enabled', t);
  for (const zap of zaps) if (zap !== active) world.closeZap(zap);
}

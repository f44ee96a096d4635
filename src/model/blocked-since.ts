import type { MappingEvent } from '../probes/event.js';
import { Kind } from '../probes/roles.js';
import type { Cause, Device } from './device.js';
import { doubtsOf } from './doubts.js';
import type { Doubt } from './facts.js';
import { judgeOverlap } from './missed.js';
import type { PageRun } from './run.js';
import type { World } from './world.js';
import type { Zap } from './zap.js';
import { earliestUnblock } from './zap.js';

/**
 * What is known when an install begins: whether the device is blocked, and since which zap. By the time it returns,
 * the device may have been enabled, or zapped again.
 */
export class BlockedSince {
  constructor(
    /** The zap that runs, or the latest one whose window is open. */
    readonly zap: Zap,
    /** While a zap runs: the latest one before it whose window is open. */
    readonly earlier: Zap | null,
  ) {}
}

/** An install begins (insert, handler, fork, mremap). */
export function installBegins(event: MappingEvent, world: World): void {
  const pointer = event.kind === Kind.Copy ? event.other : event.vma;
  const device = world.vmas.get(pointer)?.device ?? null;
  if (device === null || !device.blocked) return;
  const open = holding(device.open.at(-1));
  const zap = device.active === null ? open : holding(device.active);
  if (zap !== null) event.since = new BlockedSince(zap, device.active === null ? null : open);
}

const holding = (zap: Zap | undefined): Zap | null => (zap?.holds === 'until-unblock' ? zap : null);

/** Why it is not certain that the device has been blocked since this zap, although that is how it was left. */
export function blockDoubts(zap: Zap, device: Device, world: World): Doubt[] {
  let doubt: Doubt[] | null = null;
  const since = zap.locksAfter ? zap.end : zap.begin;
  for (const cause of device.causes.values()) {
    if (cause.holds !== 'until-unblock' || !cause.inForce) continue;
    const because = heldSince(cause, since, device, world);
    if (doubt === null || because.length < doubt.length) doubt = because;
  }
  doubt ??= ['lost-events'];
  if (device.idle && !world.shown.closes && canClose(device)) doubt.push('reopen-unknown');
  return doubt;
}

/** What is uncertain about a cause that has to reach from `t` until now, with those before it that it continued. */
function heldSince(last: Cause, t: number, device: Device, world: World): Doubt[] {
  const doubt = new Set<Doubt>();
  let cause = last;
  for (;;) {
    if (cause.stale) doubt.add('lost-events');
    if (cause.contested) doubt.add('overlaps-unblock');
    // MEM=0 does not block a virtual function (kernel facts §4, trap 1).
    if (cause.name === 'memory-disabled') doubt.add('vf-unknown');
    if (!endRecorded(cause.name, device, world)) doubt.add('unblock-unknown');
    if (cause.since <= t || cause.before === null) break;
    cause = cause.before;
  }
  // In force since later than the zap only: in between it was not blocked, as far as is known.
  if (cause.since > t) doubt.add('overlaps-unblock');
  return [...doubt];
}

/** What ends this cause is recorded, or nothing does but what ends all. If not, the end itself will tell. */
const endRecorded = (cause: string, device: Device, { shown }: World): boolean =>
  shown.endings.has(cause, device.map);

/** The device is about to be unblocked: it was blocked until now, because what would have ended that is recorded. */
export const lastedUntilNow = (device: Device, world: World): boolean =>
  [...device.causes.values()].some(
    ({ name, holds, inForce }) => inForce && holds === 'until-unblock' && endRecorded(name, device, world),
  );

/** The driver starts afresh when the device is closed and opened again, and its map knows how that looks. */
const canClose = ({ map }: Device): boolean =>
  map?.functions.some((f) =>
    f.effects?.some((effect) => effect.does === 'unblock' && effect.causes.includes('*')),
  ) === true;

/** Judges an install against the zaps of its beginning, other than the one that is the latest now (`current`). */
export function judgeSince(
  run: PageRun,
  current: Zap,
  device: Device,
  world: World,
  handlerOnly: boolean,
): void {
  const { since } = run;
  run.since = null;
  if (since === null) return;
  for (const zap of [since.zap, since.earlier]) {
    if (zap === null || !zap.ended || !zap.covers(run.vma, run.page, run.pages)) continue;
    if (!Number.isNaN(zap.unblocked)) outlasted(run, zap, world, handlerOnly);
    else if (zap !== current) superseded(run, zap, device, world, handlerOnly);
  }
}

/** The driver's lock excludes it for the whole zap. (A list of VMAs is gone through without it, or with that of the list.) */
const excluded = (run: PageRun, zap: Zap): boolean =>
  (run.how === 'fault' || run.how === 'mmap') && !zap.byList && zap.device.map?.excludes === 'zap';

const certainlyAfter = (run: PageRun, zap: Zap, world: World): boolean =>
  world.order.certainly(
    zap.end,
    zap.endCpu,
    zap.endSeq,
    run.begin,
    run.beginCpu,
    run.beginSeq,
    run.pid === zap.pid,
  );

const apparentlyAfter = (run: PageRun, zap: Zap, world: World): boolean =>
  world.order.apparently(zap.end, zap.endCpu, zap.endSeq, run.begin, run.beginCpu, run.beginSeq);

/** Another zap has come while it was under way, the device is still blocked: it breaks the earlier window all the same. */
function superseded(run: PageRun, zap: Zap, device: Device, world: World, handlerOnly: boolean): void {
  if (!device.blocked) return;
  const after = certainlyAfter(run, zap, world);
  const apparent = apparentlyAfter(run, zap, world);
  if (!after && handlerOnly) return;
  if (!after && !apparent && !excluded(run, zap)) return;
  const doubt = [...doubtsOf(run, zap, world), ...(run.breach ? [] : blockDoubts(zap, device, world))];
  if (!after) doubt.push(apparent ? 'clock' : 'overlaps-walk');
  if (!after && !apparent) judgeOverlap(run, zap, world);
  world.observer.fact({ type: 'installed-after-zap', run, zap, doubt });
}

/** The device is unblocked by now, but the install certainly began before that. */
function outlasted(run: PageRun, zap: Zap, world: World, handlerOnly: boolean): void {
  const mark = zap.unblockMark;
  // A handler waits for the lock, so that it may return after the unblock.
  if (mark === null || handlerOnly) return;
  const { t, cpu, seq, pid } = earliestUnblock(zap, mark);
  if (!world.order.certainly(run.begin, run.beginCpu, run.beginSeq, t, cpu, seq, run.pid === pid)) return;
  const after = certainlyAfter(run, zap, world);
  if (!after && !excluded(run, zap)) return;
  const doubt: Doubt[] = [...doubtsOf(run, zap, world), 'overlaps-unblock'];
  if (!after) doubt.push('overlaps-walk');
  world.observer.fact({ type: 'installed-after-zap', run, zap, doubt });
  world.observer.unblocked([zap], mark, mark.t);
}

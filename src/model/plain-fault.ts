import type { SymbolState } from '../probes/binding.js';
import { PAGE, type PlainFault, RESULT, TIME, VMA } from '../probes/plain-fault.js';
import { Held } from './coverage.js';
import type { Device } from './device.js';
import { showsPhysical } from './devices.js';
import { NOPAGE, SIGBUS, succeeded } from './installing.js';
import type { Vma } from './vma.js';
import type { World } from './world.js';

/**
 * A whole fault at once, of a VMA that is known, while nothing else goes on but such faults: what `installBegins`,
 * `answered`, `installed` and `faulted` come to for it when there is nothing to judge. False: they are to be asked.
 */
export function plainFault(fault: PlainFault, world: World): boolean {
  const { values, entry, symbol } = fault;
  const vma = world.vmas.get(values[entry + VMA]);
  // (A timeline tells when the first of them came, and they come in the order of their beginnings.)
  if (vma === undefined || vma.epochs !== null || fault.task.note !== null || !world.knowsAllOf(vma))
    return false;
  const device = vma.device as Device;
  if (device.pointers.size === 0 || !isIn(vma, fault, entry)) return false;
  return symbol === null ? refused(fault, vma, device, world) : inserted(fault, symbol, vma, device, world);
}

/** Whether the page that the record names is one of the VMA. */
const isIn = (vma: Vma, { values }: PlainFault, record: number): boolean =>
  values[record + PAGE] >= vma.start && values[record + PAGE] < vma.end;

/** See `putRow`. */
function inserted(fault: PlainFault, symbol: SymbolState, vma: Vma, device: Device, world: World): boolean {
  const { values, insert, exit, query } = fault;
  if (values[exit + RESULT] !== NOPAGE || (query >= 0 && !(values[query + RESULT] > 0))) return false;
  if (device.blocked || device.onlyMemoryDisabled || !longOver(device, fault, world)) return false;
  const { entry } = fault;
  if (values[insert + VMA] !== values[entry + VMA]) return false;
  if (values[insert + PAGE] !== values[entry + PAGE] && !isIn(vma, fault, insert)) return false;
  if (succeeded(symbol.probe, values[fault.insertExit + RESULT]) !== 1) return false;
  if (!world.pages.addPlain(vma, fault)) return false;
  world.now = values[exit];
  world.shown.installResults = true;
  world.installs++;
  vma.countInstall(0, 1);
  if (!vma.linked && Number.isNaN(vma.unlinked)) vma.linked = true;
  return true;
}

/** No zap of the device runs, and the window of the latest had ended certainly before the insert. */
function longOver({ active, last }: Device, { values, insert }: PlainFault, { order }: World): boolean {
  if (active !== null) return false;
  if (last === null) return true;
  const begin = values[insert + TIME];
  return last.returned && last.unblocked < begin && last.end + order.skew + order.resolution < begin;
}

/** SIGBUS while nothing is present at its page. */
function refused(fault: PlainFault, vma: Vma, device: Device, world: World): boolean {
  const { values, entry, exit, query } = fault;
  if (query < 0 || values[query + RESULT] !== 0 || (values[exit + RESULT] & SIGBUS) === 0) return false;
  if (vma.coverage.held(values[entry + PAGE], values[exit]) !== Held.Nothing || device.leftOut) return false;
  world.now = values[exit];
  if (device.onlyMemoryDisabled) showsPhysical(values[entry], device, world);
  vma.blockedFaults++;
  return true;
}

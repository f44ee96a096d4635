import type { SymbolState } from '../probes/binding.js';
import { SLOT } from '../probes/fields.js';
import type { ArgName } from '../probes/map.js';
import type { Role } from '../probes/roles.js';
import type { Observed } from './coverage.js';
import { Recorded } from './recorded.js';

const bit = (arg: ArgName | 'result'): number => 1 << SLOT[arg].slot;

/**
 * What a recording with these probes can show at best: each of them fires, nothing is lost. Marks the states as if
 * each probe had fired once, so that the same grading serves a list of definitions and a trace.
 */
export function potential(states: readonly SymbolState[]): Observed {
  for (const state of states) {
    state.entries = state.entryCarries >= 0 ? 1 : 0;
    state.returns = state.returnCarries >= 0 ? 1 : 0;
    state.hasResult = state.returnCarries >= 0 && (state.returnCarries & bit('result')) !== 0;
  }
  /** A function with one of these roles is probed at its entry with all of these arguments. */
  const probed = (roles: readonly Role[], ...args: ArgName[]): boolean =>
    states.some(
      (state) =>
        roles.includes(state.probe.role) &&
        state.entryCarries >= 0 &&
        args.every((arg) => (state.entryCarries & bit(arg)) !== 0),
    );
  /** One of them is probed at its entry without this argument. */
  const lacking = (roles: readonly Role[], arg: ArgName): boolean =>
    states.some(
      ({ probe, entryCarries }) =>
        roles.includes(probe.role) && entryCarries >= 0 && (entryCarries & bit(arg)) === 0,
    );
  const known: readonly Role[] = ['mmap', 'mmap-prepare', 'link', 'fault'];
  const joined = (['mapping', 'root', 'device'] as const).some((arg) => probed(known, arg));
  return {
    states,
    visitsSeen: probed(['visit'], 'vma'),
    linksSeen: probed(['link'], 'vma'),
    installsSeen: probed(['install', 'decision'], 'vma', 'address') && states.some(installResult),
    zaps: probed(['zap'], 'mapping') || probed(['zap-list'], 'device') ? 1 : 0,
    zapsOfUnknownCause: states.some(blocks) ? 0 : 1,
    accesses: 0,
    vmas: probed(known) ? 1 : 0,
    vmasWithoutDevice: joined ? 0 : 1,
    vagueVisits: lacking(['visit'], 'size'),
    vagueCopies: lacking(['fork', 'mremap'], 'other'),
    vagueUnblocks: false,
    listZaps: probed(['zap-list'], 'device') ? 1 : 0,
    racedVmas: 1,
    drivers: new Set(states.map(({ map }) => map).filter(({ module }) => module !== null)),
    unclaimed: { mapped: 1, faulted: 1, unplaced: 1 },
    recorded: new Recorded(states),
  };
}

const installResult = (state: SymbolState): boolean =>
  (state.probe.role === 'install' || state.probe.role === 'decision') && state.hasResult;

/** Its entries tell that the device is blocked: the conditions can be looked at. */
function blocks(state: SymbolState): boolean {
  const { entryCarries } = state;
  return (state.probe.effects ?? []).some(
    (effect) =>
      effect.does === 'block' &&
      entryCarries >= 0 &&
      (effect.when ?? []).every((condition) => (entryCarries & bit(condition.arg)) !== 0),
  );
}

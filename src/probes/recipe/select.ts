import type { ProbeMap } from '../map.js';
import type { Role } from '../roles.js';
import { type Definition, definitionsOf, LEVELS, type Level } from './definition.js';
import { type Kernels, overlap } from './kernel.js';

/** What a recipe records: events to define, and tracepoints to enable. */
export interface Selection {
  readonly maps: readonly ProbeMap[];
  readonly level: Level;
  readonly definitions: readonly Definition[];
  /** `system/event` */
  readonly tracepoints: readonly string[];
}

/** The maps of these drivers with those that they build on, the core kernel's first. Throws for a name nobody has. */
export function mapsFor(drivers: readonly string[], known: readonly ProbeMap[]): ProbeMap[] {
  const chosen = new Set<ProbeMap>();
  const add = (name: string): void => {
    const map = known.findLast((m) => m.name === name);
    if (map === undefined) throw new RangeError(name);
    for (const other of map.with ?? []) add(other);
    chosen.add(map);
  };
  add(CORE);
  for (const driver of drivers) add(driver);
  return [...chosen];
}

/** The map of the core kernel: every driver's recipe records it. */
export const CORE = 'core-mm';

/** All events of the maps up to a level that kernels of this range may have. */
export function select(maps: readonly ProbeMap[], level: Level, kernels: Kernels): Selection {
  const wanted = LEVELS.slice(0, LEVELS.indexOf(level) + 1);
  const definitions = new Map<string, Definition>();
  const tracepoints: string[] = [];
  for (const map of maps) {
    for (const probe of map.functions) {
      if (!wanted.includes(probe.level ?? 'verdict')) continue;
      for (const symbol of probe.symbols) {
        tracepoints.push(...tracepointsOf(probe.tracepoint, symbol));
        for (const definition of definitionsOf(map, probe, symbol)) {
          // a later map wins, as in the reader's catalog
          const key = `${definition.event} ${definition.kernels.from}`;
          if (overlap(definition.kernels, kernels)) definitions.set(key, definition);
        }
      }
    }
  }
  return { maps, level, definitions: [...definitions.values()], tracepoints };
}

function tracepointsOf(system: string | undefined, symbol: string): string[] {
  if (system === undefined || system === 'ftrace') return [];
  if (system !== 'syscalls') return [`${system}/${symbol}`];
  const call = symbol.replace(/^sys_/, '');
  return [`syscalls/sys_enter_${call}`, `syscalls/sys_exit_${call}`];
}

/** What must not be missing on the target, in words, with the events that serve it. */
export function necessities(selection: Selection): { what: string; events: string[] }[] {
  const events = (...roles: Role[]): string[] =>
    selection.definitions.filter((d) => roles.includes(d.probe.role) && !d.isReturn).map((d) => d.event);
  return [
    { what: 'the zap', events: events('zap', 'zap-list') },
    { what: 'the zap of one VMA', events: events('visit') },
    { what: 'the insertion of PTEs', events: events('install', 'decision') },
    { what: 'the insertion into the rmap', events: events('link') },
    { what: 'what blocks the device', events: events('control') },
  ].filter((need) => need.events.length > 0);
}

import type { SymbolState } from '../probes/binding.js';
import { SLOT } from '../probes/fields.js';
import type { ArgName, FunctionProbe, ProbeMap } from '../probes/map.js';
import type { Role } from '../probes/roles.js';

/** A function by the name that a trace gives it, and the map that knows it. */
export interface Named {
  readonly symbol: string;
  readonly probe: FunctionProbe;
  readonly map: ProbeMap;
}

const bit = (arg: ArgName): number => 1 << SLOT[arg].slot;

/**
 * Which functions a recording would show if they were called: those that fired, and those that a trace.dat or
 * perf.data describes, called or not. That text has none of a function's events tells nothing.
 */
export class Recorded {
  constructor(
    readonly states: readonly SymbolState[],
    readonly described: readonly Named[] = [],
    /** What is not among these is not recorded. */
    readonly complete = true,
  ) {}

  /** One of these functions is recorded, with these arguments if it fired. */
  has(wanted: (named: Named) => boolean, ...args: ArgName[]): boolean {
    const fired = (state: SymbolState): boolean =>
      args.every(
        (arg) => ((Math.max(0, state.entryCarries) | Math.max(0, state.returnCarries)) & bit(arg)) !== 0,
      );
    return (
      this.states.some((state) => wanted(state) && fired(state)) ||
      this.described.some(
        (named) => wanted(named) && !this.states.some(({ symbol }) => symbol === named.symbol),
      )
    );
  }

  role(role: Role, ...args: ArgName[]): boolean {
    return this.has(({ probe }) => probe.role === role, ...args);
  }

  /** The driver's functions of this role, at their entry. No map: the driver is not known, so any driver's. */
  ofDriver(map: ProbeMap | null, role: Role): boolean {
    const entered = this.states.filter((state) => state.entryCarries >= 0);
    const inMap = (other: ProbeMap): boolean =>
      map === null ||
      other === map ||
      other.with?.includes(map.name) === true ||
      map.with?.includes(other.name) === true;
    return new Recorded(entered, this.described, this.complete).has(
      (named) => named.probe.role === role && inMap(named.map),
      'vma',
    );
  }
}

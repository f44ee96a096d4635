import { type Effect, type FunctionProbe, type ProbeMap, USUAL_WAY } from '../probes/map.js';

/** The ends of a cause on one way. */
const keyOf = (cause: string, way: string): string => `${cause} ${way}`;

const unblocks = ({ effects = [] }: FunctionProbe): Effect[] =>
  effects.filter(({ does }) => does === 'unblock');

/** Which ends of what blocks a device would show themselves in the trace. */
export class Endings {
  /** The trace tells what is recorded. If not, a function is known to be when it is called, and an end on a rare way may be, too. */
  complete = false;
  /** The functions that are recorded, by what they end. */
  readonly #recorded = new Map<string, Set<FunctionProbe>>();
  readonly #ways = new Map<ProbeMap, Map<string, Set<string>>>();

  /** The function is recorded. */
  recorded(probe: FunctionProbe): void {
    for (const { causes, ways = USUAL_WAY } of unblocks(probe)) {
      for (const cause of causes) {
        for (const way of ways) {
          const key = keyOf(cause, way);
          const known = this.#recorded.get(key);
          if (known === undefined) this.#recorded.set(key, new Set([probe]));
          else known.add(probe);
        }
      }
    }
  }

  /** It is recorded without what tells whether it unblocks. */
  vague(probe: FunctionProbe): void {
    for (const recorded of this.#recorded.values()) recorded.delete(probe);
  }

  /**
   * A function on each way out of this cause is recorded (on one of them, where the trace does not tell of all), or the
   * driver has none but being closed.
   */
  has(cause: string, map: ProbeMap | null): boolean {
    // Another device's call has blocked it (Effect.spreads), and nothing shows its driver.
    if (map === null) return this.#anyOf(cause) || this.#anyOf('*');
    const ways = this.#waysOf(cause, map);
    if (ways.length === 0) return true;
    const isRecorded = (way: string): boolean => (this.#recorded.get(keyOf(cause, way))?.size ?? 0) > 0;
    return this.complete ? ways.every(isRecorded) : ways.some(isRecorded);
  }

  #anyOf(cause: string): boolean {
    for (const [key, functions] of this.#recorded)
      if (functions.size > 0 && key.startsWith(`${cause} `)) return true;
    return false;
  }

  #waysOf(cause: string, map: ProbeMap): string[] {
    let all = this.#ways.get(map);
    if (all === undefined) this.#ways.set(map, (all = waysOf(map)));
    return [...(all.get(cause) ?? [])];
  }
}

/** The ways out of each cause that the map knows. */
function waysOf(map: ProbeMap): Map<string, Set<string>> {
  const all = new Map<string, Set<string>>();
  for (const { causes, ways = USUAL_WAY } of map.functions.flatMap(unblocks)) {
    for (const cause of causes) {
      const known = all.get(cause) ?? new Set();
      for (const way of ways) known.add(way);
      all.set(cause, known);
    }
  }
  return all;
}

import type { Style } from './simulator/driver.js';

/** Random runs per property: `ZAPTRACE_RUNS=100` for a hundred times as many, `ZAPTRACE_SEED=n` for one of them. */
const RUNS = 300 * Number(process.env.ZAPTRACE_RUNS ?? 1);
const ONLY = process.env.ZAPTRACE_SEED;
const STYLES: Style[] = ['vfio', 'zaprace', 'list'];

/** Runs a property for many seeds; says which one failed. */
export function eachSeed(check: (seed: number, style: Style) => void, styles = STYLES): void {
  const [from, to] = ONLY === undefined ? [1, RUNS] : [Number(ONLY), Number(ONLY)];
  for (let seed = from; seed <= to; seed++) {
    const style = styles[seed % styles.length];
    try {
      check(seed, style);
    } catch (error) {
      throw new Error(`seed ${seed}, ${style}: ${(error as Error).message}`, { cause: error });
    }
  }
}

import type { Style } from './simulator/driver.js';

/**
 * Random runs per property: `ZAPTRACE_RUNS=100` for a hundred times as many, `ZAPTRACE_FIRST=n` for those from n on,
 * `ZAPTRACE_SEED=n` for one of them.
 */
const RUNS = 300 * Number(process.env.ZAPTRACE_RUNS ?? 1);
const ONLY = process.env.ZAPTRACE_SEED;
const STYLES: Style[] = ['vfio', 'zaprace', 'list'];

/** Runs a property for many seeds, and for those that failed once; says which one failed. */
export function eachSeed(
  check: (seed: number, style: Style) => void,
  styles = STYLES,
  failedOnce: readonly number[] = [],
): void {
  const first = Number(process.env.ZAPTRACE_FIRST ?? 1);
  const many = Array.from({ length: RUNS }, (_, i) => first + i);
  for (const seed of ONLY === undefined ? [...failedOnce, ...many] : [Number(ONLY)]) {
    const style = styles[seed % styles.length];
    try {
      check(seed, style);
    } catch (error) {
      throw new Error(`seed ${seed}, ${style}: ${(error as Error).message}`, { cause: error });
    }
  }
}

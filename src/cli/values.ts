import { InvalidArgumentError } from 'commander';
import { didYouMean } from './suggest.js';

/** Parsers of option values. Each throws InvalidArgumentError with what was expected and what was found. */

/** One of a fixed list of words. */
export function choice<T extends string>(value: string, known: readonly T[], what: string): T {
  if ((known as readonly string[]).includes(value)) return value as T;
  throw new InvalidArgumentError(
    `'${value}' is not ${/^[aeio]/.test(what) ? 'an' : 'a'} ${what}${didYouMean(value, known)}; known: ${known.join(', ')}.`,
  );
}

/** A whole number within limits. */
export function whole(value: string, least = 0, most = Number.MAX_SAFE_INTEGER): number {
  const n = Number(value);
  if (!/^\d+$/.test(value) || n > most || n < least) {
    throw new InvalidArgumentError(
      most === Number.MAX_SAFE_INTEGER
        ? `Expected a whole number of at least ${least}, found '${value}'.`
        : `Expected a whole number from ${least} to ${most}, found '${value}'.`,
    );
  }
  return n;
}

const NS: Record<string, number> = { '': 1, ns: 1, us: 1e3, µs: 1e3, ms: 1e6, s: 1e9 };

/** A length of time: `500`, `500ns`, `20us`, `1.5ms` → nanoseconds. */
export function nanoseconds(value: string): number {
  const match = /^(\d+(?:\.\d+)?)(ns|us|\u00b5s|ms|s|)$/.exec(value);
  if (!match) {
    throw new InvalidArgumentError(
      `Expected nanoseconds or a number with ns, us, ms or s, found '${value}'.`,
    );
  }
  return Math.round(Number(match[1]) * NS[match[2]]);
}

/** A point in the trace: `90.662075` as the trace prints it, a raw count, or `+1.5` seconds from its start. */
export function traceTime(value: string): string {
  if (/^\+?\d+(\.\d+)?$/.test(value)) return value;
  throw new InvalidArgumentError(
    `Expected a time as the trace prints it (90.662075) or +seconds from its start (+1.5), found '${value}'.`,
  );
}

/** `504,506` → [504, 506]; repeated options add up. */
export function pids(value: string, before: readonly number[] = []): number[] {
  return [...before, ...value.split(',').map((pid) => whole(pid, 0, 2 ** 22))];
}

/** A VMA by pointer (`0xffff8881054c6000`) or by id (`vma12`). */
export function vmaName(value: string): string {
  if (/^(0x[0-9a-f]+|vma\d+)$/i.test(value)) return value.toLowerCase();
  throw new InvalidArgumentError(
    `Expected a pointer (0xffff8881054c6000) or an id (vma12), found '${value}'.`,
  );
}

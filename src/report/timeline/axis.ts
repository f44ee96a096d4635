import type { HeaderRecord } from '../records.js';

/** How times of a trace are shown: seconds with the source's digits, or raw counts. */
export interface TimeBase {
  /** Absolute time of t = 0 in ns, or in ticks. */
  readonly base: bigint;
  readonly unit: 'ns' | 'count';
}

export function timeBase({ base }: HeaderRecord): TimeBase {
  if (base === null) return { base: 0n, unit: 'ns' };
  const [whole, fraction] = base.split('.');
  if (fraction === undefined) return { base: BigInt(whole), unit: 'count' };
  return { base: BigInt(whole) * 1_000_000_000n + BigInt(fraction.padEnd(9, '0').slice(0, 9)), unit: 'ns' };
}

/** `17.6` as the trace prints it, or `+0.5` from its start → ns (or ticks) since the trace's first record. */
export function parseMoment(text: string, { base, unit }: TimeBase): number {
  const relative = text.startsWith('+');
  const [whole, fraction = ''] = text.replace(/^\+/, '').split('.');
  const value =
    unit === 'count' && fraction === ''
      ? BigInt(whole)
      : BigInt(whole) * 1_000_000_000n + BigInt(fraction.padEnd(9, '0').slice(0, 9));
  return Number(relative ? value : value - base);
}

export interface Tick {
  /** ns (or ticks) since the trace's first record. */
  readonly t: number;
  /** Absolute, with as many digits as the steps need. */
  readonly label: string;
}

const STEPS = [1, 2, 5];

/** At most `most` round absolute times between two moments, with labels that tell them apart. */
export function ticks(start: number, end: number, most: number, time: TimeBase): Tick[] {
  const step = roundStep((end - start) / Math.max(1, most));
  const digits = time.unit === 'count' ? 0 : Math.max(0, 9 - Math.floor(Math.log10(step) + 1e-9));
  const big = BigInt(Math.max(1, Math.round(step)));
  const from = time.base + BigInt(Math.ceil(start));
  let at = ((from + big - 1n) / big) * big;
  const out: Tick[] = [];
  for (; Number(at - time.base) <= end; at += big)
    out.push({ t: Number(at - time.base), label: label(at, digits, time) });
  return out;
}

function roundStep(least: number): number {
  const power = 10 ** Math.floor(Math.log10(Math.max(least, 1)));
  for (const s of STEPS) if (s * power >= least) return s * power;
  return 10 * power;
}

function label(at: bigint, digits: number, { unit }: TimeBase): string {
  if (unit === 'count') return at.toString();
  const whole = at / 1_000_000_000n;
  const fraction = (at % 1_000_000_000n).toString().padStart(9, '0').slice(0, digits);
  return fraction === '' ? `${whole}` : `${whole}.${fraction}`;
}

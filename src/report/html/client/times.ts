import type { PageData } from '../data.js';

/** Absolute time as the trace prints it. */
export function absoluteText(t: number, data: PageData): string {
  const value = BigInt(data.base) + BigInt(Math.round(t));
  return data.unit === 'count' ? String(value) : secondsText(value, Math.max(data.digits, 0));
}

export function secondsText(ns: bigint, digits: number): string {
  const whole = ns / 1000000000n;
  const fraction = String(ns % 1000000000n)
    .padStart(9, '0')
    .slice(0, digits);
  return fraction === '' ? String(whole) : `${whole}.${fraction}`;
}

/** `84.9 ms`; ticks of a clock without a unit stay ticks. */
export function lengthText(ns: number, data: PageData): string {
  if (data.unit === 'count') return `${Math.round(ns).toLocaleString('en-US')} ticks`;
  const units: [number, string][] = [
    [1e9, 's'],
    [1e6, 'ms'],
    [1e3, 'µs'],
  ];
  for (const [size, unit] of units) {
    if (ns < size) continue;
    const value = ns / size;
    return `${value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2)} ${unit}`;
  }
  return `${Math.round(ns)} ns`;
}

/** Round absolute times between two moments, at most `most`, with labels that tell them apart. */
export function tickList(
  t0: number,
  t1: number,
  most: number,
  data: PageData,
): { t: number; label: string }[] {
  const least = Math.max(1, (t1 - t0) / Math.max(1, most));
  const power = 10 ** Math.floor(Math.log10(least));
  const step = [1, 2, 5, 10].map((s) => s * power).find((s) => s >= least)!;
  const big = BigInt(Math.max(1, Math.round(step)));
  const base = BigInt(data.base);
  const digits = data.unit === 'count' ? 0 : Math.max(0, 9 - Math.floor(Math.log10(Number(big)) + 1e-9));
  const list: { t: number; label: string }[] = [];
  for (let at = ((base + BigInt(Math.ceil(t0)) + big - 1n) / big) * big; ; at += big) {
    const t = Number(at - base);
    if (t > t1) return list;
    list.push({ t, label: data.unit === 'count' ? String(at) : secondsText(at, digits) });
  }
}

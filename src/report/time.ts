/**
 * Absolute time of a moment as the trace prints it. `base` is the header's: seconds with the source's digits
 * (`90.612689`), or a raw count of a counter or tsc clock (`327333783529`). Rounded to the digits of the base.
 */
export function absolute(base: string | null, ns: number): string {
  if (base === null) return `+${(ns / 1e9).toFixed(9)}`;
  const dot = base.indexOf('.');
  if (dot < 0) return (BigInt(base) + BigInt(Math.round(ns))).toString();
  const digits = base.length - dot - 1;
  const units = BigInt(base.replace('.', '')) + BigInt(Math.round(ns / 10 ** (9 - digits)));
  const text = units.toString().padStart(digits + 1, '0');
  return `${text.slice(0, -digits)}.${text.slice(-digits)}`;
}

/** Where a line of trace text happened. */
export interface Place {
  readonly cpu: number;
  /** As printed. */
  readonly time: string;
}

/** `zrlab-314 [001] .....  34.086745: …`, `perf 12 [001] 34.086745: …`; null: no record. */
export function placeOf(line: string): Place | null {
  const match = /^.{1,80}?\[(\d{3,})\][^:]*? (\d+\.\d+): /.exec(line);
  return match === null ? null : { cpu: Number(match[1]), time: match[2] };
}

/** The line at another time, with as many digits. */
export function at(line: string, time: string): string {
  return line.replace(
    /(\[\d{3,}\][^:]*? +)(\d+\.\d+)(: )/,
    (_, before, __, after) => `${before}${time}${after}`,
  );
}

/** Nanoseconds of a printed time. */
export function nsOf(time: string): bigint {
  const [seconds, fraction] = time.split('.');
  return BigInt(seconds) * 1_000_000_000n + BigInt(fraction.padEnd(9, '0'));
}

/** A time with this many digits behind the point. */
export function printed(ns: bigint, digits: number): string {
  return `${ns / 1_000_000_000n}.${(ns % 1_000_000_000n).toString().padStart(9, '0').slice(0, digits)}`;
}

/** Every time later by so many ns. */
export function shifted(line: string, by: bigint): string {
  const place = placeOf(line);
  if (place === null) return line;
  const digits = place.time.length - place.time.indexOf('.') - 1;
  return at(line, printed(nsOf(place.time) + by, digits));
}

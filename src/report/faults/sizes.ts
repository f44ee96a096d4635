const UNITS: readonly [number, string][] = [
  [2 ** 50, 'P'],
  [2 ** 40, 'T'],
  [2 ** 30, 'G'],
  [2 ** 20, 'M'],
  [2 ** 10, 'K'],
];

/** A number of bytes as the kernel's people say it: `4K`, `2M`, `1G`, `12.5M`. */
export function bytesText(bytes: number): string {
  for (const [size, unit] of UNITS) {
    if (bytes < size) continue;
    const value = bytes / size;
    return `${Number.isInteger(value) ? value : value.toFixed(value >= 100 ? 0 : 1)}${unit}`;
  }
  return `${bytes}`;
}

/** Size of an entry of an order: `2M` for order 9 of 4K pages. */
export const orderText = (pageSize: number, order: number): string => bytesText(pageSize * 2 ** order);

/** Pages of 4 KiB as bytes. */
export const pagesText = (pages: number): string => bytesText(pages * 4096);

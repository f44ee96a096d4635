import type { FileBytes } from '../binary/bytes.js';
import type { DiagnosticLog } from '../binary/diagnostics.js';
import type { CpuRegion, DatBuffer } from './layout.js';

/** More CPUs than Linux has been built for, all buffers together: each costs some 10 kB, records or not. */
export const MAX_REGIONS = 16 * 1024;

/** Of so many CPUs that a buffer claims to have, those that are read. */
export function believedCpus(count: number, at: number, log: DiagnosticLog): number {
  if (count <= MAX_REGIONS) return count;
  log.add(
    'too-many-cpus',
    'error',
    `expected at most ${MAX_REGIONS} CPUs, found ${count}: the rest is lost`,
    at,
  );
  return MAX_REGIONS;
}

/** Cuts a region at the end of the file; null when nothing of it is there. */
export function clip(region: CpuRegion, file: FileBytes, at: number, log: DiagnosticLog): CpuRegion | null {
  if (region.size === 0) return null;
  const end = region.offset + region.size;
  if (end <= file.size) return region;
  log.add(
    'truncated',
    'error',
    `data of CPU ${region.cpu} should end at byte ${end}, but the file has ${file.size} bytes: the rest is lost`,
    at,
  );
  return region.offset < file.size ? { ...region, size: file.size - region.offset, cut: true } : null;
}

/**
 * Drops data regions that share bytes with another one: only damage makes them, and what is read twice would be
 * counted twice. Where the one before went beyond the file, its size is the damage: it ends where the other begins.
 */
export function withoutOverlaps(buffers: readonly DatBuffer[], log: DiagnosticLog): DatBuffer[] {
  const regions = buffers.flatMap((b) => b.cpus).sort((a, b) => a.offset - b.offset);
  const used = new Map<CpuRegion, CpuRegion>();
  let last: CpuRegion | null = null;
  for (const region of regions) {
    if (last !== null && region.offset < last.offset + last.size) {
      if (last.cut !== true || region.offset === last.offset) {
        const message = `data of CPU ${region.cpu} overlaps that of another CPU: skipped`;
        log.add('overlapping-data', 'error', message, region.offset);
        continue;
      }
      used.set(last, { ...last, size: region.offset - last.offset });
    }
    if (used.size === MAX_REGIONS) {
      believedCpus(regions.length, region.offset, log);
      break;
    }
    used.set(region, region);
    last = region;
  }
  return buffers.map((b) => ({ ...b, cpus: b.cpus.flatMap((r) => used.get(r) ?? []) }));
}

import type { DiagnosticLog } from '../binary/diagnostics.js';
import type { CpuRegion, DatBuffer } from './layout.js';

/**
 * Drops data regions that share bytes with another one: only damage makes them, and what is read twice would be
 * counted twice.
 */
export function withoutOverlaps(buffers: readonly DatBuffer[], log: DiagnosticLog): DatBuffer[] {
  const regions = buffers.flatMap((b) => b.cpus).sort((a, b) => a.offset - b.offset);
  const dropped = new Set<CpuRegion>();
  let end = 0;
  for (const region of regions) {
    if (region.offset < end) {
      const message = `data of CPU ${region.cpu} overlaps that of another CPU: skipped`;
      log.add('overlapping-data', 'error', message, region.offset);
      dropped.add(region);
    } else end = region.offset + region.size;
  }
  if (dropped.size === 0) return [...buffers];
  return buffers.map((b) => ({ ...b, cpus: b.cpus.filter((r) => !dropped.has(r)) }));
}

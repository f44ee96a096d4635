import type { MappingEvent } from '../../probes/event.js';

/**
 * Length of an action in ns, NaN when it is not certain: the return was not seen, records were lost in between (it
 * may be two calls), or the entry was not seen (it has its parent's then, or none).
 */
export function duration(event: MappingEvent): number {
  if (!event.returned || event.tainted) return Number.NaN;
  const lonely = event.beginSeq < 0 || event.beginSeq === event.parent?.beginSeq;
  return lonely ? Number.NaN : event.end - event.begin;
}

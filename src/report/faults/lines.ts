import { count } from '../text.js';
import type { FaultBlock } from './block.js';
import { time } from './histogram.js';
import type { FaultCounts, TraceFaultsRecord, VmaFaultsRecord } from './records.js';
import { orderText, pagesText } from './sizes.js';

/** A count that the trace may not tell. */
export const known = (n: number | null): string => (n === null ? '?' : n.toLocaleString('en-US'));

/** `20 faults on 7 VMAs: 17 installed, 3 blocked` */
export function headline(trace: TraceFaultsRecord): string {
  const where = `on ${count(trace.vmas, 'VMA')}`;
  if (trace.faults === null) {
    const calls =
      trace.calls === null
        ? 'faults not recorded'
        : `${count(trace.calls, 'handler call')}, results not recorded`;
    return trace.vmas === 0 ? calls : `${calls} ${where}`;
  }
  return `${count(trace.faults, 'fault')} ${where}: ${outcome(trace)}`;
}

/** `17 installed (5 refaults), 3 blocked` */
export function outcome(counts: Omit<FaultCounts, 'latency'>): string {
  const part = (n: number | null, word: string): string[] =>
    n ? [`${n.toLocaleString('en-US')} ${word}`] : [];
  const again = counts.refaults ? ` (${count(counts.refaults, 'refault')} after a zap)` : '';
  return [
    `${known(counts.installing)} installed${again}`,
    ...part(counts.blocked, 'blocked (SIGBUS)'),
    ...part(counts.wasted, 'wasted (already present)'),
    ...part(counts.out_of_memory, 'out of memory'),
    ...part(counts.retried, 'retried'),
    ...part(counts.unfinished, 'without an end in the trace'),
    ...part(counts.unknown, 'of unknown result'),
  ].join(', ');
}

/** `9 of 4K, 5 of 2M, 3 of 1G (3.0G)`; null when not recorded. */
export function installsText(orders: FaultCounts['orders'], pageSize: number): string | null {
  if (orders === null) return null;
  const used = Object.entries(orders).filter(([, { installs }]) => installs > 0);
  if (used.length === 0) return 'none';
  const pages = used.reduce((sum, [, own]) => sum + own.pages, 0);
  const parts = used.map(
    ([order, { installs }]) => `${installs.toLocaleString('en-US')} of ${orderText(pageSize, Number(order))}`,
  );
  return `${parts.join(', ')} (${pagesText(pages)} in all)`;
}

/** What stands below the headline. */
export function facts(block: FaultBlock, trace: TraceFaultsRecord): string[] {
  const { unit, latency, calls, page_size: pageSize } = trace;
  const installs = installsText(trace.orders, pageSize);
  const assumed = trace.page_size_from === 'assumed' ? ' (assumed)' : '';
  const rate =
    trace.rate_per_s === null ? '' : `, ${Math.round(trace.rate_per_s).toLocaleString('en-US')} faults/s`;
  const spent = latency.handler === null ? '' : `, ${time(latency.handler.total_ns, unit)} in them`;
  const lines = [
    ...(installs === null
      ? []
      : [`installs: ${installs}; pages are ${pagesText(pageSize / 4096)}${assumed}`]),
    ...(calls === null ? [] : [`${count(calls, 'handler call')}${spent}${rate}`]),
    ...(trace.zaps ? [`${count(trace.zaps, 'zap')} cleared ${pagesText(trace.pages_cleared ?? 0)}`] : []),
  ];
  if (trace.lost > 0) lines.push(`${count(trace.lost, 'event')} lost: all counts are at least that`);
  if (trace.resolution_ns > 0)
    lines.push(`times are rounded to ${time(trace.resolution_ns, 'ns')}: so are durations`);
  if (trace.unit === 'ticks') lines.push(`clock ${block.header.clock ?? 'unknown'}: its ticks are not ns`);
  if (trace.huge_orders_asked === false && block.vmas.some(couldBeHuge)) {
    lines.push(
      'no huge order was asked for: the driver has no huge_fault (before 6.12), the kernel no huge pfnmaps, transparent huge pages are off, or page tables were there already',
    );
  }
  return lines;
}

/** A huge entry fits where the VMA is. */
function couldBeHuge({ fewest }: VmaFaultsRecord): boolean {
  const entries = Object.entries(fewest?.own_entries ?? {});
  return entries.some(([order, n]) => order !== '0' && n > 0);
}

/** `a zap costs 117 us + 24.6 us per entry (14 zaps, r2 0.15: no clear relation)`; null when there is no line. */
export function costText(trace: Pick<TraceFaultsRecord, 'cost' | 'unit'>): string | null {
  const { cost, unit } = trace;
  if (cost === null) return null;
  const fit = `${count(cost.n, 'zap')}, r2 ${cost.r2.toFixed(2)}`;
  if (cost.r2 < 0.5 || cost.fixed_ns < 0) return `zap time does not follow the entries cleared (${fit})`;
  return `a zap costs ${time(cost.fixed_ns, unit)} + ${time(cost.per_entry_ns, unit)} per entry cleared (${fit})`;
}

/** `75 zaps were followed by refaults: 6,895 faults brought back 3,624 of 7,312 pages; all of them 7 times, …` */
export function refaultText(trace: Pick<TraceFaultsRecord, 'refault_sums' | 'unit'>): string | null {
  const { zaps, back, faults, pages, pages_back, time_back } = trace.refault_sums;
  if (zaps === 0) return null;
  const median =
    time_back === null ? '' : `, median ${time(time_back.median_ns, trace.unit)} after re-enable`;
  return (
    `${faults === null ? 'faults' : count(faults, 'fault')} after ${count(zaps, 'zap')} brought back ${known(pages_back)} of ${count(pages, 'page')}; ` +
    `${back === 0 ? 'never all of them' : `all of them ${back === 1 ? 'once' : `${back} times`}`}${median}`
  );
}

import type { Device } from '../../model/device.js';
import type { Granule } from '../../model/faults/granule.js';
import type { Latency } from '../../model/faults/latency.js';
import type { FaultNumbers } from '../../model/faults/numbers.js';
import type { Seen } from '../../model/faults/seen.js';
import type { Totals } from '../../model/faults/totals.js';
import type { Potential, VmaFaults } from '../../model/faults/vma-faults.js';
import type { ZapCost } from '../../model/faults/windows.js';
import type { Slow } from '../../model/faults/worst.js';
import type { Vma } from '../../model/vma.js';
import { pageHex } from '../../probes/describe.js';
import { type Converter, vmaId, zapId } from '../convert.js';
import type {
  DeviceFaultsRecord,
  FallbackRecord,
  FaultCounts,
  LatencyRecord,
  SlowRecord,
  TraceFaultsRecord,
  VmaFaultsRecord,
  ZapCostRecord,
  ZapSums,
} from './records.js';
import { adviceFor, MISSING } from './words.js';

const nullable = (value: number): number | null => (Number.isFinite(value) ? value : null);
const round = (value: number): number => Math.round(value * 1000) / 1000;
const hex = (value: number): string => `0x${value.toString(16)}`;
const pageAddress = (page: number): string | null => (Number.isNaN(page) ? null : pageHex(page));

/** Bytes of a count of base pages, as text: exact beyond 2^53. */
const bytesHex = (pages: number, granule: Granule): string => pageHex(pages * granule.units);

/** Turns fault statistics into records. What was not recorded becomes null here, and nowhere else. */
export class FaultConverter {
  constructor(
    private readonly convert: Converter,
    private readonly seen: Seen,
    private readonly granule: () => Granule,
  ) {}

  get #pageSize(): number {
    return this.granule().units * 4096;
  }

  vma(vma: Vma, faults: VmaFaults): VmaFaultsRecord {
    const { place, populates } = faults;
    const granule = this.granule();
    const potential = faults.potential(granule);
    const fewest = potential === null ? null : fewestOf(potential, faults);
    const start = pageAddress(place.start);
    const alignment = potential === null ? null : alignmentOf(potential, granule);
    const own = { start, populates, page_size: this.#pageSize };
    return {
      type: 'faults',
      scope: 'vma',
      id: vmaId(vma),
      pointer: this.convert.info.pointers.text(vma.pointer),
      device: this.convert.device(vma.device),
      pid: vma.pid,
      comm: vma.comm,
      start,
      end: pageAddress(place.end),
      pages: nullable(place.end - place.start),
      pgoff: Number.isNaN(place.pgoff) ? null : hex(place.pgoff),
      pfn: Number.isNaN(place.pfn) ? null : hex(place.pfn),
      page_size: own.page_size,
      populates,
      fewest,
      alignment,
      advice: adviceFor(own, fewest, alignment, this.convert.info.clock.unit),
      ...this.#counts(faults.numbers),
    };
  }

  device(device: Device | null, totals: Totals): DeviceFaultsRecord {
    return { type: 'faults', scope: 'device', device: this.convert.device(device), ...this.#sums(totals) };
  }

  trace(totals: Totals, trace: { lost: number; pageSizeKnown: boolean }): TraceFaultsRecord {
    const { clock } = this.convert.info;
    return {
      type: 'faults',
      scope: 'trace',
      input: this.convert.input,
      page_size: this.#pageSize,
      page_size_from: trace.pageSizeKnown ? 'trace' : 'assumed',
      unit: clock.unit === 'count' ? 'ticks' : 'ns',
      resolution_ns: clock.resolution,
      lost: trace.lost,
      huge_orders_asked: this.seen.handlerOrder ? this.seen.hugeAsked : null,
      missing: this.seen.missing().map((code) => ({ code, text: MISSING[code] })),
      ...this.#sums(totals),
      worst: totals.numbers.worst.list.map((slow) => this.#slow(slow)),
    };
  }

  zap(cost: ZapCost): ZapCostRecord {
    const { zap, refault } = cost;
    const { clock } = this.convert.info;
    const back = refault === null || refault.ended !== 'back' ? Number.NaN : refault.until - refault.since;
    const { handler } = this.seen;
    return {
      type: 'zap-cost',
      zap: zapId(zap),
      cause: zap.cause,
      device: this.convert.device(zap.device),
      ts: clock.text(zap.begin),
      t_ns: zap.begin,
      zap_ns: nullable(cost.ns),
      lock_wait_ns: nullable(cost.waitNs),
      visits: this.seen.visit ? cost.visits : null,
      entries: Object.fromEntries([...cost.entries].sort(([a], [b]) => a - b)),
      pages_cleared: cost.pages,
      window_ns: nullable(zap.unblocked - zap.begin),
      refault:
        refault === null
          ? null
          : {
              faults: handler ? refault.faults : null,
              handler_ns: this.seen.handlerReturn ? refault.handlerNs : null,
              pages: refault.pages,
              pages_back: refault.pagesBack,
              back_ns: nullable(back),
              ended: refault.ended,
            },
      origin: zap.mark === null ? null : this.convert.origin(zap.mark.origin),
    };
  }

  #counts(numbers: FaultNumbers): FaultCounts {
    const { seen } = this;
    const calls = (n: number): number | null => (seen.handler ? n : null);
    const results = (n: number): number | null => (seen.handlerResult ? n : null);
    return {
      vmas: numbers.vmas,
      calls: calls(numbers.calls),
      faults: results(numbers.faults),
      installing: results(numbers.installing),
      refaults: results(numbers.refaults),
      wasted: results(numbers.wasted),
      blocked: results(numbers.blocked),
      out_of_memory: results(numbers.oom),
      retried: results(numbers.retried),
      unfinished: results(numbers.unfinished),
      unknown: calls(numbers.unknown),
      rate_per_s:
        seen.handlerResult && this.convert.info.clock.unit === 'ns' ? nullable(round(numbers.rate)) : null,
      orders:
        seen.insertResult || seen.handlerResult || numbers.orders.size > 0 ? this.#orders(numbers) : null,
      fallbacks: seen.handlerResult ? fallbacks(numbers) : null,
      chains: seen.handlerResult ? numbers.chains.list() : null,
      latency: {
        handler: latency(numbers.handler),
        lock_wait: latency(numbers.wait),
        insert: latency(numbers.insert),
        zap_visit: latency(numbers.visit),
      },
    };
  }

  #orders(numbers: FaultNumbers): NonNullable<FaultCounts['orders']> {
    const none = this.granule().orders.map((order) => [order, { installs: 0, pages: 0 }] as const);
    return { ...Object.fromEntries(none), ...Object.fromEntries(numbers.orders) };
  }

  #sums(totals: Totals): Omit<FaultCounts, 'latency'> & ZapSums {
    const counts = this.#counts(totals.numbers);
    const line = totals.perEntry.line();
    const { zaps, back, faults, pages, pagesBack } = totals.refault;
    return {
      ...counts,
      latency: {
        ...counts.latency,
        zap: latency(totals.zap),
        zap_lock_wait: latency(totals.zapWait),
        window: latency(totals.window),
      },
      zaps: this.seen.zap ? totals.zaps : null,
      pages_cleared: this.seen.zap ? totals.pagesCleared : null,
      cost:
        line === null
          ? null
          : {
              fixed_ns: round(line.at0),
              per_entry_ns: round(line.slope),
              r2: round(line.r2),
              n: totals.perEntry.n,
            },
      refault_sums: {
        zaps,
        back,
        faults: this.seen.handler ? faults : null,
        pages,
        pages_back: pagesBack,
        time_back: latency(totals.timeBack),
      },
    };
  }

  #slow(slow: Slow): SlowRecord {
    return {
      what: slow.what,
      ns: slow.ns,
      vma: slow.vma === null || slow.vma.id === 0 ? null : vmaId(slow.vma),
      zap: slow.zap === null ? null : zapId(slow.zap),
      address: pageAddress(slow.page),
      order: nullable(slow.order),
      ts: this.convert.info.clock.text(slow.t),
      t_ns: slow.t,
      cpu: slow.cpu,
      pid: slow.pid,
      comm: slow.comm,
      origin: slow.origin < 0 ? null : this.convert.origin(slow.origin),
    };
  }
}

/** Largest order first, then the most frequent reason. */
function fallbacks(numbers: FaultNumbers): FallbackRecord[] {
  return [...numbers.fallbacks.values()]
    .map(({ order, reason, count }) => ({ order: nullable(order), reason, count }))
    .sort((a, b) => (b.order ?? -1) - (a.order ?? -1) || b.count - a.count);
}

/** Drivers that fill the whole VMA at once take one fault for it, or none, whatever the alignment. */
function fewestOf({ own, best }: Potential, { populates, numbers }: VmaFaults): VmaFaultsRecord['fewest'] {
  const entries = { own_entries: own.entries, best_entries: best.entries };
  const mean = numbers.installingTimed === 0 ? null : numbers.installingNs / numbers.installingTimed;
  const faults = (entry: number): number => (populates === 'vma' ? 1 : populates === 'mmap' ? 0 : entry);
  const ns = (n: number): number | null => (mean === null ? null : Math.round(mean * n));
  const [here, there] = [faults(own.faults), faults(best.faults)];
  return { own: here, best: there, ...entries, own_ns: ns(here), best_ns: ns(there) };
}

function alignmentOf(
  { against, bestOrder, placement }: Potential,
  granule: Granule,
): VmaFaultsRecord['alignment'] {
  return {
    against,
    best_order: bestOrder,
    size: bytesHex(2 ** bestOrder, granule),
    offset: bytesHex(placement.offset, granule),
    shift: bytesHex(placement.shift, granule),
  };
}

function latency(values: Latency): LatencyRecord | null {
  if (values.n === 0) return null;
  return {
    n: values.n,
    total_ns: values.sum,
    min_ns: values.min,
    median_ns: values.quantile(0.5),
    p99_ns: values.quantile(0.99),
    max_ns: values.max,
    histogram: values.octaves().map(({ from, to, count }) => ({ from_ns: from, to_ns: to, count })),
  };
}

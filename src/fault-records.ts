import type { Device } from './model/device.js';
import { granuleOfRelease } from './model/faults/granule.js';
import { FaultStats } from './model/faults/stats.js';
import { Totals } from './model/faults/totals.js';
import type { VmaFaults } from './model/faults/vma-faults.js';
import type { ZapCost } from './model/faults/windows.js';
import type { Vma } from './model/vma.js';
import type { World } from './model/world.js';
import type { Zap } from './model/zap.js';
import type { MappingEvent } from './probes/event.js';
import type { Converter } from './report/convert.js';
import { FaultConverter } from './report/faults/convert.js';
import type { FaultsRecord, ZapCostRecord } from './report/faults/records.js';
import { type Filter, parseTime } from './report/filter.js';

export interface FaultRecordsOptions {
  world: World;
  convert: Converter;
  filter: Filter;
  /** What happened outside this span is not counted. */
  since?: string;
  until?: string;
  emit(record: FaultsRecord | ZapCostRecord): void;
}

/**
 * Fault statistics beside an analysis: sees its events, VMAs and zaps, and gives a record per VMA and zap as they
 * end, then one per device and one for the trace.
 */
export class FaultRecords {
  readonly #stats: FaultStats;
  readonly #convert: FaultConverter;
  readonly #trace = new Totals();
  readonly #devices = new Map<Device | null, Totals>();
  #begun = false;
  #from = Number.NEGATIVE_INFINITY;
  #to = Number.POSITIVE_INFINITY;

  constructor(private readonly options: FaultRecordsOptions) {
    this.#stats = new FaultStats(options.world, {
      vma: (vma, faults) => this.#vma(vma, faults),
      zap: (cost) => this.#zap(cost),
    });
    const { books } = this.#stats;
    this.#convert = new FaultConverter(options.convert, books.seen, () => books.granule);
  }

  /** Before the model takes it. */
  event(event: MappingEvent): void {
    if (!this.#begun) this.#begin();
    if (event.begin >= this.#from && event.begin <= this.#to) this.#stats.event(event);
  }

  vma(vma: Vma): void {
    this.#stats.vmaRetired(vma);
  }

  zap(zap: Zap): void {
    this.#stats.zapRetired(zap);
  }

  /** The input ended: before the analysis ends too, which brings the VMAs and zaps that are left. */
  end(): void {
    this.#stats.finish();
  }

  /** After that. */
  finish(lost: number): void {
    const { books } = this.#stats;
    this.#stats.finishZaps();
    this.#trace.numbers.merge(books.strangers.numbers);
    for (const [device, totals] of this.#devices) this.options.emit(this.#convert.device(device, totals));
    this.options.emit(this.#convert.trace(this.#trace, { lost, pageSizeKnown: books.granuleKnown }));
  }

  #begin(): void {
    this.#begun = true;
    const { convert, since, until } = this.options;
    const { clock, release } = convert.info;
    const granule = granuleOfRelease(release);
    if (granule !== null) this.#stats.setGranule(granule);
    if (since !== undefined) this.#from = parseTime(since, clock.base, clock.unit);
    if (until !== undefined) this.#to = parseTime(until, clock.base, clock.unit);
  }

  #vma(vma: Vma, faults: VmaFaults): void {
    if (!this.options.filter.vma(vma)) return;
    this.options.emit(this.#convert.vma(vma, faults));
    this.#trace.numbers.merge(faults.numbers);
    this.#totals(vma.device).numbers.merge(faults.numbers);
  }

  #zap(cost: ZapCost): void {
    if (!this.options.filter.zap(cost.zap)) return;
    this.options.emit(this.#convert.zap(cost));
    this.#trace.add(cost);
    this.#totals(cost.zap.device).add(cost);
  }

  /** Two names of one device may have been two devices for a while: the model knows which one it is now. */
  #totals(of: Device | null): Totals {
    const { world } = this.options;
    let device = of;
    if (of !== null) {
      for (const pointer of of.pointers) device = world.deviceOfPointer(pointer) ?? device;
      for (const mapping of of.mappings) device = world.deviceOfMapping(mapping) ?? device;
    }
    let totals = this.#devices.get(device);
    if (totals === undefined) this.#devices.set(device, (totals = new Totals()));
    return totals;
  }
}

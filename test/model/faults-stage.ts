import { Analysis } from '../../src/analysis.js';
import { FaultRecords } from '../../src/fault-records.js';
import { BUILTIN_MAPS } from '../../src/probes/maps/index.js';
import { Converter } from '../../src/report/convert.js';
import type {
  DeviceFaultsRecord,
  TraceFaultsRecord,
  VmaFaultsRecord,
  ZapCostRecord,
} from '../../src/report/faults/records.js';
import { Filter, type FilterOptions } from '../../src/report/filter.js';
import { RULES } from '../../src/rules/index.js';
import { Clock } from '../../src/trace/clock.js';
import { PointerTable } from '../../src/trace/pointers.js';
import type { TraceInfo } from '../../src/trace/reader.js';
import type { Scenario } from '../scenarios/dsl.js';
import { feed } from '../scenarios/recording.js';

export interface FaultsOf {
  vmas: VmaFaultsRecord[];
  devices: DeviceFaultsRecord[];
  zaps: ZapCostRecord[];
  trace: TraceFaultsRecord;
}

export interface Recorded extends FilterOptions {
  release?: string;
  /** 6: times in the trace are rounded to µs. */
  digits?: 6 | 9;
  unit?: 'ns' | 'count';
}

/** The fault statistics of a scenario. */
export function faultsOf(scenario: Scenario, how: Recorded = {}): FaultsOf {
  const clock = new Clock();
  clock.name = how.unit === 'count' ? 'counter' : 'mono';
  clock.unit = how.unit ?? 'ns';
  clock.digits = how.unit === 'count' ? 0 : (how.digits ?? 9);
  clock.base = 0n;
  const pointers = new PointerTable();
  const info: TraceInfo = {
    format: 'tracefs',
    clock,
    pointers,
    records: scenario.items.length,
    unparsed: 0,
    origin: 'line',
    release: how.release ?? null,
    diagnostics: [],
  };
  const convert = new Converter('scenario', info);
  const out: Omit<FaultsOf, 'trace'> & { trace: TraceFaultsRecord | null } = {
    vmas: [],
    devices: [],
    zaps: [],
    trace: null,
  };
  const analysis: Analysis = new Analysis({
    info,
    maps: BUILTIN_MAPS,
    rules: RULES,
    rulesChosen: false,
    keepEpochs: false,
    finding: () => true,
    vma: (vma) => faults.vma(vma),
    zap: (zap) => faults.zap(zap),
    event: (event) => faults.event(event),
  });
  const faults = new FaultRecords({
    world: analysis.model.world,
    convert,
    filter: new Filter(how, convert),
    since: how.since,
    until: how.until,
    emit: (record) => {
      if (record.type === 'zap-cost') out.zaps.push(record);
      else if (record.scope === 'vma') out.vmas.push(record);
      else if (record.scope === 'device') out.devices.push(record);
      else out.trace = record;
    },
  });
  feed(analysis, scenario.trace(), pointers, how.digits ?? 9);
  faults.end();
  analysis.finish(false);
  faults.finish(analysis.lostEvents);
  if (out.trace === null) throw new Error('no record of the trace');
  return { ...out, trace: out.trace };
}

/** The reasons of fallbacks as `order reason count`. */
export const reasons = (record: Pick<VmaFaultsRecord, 'fallbacks'>): string[] =>
  (record.fallbacks ?? []).map(({ order, reason, count }) => `${order} ${reason} ${count}`);

/** Chains as `18>9 installed 1`. */
export const chains = (record: Pick<VmaFaultsRecord, 'chains'>): string[] =>
  (record.chains ?? []).map(({ orders, end, count }) => `${orders.join('>')} ${end} ${count}`);

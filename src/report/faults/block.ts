import type { AnyRecord, DiagnosticRecord, HeaderRecord, SummaryRecord, TotalRecord } from '../records.js';
import type { DeviceFaultsRecord, TraceFaultsRecord, VmaFaultsRecord, ZapCostRecord } from './records.js';

/** The fault records of one trace. */
export interface FaultBlock {
  header: HeaderRecord;
  vmas: VmaFaultsRecord[];
  devices: DeviceFaultsRecord[];
  zaps: ZapCostRecord[];
  /** null, as is the summary: reading failed half-way. */
  trace: TraceFaultsRecord | null;
  diagnostics: DiagnosticRecord[];
  summary: SummaryRecord | null;
}

/** Groups a stream of records by trace: a header opens a block, its summary closes it. */
export class FaultBlocks {
  #open: FaultBlock | null = null;

  constructor(
    private readonly done: (block: FaultBlock) => void,
    private readonly total: (total: TotalRecord) => void = () => {},
  ) {}

  write(record: AnyRecord): void {
    if (record.type === 'header') {
      this.end();
      this.#open = {
        header: record,
        vmas: [],
        devices: [],
        zaps: [],
        trace: null,
        diagnostics: [],
        summary: null,
      };
      return;
    }
    if (record.type === 'total') {
      this.end();
      this.total(record);
      return;
    }
    const block = this.#open;
    if (block === null) throw new Error(`a ${record.type} record came before its trace's header`);
    if (record.type === 'faults') {
      if (record.scope === 'vma') block.vmas.push(record);
      else if (record.scope === 'device') block.devices.push(record);
      else block.trace = record;
    } else if (record.type === 'zap-cost') block.zaps.push(record);
    else if (record.type === 'diagnostic') block.diagnostics.push(record);
    else if (record.type === 'summary') {
      block.summary = record;
      this.end();
    }
  }

  end(): void {
    const block = this.#open;
    this.#open = null;
    if (block === null) return;
    block.vmas.sort((a, b) => number(a.id) - number(b.id));
    block.zaps.sort((a, b) => number(a.zap) - number(b.zap));
    this.done(block);
  }
}

/** 12 of `vma12`. */
const number = (id: string): number => Number(/\d+$/.exec(id)?.[0] ?? 0);

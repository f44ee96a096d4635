import type {
  AnyRecord,
  DiagnosticRecord,
  EventRecord,
  FindingRecord,
  HeaderRecord,
  SummaryRecord,
  TotalRecord,
  VmaRecord,
  ZapRecord,
} from './records.js';

/** All records of one trace, for outputs that need the whole of it. */
export interface TraceBlock {
  header: HeaderRecord;
  events: EventRecord[];
  findings: FindingRecord[];
  vmas: VmaRecord[];
  zaps: ZapRecord[];
  diagnostics: DiagnosticRecord[];
  /** null: reading failed half-way; the reason is in the total's `failed`. */
  summary: SummaryRecord | null;
}

/** Groups a stream of records by trace: a header opens a block, its summary closes it. */
export class Blocks {
  #open: TraceBlock | null = null;
  readonly #done: (block: TraceBlock) => void;
  readonly #total: (total: TotalRecord) => void;

  constructor(done: (block: TraceBlock) => void, total: (total: TotalRecord) => void = () => {}) {
    this.#done = done;
    this.#total = total;
  }

  write(record: AnyRecord): void {
    if (record.type === 'header') {
      this.end();
      this.#open = {
        header: record,
        events: [],
        findings: [],
        vmas: [],
        zaps: [],
        diagnostics: [],
        summary: null,
      };
      return;
    }
    if (record.type === 'total') {
      this.end();
      this.#total(record);
      return;
    }
    const block = this.#open;
    if (block === null) throw new Error(`a ${record.type} record came before its trace's header`);
    switch (record.type) {
      case 'event':
        block.events.push(record);
        break;
      case 'finding':
        block.findings.push(record);
        break;
      case 'vma':
        block.vmas.push(record);
        break;
      case 'zap':
        block.zaps.push(record);
        break;
      case 'diagnostic':
        block.diagnostics.push(record);
        break;
      case 'summary':
        block.summary = record;
        this.end();
        break;
    }
  }

  /** Hands on a block that never got its summary. */
  end(): void {
    const block = this.#open;
    this.#open = null;
    if (block !== null) this.#done(block);
  }
}

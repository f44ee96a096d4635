import type { EventDecl, FieldValue, Interest, TraceRecord, TraceSink } from '../trace/record.js';
import type { Converter } from './convert.js';
import type { EventRecord } from './records.js';

/** A kind of event that no probe map knows; shown with all its fields. */
class OtherInterest implements Interest {
  readonly fields = [];
  readonly wantText = true;
  readonly wantFields = true;
  constructor(readonly decl: EventDecl) {}
}

/** `events --all`: makes any event of the trace a record of kind `other`. */
export class OtherEvents implements TraceSink {
  constructor(
    private readonly convert: Converter,
    private readonly emit: (record: EventRecord) => void,
  ) {}

  declare(decl: EventDecl): Interest {
    return new OtherInterest(decl);
  }

  record(record: TraceRecord): void {
    const { decl } = record.interest as OtherInterest;
    const fields: Record<string, FieldValue> = record.fieldValues();
    this.emit({
      type: 'event',
      kind: 'other',
      name: decl.name,
      ts: this.convert.info.clock.text(record.t),
      t_ns: record.t,
      end_ns: null,
      cpu: record.cpu,
      pid: record.pid,
      comm: record.comm,
      symbol: decl.symbol,
      device: null,
      vma: null,
      address: null,
      pages: null,
      order: null,
      pfn: null,
      result: null,
      origin: this.convert.origin(record.origin),
      fields: Object.keys(fields).length === 0 && record.text !== '' ? { text: record.text } : fields,
    });
  }

  lost(): void {}
}

import type { Decoder } from '../decoder/decoder.js';
import { RowEmitter } from '../decoder/row-emitter.js';
import { ARGS, AT, CODE, LENGTH, NO_PID, ORIGIN, PID } from '../decoder/rows.js';
import type { TraceInfo } from '../reader.js';
import type { FieldValue, Interest, TraceRecord, TraceSink } from '../record.js';
import { type Binding, EventBindings, UNBOUND } from './bindings.js';
import type { CommTable } from './comms.js';
import type { DiagnosticLog } from './diagnostics.js';
import type { EventTable } from './event-table.js';
import type { SymbolTable } from './kallsyms.js';
import { payloadText } from './payload-text.js';
import { fieldValue, type RawRecord } from './values.js';

/**
 * Turns event records (the `common_*` header and fields, as in a ring buffer or a perf RAW sample) into calls of the
 * sink: the rows that the decoder made of them.
 */
export class RecordEmitter extends RowEmitter {
  readonly #bindings: EventBindings;
  // The record that load(), fieldValues() and text are about: its row in words, and what it is.
  #row = 0;
  #current: Binding = UNBOUND;

  constructor(
    decoder: Decoder,
    info: TraceInfo,
    readonly events: EventTable,
    readonly comms: CommTable,
    sink: TraceSink,
    readonly log: DiagnosticLog,
    /** The kernel's symbols, loaded when first needed; null when the trace has none. */
    readonly symbols: () => SymbolTable | null,
  ) {
    super(decoder, info, sink);
    info.described = () => events.names();
    this.#bindings = new EventBindings(decoder, events, sink, log, symbols);
    this.record.fieldValues = () => this.#fieldValues();
    this.record.load = () => this.#fetch(this.#current.rest, this.#row);
  }

  protected override interestOf(code: number): Interest {
    return this.#bindings.of(code).interest as Interest;
  }

  protected override commOf(row: number): string {
    return this.comms.get(this.decoder.words[row + PID]);
  }

  /** Hands on the row at this word, whose fields have not been fetched. */
  one(row: number): void {
    const code = this.decoder.words[row + CODE];
    if (code <= 0) {
      this.undecided(row);
      return;
    }
    this.#fetch(this.#bindings.of(code).plan, row);
    this.give(row, code);
  }

  /** A record that is not known yet, or that nobody wants. */
  protected override undecided(row: number): void {
    const { words } = this.decoder;
    const found = this.#bindings.find(words[row + AT] >>> 0, words[row + LENGTH]);
    if ('message' in found) {
      this.info.records++;
      this.info.unparsed++;
      this.log.add(found.code, 'error', found.message, this.decoder.doubles[(row >>> 1) + ORIGIN]);
    } else if (found.code <= 0) this.info.records++;
    else {
      this.#fetch(found.plan, row);
      this.give(row, found.code);
    }
  }

  /** Thread and fields of the row's record. */
  #fetch(plan: number, row: number): void {
    const { words, run } = this.decoder;
    if (words[row + PID] === NO_PID) {
      const at = words[row + AT] >>> 0;
      words[row + PID] = this.decoder.view.getInt32(at + this.#bindings.pidAt, this.decoder.littleEndian);
    }
    run.fetch(plan, words[row + AT], words[row + LENGTH], (row << 2) + ARGS * 8);
  }

  protected override fill(record: TraceRecord, row: number, code: number): void {
    this.#row = row;
    const binding = this.#bindings.of(code);
    this.#current = binding;
    const { wantFields, wantText } = record.interest;
    if (wantFields || wantText) record.text = wantText ? this.#text() : '';
  }

  #raw(): RawRecord {
    const { view, words, littleEndian } = this.decoder;
    return { view, at: words[this.#row + AT] >>> 0, length: words[this.#row + LENGTH], littleEndian };
  }

  #fieldValues(): Record<string, FieldValue> {
    const values: Record<string, FieldValue> = {};
    const { kind } = this.#current;
    if (kind === null) return values;
    const raw = this.#raw();
    for (const field of kind.shape.fields) {
      const value = fieldValue(raw, field);
      if (value !== null || field.element < 0) values[field.name] = value;
    }
    return values;
  }

  #text(): string {
    const { format, shape } = this.#current.kind!;
    return payloadText(this.#raw(), format, shape, this.symbols);
  }
}

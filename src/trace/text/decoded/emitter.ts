import type { Decoder } from '../../decoder/decoder.js';
import { RowEmitter } from '../../decoder/row-emitter.js';
import { ARGS, AT, LENGTH } from '../../decoder/rows.js';
import type { TraceInfo } from '../../reader.js';
import { type Interest, MAX_ARGS, type TraceRecord, type TraceSink } from '../../record.js';
import { LF } from '../bytes.js';
import { type Kind, UNKNOWN_KIND } from '../kind.js';
import { FieldReader } from '../read.js';
import { Value } from '../value.js';
import type { Block } from './block.js';
import type { CommNumbers } from './comm-numbers.js';

/** Hands on the rows of lines: AT is where the line's body stands, LENGTH the number of its comm. */
export class LineEmitter extends RowEmitter {
  /** By their codes. */
  readonly #kinds: Kind[] = [UNKNOWN_KIND];
  /** The decoder's forms of the fields that can wait. */
  readonly #rests: number[] = [];
  readonly #args = new Float64Array(MAX_ARGS);
  readonly #fields: FieldReader;
  // The record that `load` is about.
  #row = 0;
  #code = 0;

  constructor(
    decoder: Decoder,
    info: TraceInfo,
    sink: TraceSink,
    readonly block: Block,
    readonly comms: CommNumbers,
  ) {
    super(decoder, info, sink);
    this.#fields = new FieldReader(new Value(), info.pointers, this.#args);
    this.record.load = () => this.#load();
  }

  /** The code of this kind's records. */
  add(kind: Kind): number {
    return this.#kinds.push(kind) - 1;
  }

  setRest(code: number, form: number): void {
    this.#rests[code] = form;
  }

  protected override interestOf(code: number): Interest {
    return this.#kinds[code].interest as Interest;
  }

  protected override commOf(row: number): string {
    return this.comms.name(this.decoder.words[row + LENGTH]);
  }

  protected override undecided(): void {
    throw new Error('a line that nobody has decided on has no row');
  }

  protected override fill(_record: TraceRecord, row: number, code: number): void {
    this.#row = row;
    this.#code = code;
  }

  #load(): void {
    const { decoder } = this;
    const kind = this.#kinds[this.#code];
    if (kind.waiting.length === 0) return;
    const body = decoder.words[this.#row + AT];
    const args = (this.#row >>> 1) + ARGS;
    if (decoder.run.readBody(this.#rests[this.#code], body, args * 8) === 0) this.#read(kind, body, args);
  }

  /** The fields that can wait, where one is written as no other. */
  #read(kind: Kind, place: number, args: number): void {
    const { block, decoder } = this;
    const body = block.toChunk(place);
    this.#fields.body(kind, block.buf, body, block.buf.indexOf(LF, body));
    this.#fields.load();
    for (const f of kind.waiting)
      for (let w = kind.wishAt[f]; w < kind.wishAt[f + 1]; w++)
        decoder.doubles[args + kind.slots[w]] = this.#args[kind.slots[w]];
  }
}

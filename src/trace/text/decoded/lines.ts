import { Decoder } from '../../decoder/decoder.js';
import { InputError, type TraceInfo } from '../../reader.js';
import type { TraceSink } from '../../record.js';
import type { Delivery } from '../deliver.js';
import type { Heads } from '../heads.js';
import type { Vocabulary } from '../vocabulary.js';
import { Block } from './block.js';
import { CommNumbers } from './comm-numbers.js';
import { LineEmitter } from './emitter.js';
import { DecodedVocabulary } from './vocabulary.js';

/**
 * Lines that are written like those before them, in WebAssembly (decoder/assembly/text): what most lines of a trace are.
 * It knows the columns, the words and the forms that the reader has learned, and leaves every line that differs in
 * anything to it, so that what a line gives does not depend on who read it.
 */
export class DecodedLines {
  /** Lines that the last `read` read. */
  lines = 0;
  readonly #decoder: Decoder;
  readonly #block: Block;
  readonly #comms: CommNumbers;
  readonly #emitter: LineEmitter;
  readonly #vocabulary: DecodedVocabulary;
  readonly #times: Float64Array;
  // What the decoder knows of heads.
  #mark = -1;
  #flagsWidth = 0;

  private constructor(
    private readonly info: TraceInfo,
    sink: TraceSink,
    private readonly delivery: Delivery,
    private readonly heads: Heads,
    vocabulary: Vocabulary,
    /** A record may stand behind a cut one in the same line. */
    mayGlue: boolean,
  ) {
    this.#comms = new CommNumbers(() => this.#block);
    this.#decoder = new Decoder('', true, info.pointers, this.#comms.intern);
    this.#block = new Block(this.#decoder);
    this.#emitter = new LineEmitter(this.#decoder, info, sink, this.#block, this.#comms);
    this.#vocabulary = new DecodedVocabulary(this.#decoder, this.#emitter, vocabulary);
    const { run } = this.#decoder;
    run.setGlue(mayGlue);
    this.#times = new Float64Array(this.#decoder.buffer, run.times.value, run.timeCount.value);
    delivery.times.moveTo(this.#times);
  }

  /** Null: WebAssembly has no memory here, or this machine stores the high byte first. */
  static open(
    info: TraceInfo,
    sink: TraceSink,
    delivery: Delivery,
    heads: Heads,
    vocabulary: Vocabulary,
    mayGlue: boolean,
  ): DecodedLines | null {
    try {
      return new DecodedLines(info, sink, delivery, heads, vocabulary, mayGlue);
    } catch (error) {
      if (error instanceof InputError) return null;
      throw error;
    }
  }

  close(): void {
    this.#decoder.close();
  }

  /** The chunk that `read` is about. */
  begin(buf: Buffer): void {
    this.#block.begin(buf);
  }

  /**
   * Reads lines of the chunk in [from, to), which are whole, the first being number `line`; gives the place of the first one
   * that is left to the reader.
   */
  read(from: number, to: number, line: number): number {
    this.lines = 0;
    if (!this.#ready()) return from;
    this.#vocabulary.update();
    const { run } = this.#decoder;
    const block = this.#block;
    let at = from;
    while (at < to && (block.has(at) || block.load(at, to))) {
      const end = block.toMemory(block.to);
      at = block.toChunk(run.readLines(block.toMemory(at), end, line + this.lines));
      const made = run.linesMade();
      const passed = run.linesPassed();
      this.info.records += passed;
      this.lines += passed + made;
      if (made > 0) this.#emitter.rows(made);
      if (at < block.to && !run.rowsFull()) break;
      if (this.#comms.isFull) this.#forgetComms();
    }
    return at;
  }

  #forgetComms(): void {
    this.#comms.forget();
    this.#decoder.run.forgetComms();
  }

  /** Tells the decoder where the lines have what; false: it cannot read them. */
  #ready(): boolean {
    const { heads, delivery } = this;
    if (!heads.hasColumns || !delivery.isPlain || !delivery.times.isAt(this.#times)) return false;
    const { isPerf, dash, bracket, colon, digits, flagsWidth } = heads;
    // (Where the rest of an ftrace line is, the decoder finds itself.)
    const mark = isPerf ? -colon : dash;
    if (mark !== this.#mark || flagsWidth !== this.#flagsWidth) {
      this.#mark = mark;
      this.#flagsWidth = flagsWidth;
      this.#decoder.run.setHead(isPerf, dash, bracket, colon, digits, flagsWidth);
      this.#decoder.run.setZero(delivery.zeroHigh, delivery.zeroLow);
    }
    return true;
  }
}

import type { PointerTable } from '../pointers.js';
import { InputError } from '../reader.js';
import type { FetchPlan } from './fetch-plan.js';
import { WASM } from './wasm.js';

/** What of WebAssembly is used here: the types of Node do not have it. */
interface WebAssemblyApi {
  Module: new (bytes: Uint8Array) => object;
  Instance: new (module: object, imports: object) => { readonly exports: unknown };
  Memory: new (limits: { initial: number; maximum: number; shared: true }) => Memory;
}
interface Memory {
  readonly buffer: SharedArrayBuffer;
}
const { WebAssembly } = globalThis as unknown as { WebAssembly: WebAssemblyApi };

/** What assembly/index.ts exports. Places in its memory are bytes; a stream is the place of its state. */
interface Exports {
  reserve(size: number): number;
  used(): number;
  setBig(big: boolean): void;
  describe(events: number, typeAt: number, pidAt: number): void;
  setKind(id: number, code: number, addressAt: number, addressSize: number): void;
  setFunction(id: number, hi: number, lo: number, code: number): void;
  classify(at: number, length: number): number;
  newPlan(operations: number): number;
  setPlan(code: number, operations: number, part: number): number;
  fetch(plan: number, at: number, length: number, args: number): void;
  newStream(cpu: number, index: number, originShift: number): number;
  setBase(stream: number, hi: number, lo: number): void;
  enter(stream: number, at: number, size: number, hi: number, lo: number, originBase: number): void;
  scan(stream: number, keepFirst: boolean): number;
  rebase(stream: number, by: number, toCome: boolean): void;
  setTime(stream: number, t: number): void;
  setPending(stream: number, pending: boolean): void;
  timeOf(stream: number): number;
  countOf(stream: number): number;
  isRead(stream: number): number;
  timesOf(stream: number): number;
  badAt(stream: number): number;
  badValue(stream: number): number;
  takeIgnored(stream: number): number;
  expect(streams: number): void;
  join(stream: number): void;
  leave(): void;
  running(): number;
  merge(goesOn: boolean): number;
  takeUnknown(): number;
  findHeads(count: number): number;
  setLayout(event: number, time: number, cpu: number, thread: number, varies: number, what: number): void;
  setId(id: number, event: number): void;
  setIdAt(offset: number): void;
  setColumns(
    times: number,
    origins: number,
    places: number,
    kinds: number,
    codes: number,
    raws: number,
  ): void;
  setTimeBase(hi: number, lo: number): void;
  passTime(t: number): void;
  take(
    at: number,
    stop: number,
    end: number,
    entries: number,
    goesOn: boolean,
    originBase: number,
    originFrom: number,
    originShift: number,
  ): number;
  fill(from: number, to: number, zero: number, made: number): number;
  taken(): number;
  filled(): number;
  ignored(): number;
  newest(): number;
  startsRun(): number;
  readonly rows: { readonly value: number };
  readonly heads: { readonly value: number };
  rowCount(): number;
  newForm(fields: number, wishes: number, bytes: number): number;
  readBody(form: number, body: number, args: number): number;
  newWord(length: number): number;
  bytesOf(word: number): number;
  addWord(word: number): void;
  setWord(word: number, what: number, form: number): void;
  setHead(
    isPerf: boolean,
    dash: number,
    bracket: number,
    colon: number,
    digits: number,
    flagsWidth: number,
  ): void;
  setZero(high: number, low: number): void;
  setGlue(may: boolean): void;
  readLines(from: number, end: number, line: number): number;
  linesPassed(): number;
  linesMade(): number;
  rowsFull(): number;
  forgetComms(): void;
  readonly times: { readonly value: number };
  readonly timeCount: { readonly value: number };
}

/** Pages of 64 KiB at the start, and at most: more than the readers allow themselves (scripts/decoder.mjs). */
const FIRST_PAGES = 16;
const MAX_PAGES = 16384;

/** Memory that is kept for another decoder is no larger. */
const LARGEST_KEPT = 16 * 1024 * 1024;
const MOST_KEPT = 2;

/** What a limit of a process's addresses means. Node 20.15 and newer have the option. */
export const NO_ADDRESSES =
  'WebAssembly wants 10 GB of addresses, of which it uses few, and got none: raise ulimit -v, or start with ' +
  'node --disable-wasm-trap-handler';

let module: object | null = null;
/**
 * Memories of decoders that are closed, all zeros again. V8 does not know how large they are: left to its garbage
 * collector, those of a thousand small files are there at once.
 */
const kept: Memory[] = [];

/**
 * Finds, orders and decodes the records of a binary trace: WebAssembly, made of assembly/. It needs no warming up, and
 * reads every byte order and alignment by one instruction. What is read from the file goes into its memory.
 */
export class Decoder {
  readonly run: Exports;
  readonly #memory: Memory;
  /** All of the memory. It may become longer with each `reserve`: a view that was taken before ends where it did. */
  bytes!: Uint8Array;
  words!: Int32Array;
  doubles!: Float64Array;
  view!: DataView;

  /** `input` is named in errors; `comm` numbers the names of tasks, of which texts have one in each line. */
  constructor(
    readonly input: string,
    readonly littleEndian: boolean,
    pointers: PointerTable,
    comm: (at: number, length: number) => number = () => 0,
  ) {
    if (new Uint8Array(new Uint32Array([1]).buffer)[0] !== 1)
      throw this.#error('binary traces are read on little-endian machines only, and this is none');
    module ??= new WebAssembly.Module(Buffer.from(WASM, 'base64'));
    this.#memory = kept.pop() ?? this.#newMemory();
    const imports = {
      env: { memory: this.#memory },
      pointers: { intern: (hi: number, lo: number) => pointers.intern(hi >>> 0, lo >>> 0) },
      comms: { intern: comm },
    };
    this.run = new WebAssembly.Instance(module, imports).exports as Exports;
    this.run.setBig(!littleEndian);
    this.refresh();
  }

  /** The file has been read: nothing looks at the memory any more, neither here nor in a thread. */
  close(): void {
    const used = this.run.used() >>> 0;
    if (used > LARGEST_KEPT || kept.length >= MOST_KEPT) return;
    this.refresh();
    this.bytes.fill(0, 0, used);
    kept.push(this.#memory);
  }

  /** The memory: threads may share it. */
  get buffer(): SharedArrayBuffer {
    return this.#memory.buffer;
  }

  /** So many bytes of the memory, at a multiple of 16; nothing else will use them. */
  reserve(size: number): number {
    const at = size < 0x7fffffff ? this.run.reserve(size) >>> 0 : 0;
    if (at === 0) throw this.#error(`no memory for ${size} bytes`);
    this.refresh();
    return at;
  }

  #newMemory(): Memory {
    try {
      return new WebAssembly.Memory({ initial: FIRST_PAGES, maximum: MAX_PAGES, shared: true });
    } catch {
      throw this.#error(NO_ADDRESSES);
    }
  }

  #error(what: string): InputError {
    return new InputError('no-decoder', `${this.input}: ${what}`, this.input);
  }

  /** After a call that may have made the memory longer. */
  refresh(): void {
    const { buffer } = this.#memory;
    if (this.bytes?.buffer === buffer) return;
    this.bytes = new Uint8Array(buffer);
    this.words = new Int32Array(buffer);
    this.doubles = new Float64Array(buffer);
    this.view = new DataView(buffer);
  }

  /** Writes the plan of a kind's fields to the place that `setPlan` or `newPlan` gave. */
  writePlan(at: number, { need, operations }: FetchPlan): void {
    this.refresh();
    this.view.setInt32(at, need, true);
    operations.forEach((op, i) => {
      const how = op.left | (op.right << 8) | (op.what << 16);
      [op.offset, op.slot * 8, op.size, how].forEach((word, j) => {
        this.view.setInt32(at + 8 + i * 16 + j * 4, word, true);
      });
    });
  }
}

// Why `merge` stopped.
export const ALL_DONE = 0;
export const ROWS_FULL = 1;
export const NEEDS_PAGE = 2;
export const TO_TELL = 3;

import { startZstd, type Zstd } from './zstd-wasm.js';

/** A stream of zstd frames that comes in pieces; a piece may end anywhere. */
export interface ZstdStream {
  /**
   * What comes out of the next piece, in parts that hold until the next one is asked for. Throws an Error where the data are
   * damaged; what follows is lost then.
   */
  decode(piece: Uint8Array): Generator<Uint8Array, void, void>;
  /** Whether a frame has begun and not ended. */
  readonly inFrame: boolean;
  close(): void;
}

const OUTPUT = 128 * 1024;
/** struct ZSTD_inBuffer and ZSTD_outBuffer of 32-bit wasm: pointer, size, position. */
const BUFFER_STRUCT = 12;

/**
 * `zstddec` is used below its own API, whose stream decoder does not notice errors and loops for ever on them. Null: other
 * code in this process has started it before.
 */
export async function openZstdStream(): Promise<ZstdStream | null> {
  const { zstd } = await startZstd();
  return zstd === null ? null : new Stream(zstd);
}

class Stream implements ZstdStream {
  inFrame = false;
  readonly #context: number;
  readonly #input: number;
  readonly #output: number;
  readonly #data: number;
  #piece = 0;
  #pieceSize = 0;
  #bytes = new Uint8Array(0);
  #view = new DataView(new ArrayBuffer(0));

  constructor(readonly zstd: Zstd) {
    this.#context = zstd.ZSTD_createDCtx();
    this.#input = zstd.malloc(BUFFER_STRUCT);
    this.#output = zstd.malloc(BUFFER_STRUCT);
    this.#data = zstd.malloc(OUTPUT);
  }

  *decode(piece: Uint8Array): Generator<Uint8Array, void, void> {
    const { zstd } = this;
    if (piece.length > this.#pieceSize) {
      if (this.#pieceSize > 0) zstd.free(this.#piece);
      this.#piece = zstd.malloc(piece.length);
      this.#pieceSize = piece.length;
    }
    this.#look();
    this.#bytes.set(piece, this.#piece);
    let position = 0;
    for (;;) {
      this.#struct(this.#input, this.#piece, piece.length, position);
      this.#struct(this.#output, this.#data, OUTPUT, 0);
      const result = zstd.ZSTD_decompressStream(this.#context, this.#output, this.#input);
      this.#look();
      const consumed = this.#view.getUint32(this.#input + 8, true);
      const produced = this.#view.getUint32(this.#output + 8, true);
      // Error codes are small negative numbers.
      if (result < 0) throw new Error(`zstd error ${-result}`);
      if (consumed === position && produced === 0) return;
      this.inFrame = result !== 0;
      if (produced > 0) yield this.#bytes.subarray(this.#data, this.#data + produced);
      this.#look();
      position = consumed;
      if (position === piece.length && produced < OUTPUT) return;
    }
  }

  /** Looks at the memory anew when it has grown. */
  #look(): void {
    const { buffer } = this.zstd.memory;
    if (this.#bytes.buffer === buffer) return;
    this.#bytes = new Uint8Array(buffer);
    this.#view = new DataView(buffer);
  }

  #struct(at: number, pointer: number, size: number, position: number): void {
    this.#view.setUint32(at, pointer, true);
    this.#view.setUint32(at + 4, size, true);
    this.#view.setUint32(at + 8, position, true);
  }

  close(): void {
    this.zstd.ZSTD_freeDCtx(this.#context);
    for (const at of [this.#input, this.#output, this.#data, this.#piece]) if (at !== 0) this.zstd.free(at);
  }
}

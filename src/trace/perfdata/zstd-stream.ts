import { loadWasm } from '../binary/zstd.js';

/** What the streaming wasm build of zstd inside `zstddec` exports. */
interface ZstdExports {
  readonly memory: { readonly buffer: ArrayBuffer };
  malloc(size: number): number;
  free(at: number): void;
  ZSTD_createDCtx(): number;
  ZSTD_freeDCtx(context: number): void;
  ZSTD_decompressStream(context: number, output: number, input: number): number;
}

/** One stream of zstd data that comes in pieces, as perf record writes it: the state goes on from piece to piece. */
export interface ZstdStream {
  /** Decompresses a piece; `out` gets what comes out of it, valid until it returns. Throws an Error when damaged. */
  push(piece: Uint8Array, out: (data: Uint8Array) => void): void;
  close(): void;
}

const OUTPUT = 128 * 1024;
/** struct ZSTD_inBuffer and ZSTD_outBuffer of 32-bit wasm: pointer, size, position. */
const BUFFER_STRUCT = 12;

/** `zstddec` is used below its own API, whose stream decoder does not notice errors and loops for ever on them. */
export async function openZstdStream(): Promise<ZstdStream> {
  loaded ??= import('zstddec/stream').then(({ ZSTDDecoder }) => loadWasm<ZstdExports>(new ZSTDDecoder()));
  return new Stream(await loaded);
}

let loaded: Promise<ZstdExports> | null = null;

class Stream implements ZstdStream {
  readonly #context: number;
  readonly #input: number;
  readonly #output: number;
  readonly #data: number;
  #piece = 0;
  #pieceSize = 0;

  constructor(readonly zstd: ZstdExports) {
    this.#context = zstd.ZSTD_createDCtx();
    this.#input = zstd.malloc(BUFFER_STRUCT);
    this.#output = zstd.malloc(BUFFER_STRUCT);
    this.#data = zstd.malloc(OUTPUT);
  }

  push(piece: Uint8Array, out: (data: Uint8Array) => void): void {
    const { zstd } = this;
    if (piece.length > this.#pieceSize) {
      if (this.#pieceSize > 0) zstd.free(this.#piece);
      this.#piece = zstd.malloc(piece.length);
      this.#pieceSize = piece.length;
    }
    new Uint8Array(zstd.memory.buffer, this.#piece, piece.length).set(piece);
    let position = 0;
    for (;;) {
      // Fresh views each time: the memory may have grown.
      const before = new DataView(zstd.memory.buffer);
      struct(before, this.#input, this.#piece, piece.length, position);
      struct(before, this.#output, this.#data, OUTPUT, 0);
      const result = zstd.ZSTD_decompressStream(this.#context, this.#output, this.#input);
      const after = new DataView(zstd.memory.buffer);
      const [consumed, produced] = [
        after.getUint32(this.#input + 8, true),
        after.getUint32(this.#output + 8, true),
      ];
      // Error codes are small negative numbers.
      if (result < 0) throw new Error(`zstd error ${-result}`);
      if (produced > 0) out(new Uint8Array(zstd.memory.buffer, this.#data, produced));
      if (consumed === position && produced === 0) return;
      position = consumed;
      if (position === piece.length && produced < OUTPUT) return;
    }
  }

  close(): void {
    this.zstd.ZSTD_freeDCtx(this.#context);
    for (const at of [this.#input, this.#output, this.#data, this.#piece]) if (at !== 0) this.zstd.free(at);
  }
}

function struct(view: DataView, at: number, pointer: number, size: number, position: number): void {
  view.setUint32(at, pointer, true);
  view.setUint32(at + 4, size, true);
  view.setUint32(at + 8, position, true);
}

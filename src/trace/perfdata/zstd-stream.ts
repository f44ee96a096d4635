import { loadWasm } from '../binary/zstd.js';
import { InputError } from '../reader.js';

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
  /** Decompresses a piece and appends what comes out of it. Throws an Error when it is damaged, or more than `most` bytes. */
  push(piece: Uint8Array, target: { append(data: Uint8Array): void }, most: number): void;
  close(): void;
}

const OUTPUT = 128 * 1024;
/** struct ZSTD_inBuffer and ZSTD_outBuffer of 32-bit wasm: pointer, size, position. */
const BUFFER_STRUCT = 12;

/**
 * `zstddec` is used below its own API, whose stream decoder does not notice errors and loops for ever on them. `input` is
 * named in errors.
 */
export async function openZstdStream(input: string): Promise<ZstdStream> {
  loaded ??= import('zstddec/stream').then(({ ZSTDDecoder }) => loadWasm<ZstdExports>(new ZSTDDecoder()));
  const zstd = await loaded;
  if (zstd !== null) return new Stream(zstd);
  const message = `${input}: what perf record -z packed cannot be read: other code in this process has started zstddec/stream before`;
  throw new InputError('no-decoder', message, input);
}

let loaded: Promise<ZstdExports | null> | null = null;

class Stream implements ZstdStream {
  readonly #context: number;
  readonly #input: number;
  readonly #output: number;
  readonly #data: number;
  #piece = 0;
  #pieceSize = 0;
  #bytes = new Uint8Array(0);
  #view = new DataView(new ArrayBuffer(0));

  constructor(readonly zstd: ZstdExports) {
    this.#context = zstd.ZSTD_createDCtx();
    this.#input = zstd.malloc(BUFFER_STRUCT);
    this.#output = zstd.malloc(BUFFER_STRUCT);
    this.#data = zstd.malloc(OUTPUT);
  }

  push(piece: Uint8Array, target: { append(data: Uint8Array): void }, most: number): void {
    const { zstd } = this;
    if (piece.length > this.#pieceSize) {
      if (this.#pieceSize > 0) zstd.free(this.#piece);
      this.#piece = zstd.malloc(piece.length);
      this.#pieceSize = piece.length;
    }
    this.#look();
    this.#bytes.set(piece, this.#piece);
    let position = 0;
    let left = most;
    for (;;) {
      this.#struct(this.#input, this.#piece, piece.length, position);
      this.#struct(this.#output, this.#data, OUTPUT, 0);
      const result = zstd.ZSTD_decompressStream(this.#context, this.#output, this.#input);
      this.#look();
      const consumed = this.#view.getUint32(this.#input + 8, true);
      const produced = this.#view.getUint32(this.#output + 8, true);
      // Error codes are small negative numbers.
      if (result < 0) throw new Error(`zstd error ${-result}`);
      left -= produced;
      if (left < 0) throw new Error(`it holds more than ${most} bytes`);
      if (produced > 0) target.append(this.#bytes.subarray(this.#data, this.#data + produced));
      if (consumed === position && produced === 0) return;
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

import { seeded } from '../trace/random.js';
import { placeOf, shifted } from './lines.js';

/** Kernel pointers that are identities of objects, not functions: `vma=0xff276d90d02b50b0`, not error values. */
const POINTER = /0xff(?!ffffffffff)[0-9a-f]{14}\b/g;

/** Other names for pointers, tasks and processes, one to one. */
export class Renaming {
  readonly #pointer: bigint;
  readonly #pids = new Map<string, string>();
  readonly #comms = new Map<string, string>();
  readonly #shift: bigint;
  readonly #random: (n: number) => number;
  readonly #frames: bigint;
  readonly #taken: Set<string>;

  /** `frames`: added to page frame numbers, for what is another device; `taken`: pids that stand for other tasks. */
  constructor(seed: number, frames = 0n, taken: Iterable<string> = []) {
    this.#taken = new Set(taken);
    this.#random = seeded(seed);
    // An odd multiple of 8 within the low 32 bits: no object meets another, order and distance change.
    this.#pointer = (BigInt(this.#random(1 << 28)) << 4n) | 8n;
    this.#shift = BigInt(this.#random(1 << 30)) * 1_000_000n;
    this.#frames = frames;
  }

  get shift(): bigint {
    return this.#shift;
  }

  pointer(text: string): string {
    return `0x${(BigInt(text) ^ this.#pointer).toString(16)}`;
  }

  /** As many digits, so that columns stay. 0 is the idle task everywhere. */
  pid(text: string): string {
    if (text === '0') return text;
    let other = this.#pids.get(text);
    while (other === undefined || text.length !== other.length) {
      const one = String(1 + this.#random(9)) + [...text.slice(1)].map(() => this.#random(10)).join('');
      if (this.#taken.has(one)) continue;
      this.#taken.add(one);
      other = one;
      this.#pids.set(text, one);
    }
    return other;
  }

  comm(text: string): string {
    let other = this.#comms.get(text);
    if (other === undefined) {
      const letters = 'abcdefghijklmnopqrstuvwxyz';
      const tail = String(this.#comms.size);
      other =
        [...text]
          .map(() => letters[this.#random(26)])
          .join('')
          .slice(0, text.length - tail.length) + tail;
      this.#comms.set(text, other);
    }
    return other;
  }

  /** All pointers of a text. */
  pointers(text: string): string {
    return text.replace(POINTER, (pointer) => this.pointer(pointer));
  }

  /** A line of `trace-cmd report` or tracefs (`comm-pid [cpu] … time: event`), at the same time. */
  line(line: string): string {
    if (placeOf(line) === null) return line;
    const named = line.replace(
      /^( *)(\S.*?)-(\d+)( +(?:\( *(\d+|-+)\) +)?\[)/,
      (_, blanks, comm, pid, rest) =>
        `${blanks}${comm === '<idle>' ? comm : this.comm(comm)}-${this.pid(pid)}${rest}`,
    );
    const colon = named.search(/\d: /) + 3;
    let body = this.pointers(named.slice(colon));
    if (this.#frames > 0n) {
      body = body.replace(
        /\bpfn=(0x[0-9a-f]+)/g,
        (_, pfn) => `pfn=0x${(BigInt(pfn) + this.#frames).toString(16)}`,
      );
    }
    return named.slice(0, colon) + body;
  }

  /** The same, and later. */
  moved(line: string): string {
    return shifted(this.line(line), this.#shift);
  }
}

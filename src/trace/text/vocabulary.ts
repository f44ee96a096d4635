import { COLON, indexIn, PLUS, SPACE } from './bytes.js';
import { CALL, EventName, eventName, FunctionName, PERF_RECORD, STACK } from './names.js';
import { ByteTable, hashOf } from './table.js';

/** A kernel has fewer functions and events; more are hostile text. */
const MAX_NAMES = 1 << 18;

/** No event or function has a longer name: what has is no record. */
const LONGEST_NAME = 1024;

/** The names of a trace: the words before bodies, and the functions that function tracers name. */
export class Vocabulary {
  readonly #words = new ByteTable<EventName>();
  readonly #functions = new ByteTable<FunctionName>();
  /** All names that words stand for, and those words. */
  readonly words = new Map<EventName, Uint8Array[]>();
  /** Those whose lines may be of other kinds than when somebody looked last, and removed them. */
  readonly changed = new Set<EventName>();
  readonly #noteChange = (name: EventName): void => void this.changed.add(name);

  word(buf: Buffer, from: number, to: number, hash: number): EventName | null {
    return this.#words.find(buf, from, to, hash);
  }

  /** Learns the word at the start of a body; null when it is none, or one too many. */
  learn(buf: Buffer, from: number, to: number, hash: number, end: number): EventName | null {
    if (this.#words.size >= MAX_NAMES || to - from > LONGEST_NAME) return null;
    const text = buf.toString('latin1', from, to);
    const name = this.#meaning(text, buf, from, to, end);
    if (name === null) return null;
    this.#words.add(buf, from, to, hash, name);
    name.changed = this.#noteChange;
    const word = Uint8Array.prototype.slice.call(buf, from, to);
    const words = this.words.get(name);
    if (words === undefined) this.words.set(name, [word]);
    else words.push(word);
    this.changed.add(name);
    return name;
  }

  #meaning(text: string, buf: Buffer, from: number, to: number, end: number): EventName | null {
    if (buf[to - 1] === COLON && (to >= end || buf[to] === SPACE))
      return to - from > 1 ? eventName(text.slice(0, -1)) : null;
    if (text === '<stack') return new EventName('kernel_stack', null, STACK);
    if (text === '<user') return new EventName('user_stack', null, STACK);
    if (text.startsWith('PERF_RECORD_')) return new EventName(text, null, PERF_RECORD);
    // `copy_page_range+0x4/0x1920 <-copy_process+0x1443/0x27f0`, and system calls
    if (!/^[A-Za-z_.][\w.$]*(\+0x[0-9a-f]+(\/0x[0-9a-f]+)?)?$|^0x[0-9a-f]+$/.test(text)) return null;
    if (text.startsWith('sys_')) return new EventName(text, null, CALL);
    const plus = indexIn(buf, PLUS, from, to);
    return this.func(buf, from, plus < 0 ? to : plus)?.traced ?? null;
  }

  /** The function of this name; null when there are too many. */
  func(buf: Buffer, from: number, to: number, hash = hashOf(buf, from, to)): FunctionName | null {
    const known = this.#functions.find(buf, from, to, hash);
    if (known !== null) return known;
    if (this.#functions.size >= MAX_NAMES) return null;
    const func = new FunctionName(buf.toString('latin1', from, to));
    this.#functions.add(buf, from, to, hash, func);
    return func;
  }

  /** A new trace may use an old name for something else: every name shows its form again before it is skipped. */
  forget(): void {
    for (const name of this.words.keys()) {
      name.skip = false;
      this.changed.add(name);
    }
  }
}

import {
  CLOSE,
  CLOSE_BRACE,
  CLOSE_BRACKET,
  find,
  isDigit,
  literal,
  MINUS,
  OPEN,
  OPEN_BRACE,
  OPEN_BRACKET,
  SEMICOLON,
  SLASH,
  SPACE,
  skipBlanks,
  trimEnd,
} from './bytes.js';
import { step } from './table.js';

const STAR = 0x2a;

export const CALL_NONE = 0;
/** `func() {` */
export const CALL_ENTRY = 1;
/** `func();` */
export const CALL_LEAF = 2;
/** `}` */
export const CALL_EXIT = 3;
/** `/* event: text *\/` */
export const CALL_COMMENT = 4;
/** `(Overruns: 3)`: nothing to read */
export const CALL_IGNORED = 5;

const COMMENT_END = literal('*/');
const RET = literal('ret=');
const EQUAL = literal('= ');

/**
 * The text of a function graph, behind the duration's `|`; the same from tracefs and trace-cmd. All positions are
 * offsets into the buffer of the last parse.
 *
 *       vmf_insert_pfn(vma=0xff241d3801da0480, addr=0x7f8397dcb000, pfn=0x28000a) {
 *         __vfio_pci_memory_enabled [vfio_pci_core](vdev=0xff241d3802770000);
 *       } /* vmf_insert_pfn *\/
 *       } /* vfio_pci_mmap_page_fault [vfio_pci_core] ret=-22 *\/      (6.13; 6.5: `/* name = -22 *\/`)
 *       __vfio_pci_memory_enabled(ff241d3802770000); (ret=0x1)          (trace-cmd)
 *       /* vmf_insert_pfn: (vmf_insert_pfn+0x4/0x20) vma=0xff24… *\/
 */
export class CallText {
  depth = 0;
  nameFrom = 0;
  nameTo = 0;
  nameHash = 0;
  /** Between the parentheses. */
  argsFrom = 0;
  argsTo = 0;
  /** The returned value; -1: none. */
  ret = -1;
  retTo = 0;
  /** Inside of a comment. */
  textFrom = 0;
  textTo = 0;

  parse(buf: Uint8Array, from: number, to: number): number {
    const end = trimEnd(buf, from, to);
    const i = skipBlanks(buf, from, end);
    if (i >= end) return CALL_NONE;
    // two blanks and two more per level
    this.depth = Math.max((i - from - 2) >> 1, 0);
    this.ret = -1;
    this.nameFrom = this.nameTo = i;
    if (buf[i] === CLOSE_BRACE) return this.#exit(buf, i, end);
    if (buf[i] === SLASH && buf[i + 1] === STAR) return this.#comment(buf, i, end);
    if (buf[i] === OPEN) return CALL_IGNORED;
    return this.#call(buf, i, end);
  }

  #exit(buf: Uint8Array, from: number, end: number): number {
    let i = skipBlanks(buf, from + 1, end);
    if (buf[i] === SLASH && buf[i + 1] === STAR) {
      i = skipBlanks(buf, i + 2, end);
      // `/* = 0x0 */` and `/* <-caller ret=… */` have no name
      if (buf[i] !== 0x3d && buf[i] !== 0x3c && buf[i] !== 0x72) this.#name(buf, i, end);
      else if (buf[i] === 0x72 && find(buf, i, i + 4, RET) < 0) this.#name(buf, i, end);
    }
    this.#returned(buf, i, end);
    return CALL_EXIT;
  }

  #comment(buf: Uint8Array, from: number, end: number): number {
    const close = find(buf, end - 2, end, COMMENT_END);
    this.textFrom = skipBlanks(buf, from + 2, end);
    this.textTo = trimEnd(buf, this.textFrom, close > from + 1 ? close : end);
    return CALL_COMMENT;
  }

  #call(buf: Uint8Array, from: number, end: number): number {
    const open = this.#name(buf, from, end);
    if (buf[open] !== OPEN) return CALL_NONE;
    let tail = end;
    if (find(buf, end - 2, end, COMMENT_END) >= 0) {
      for (tail = end - 2; tail > open && !(buf[tail] === SLASH && buf[tail + 1] === STAR); ) tail--;
      if (tail === open) tail = end;
    }
    // `func(…);` or `func(…) {`, then perhaps `(ret=0x0)` or a comment
    let close = tail - 1;
    while (close > open && !(buf[close] === CLOSE && this.#closes(buf, close, tail))) close--;
    if (close <= open) return CALL_NONE;
    this.argsFrom = open + 1;
    this.argsTo = close;
    this.#returned(buf, close + 1, end);
    return buf[close + 1] === SEMICOLON ? CALL_LEAF : CALL_ENTRY;
  }

  #closes(buf: Uint8Array, close: number, tail: number): boolean {
    const i = skipBlanks(buf, close + 1, tail);
    return i < tail && (buf[i] === SEMICOLON || buf[i] === OPEN_BRACE);
  }

  /** A function's name, and ` [module]`; gives the position behind them. */
  #name(buf: Uint8Array, from: number, end: number): number {
    let i = from;
    let hash = 0;
    while (i < end && buf[i] > SPACE && buf[i] !== OPEN) hash = step(hash, buf[i++]);
    this.nameFrom = from;
    this.nameTo = i;
    this.nameHash = hash;
    if (buf[i] === SPACE && buf[i + 1] === OPEN_BRACKET) {
      while (i < end && buf[i] !== CLOSE_BRACKET) i++;
      if (i < end) i++;
    }
    return i;
  }

  /** ` (ret=0x0)`, `/* = 0x0 *\/`, `/* <-caller+0x10/0x20 ret=-22 *\/` */
  #returned(buf: Uint8Array, from: number, end: number): void {
    let at = find(buf, from, end, RET);
    let value = at + RET.length;
    if (at < 0) {
      at = find(buf, from, end, EQUAL);
      value = at + EQUAL.length;
    }
    if (at < 0 || !(isDigit(buf[value]) || buf[value] === MINUS)) return;
    let to = value + 1;
    while (to < end && buf[to] > SPACE && buf[to] !== CLOSE) to++;
    this.ret = value;
    this.retTo = to;
  }
}

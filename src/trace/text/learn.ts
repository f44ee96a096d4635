import {
  CLOSE,
  CLOSE_BRACE,
  EQUALS,
  find,
  indexIn,
  isDigit,
  literal,
  matches,
  OPEN,
  OPEN_BRACE,
  QUOTE,
  SPACE,
  skipBlanks,
  WORD,
} from './bytes.js';
import {
  type Form,
  HEX_PLACE,
  HEX_RETURN_PLACE,
  LIST,
  NO_FIELDS,
  NO_PLACE,
  PAIRS,
  PLAIN_FORM,
  RETURN_PLACE,
  SINGLE,
  SYMBOL_PLACE,
  UNNAMED,
} from './kind.js';

/** More fields than any event has: the line is hostile text. */
const MAX_FIELDS = 64;
const FAILED = literal('[FAILED TO PARSE]');

/** Where the fields of a body may begin: behind the mark that libtraceevent could not print the event. */
export function bodyStart(buf: Uint8Array, from: number, end: number): number {
  return matches(buf, from, end, FAILED) ? skipBlanks(buf, from + FAILED.length, end) : from;
}

/**
 * The form of an event's body, from its first line.
 *
 *     (vmf_insert_pfn+0x4/0x20) vma=0xff1285cec78fc9a0 addr=0x7fb0f8eb9000            kprobe, tracefs
 *     (vfio_pci_mmap_huge_fault+0x185/0x1d0 [vfio_pci_core] <- vmf_insert_pfn) ret=0x100     kretprobe, tracefs
 *     (ffffffffa67b2c84) mm=0xff3182df0005bc80                                        kprobe, trace-cmd and perf
 *     (ffffffffa67b2c14 <- ffffffffa67b2d8d)                                          kretprobe, trace-cmd and perf
 *     __probe_func=ffffffffa679c204 __probe_ret_ip=ffffffffa6798d2c moved=0x1000      trace-cmd -R
 *     __probe_ip=0xffffffffa67b0390 (-1501887600) mm=0xff3182df02d4c780 (-58121425842288768)   tracefs, option fields
 *     address=0x7f02e515a0b0 ip=0x7f02e515a0b0 error_code=0x14                        tracepoint
 */
export function learnBody(buf: Buffer, from: number, end: number): Form {
  let i = bodyStart(buf, from, end);
  let form: Form = PLAIN_FORM;
  if (buf[i] === OPEN) {
    const close = indexIn(buf, CLOSE, i, end);
    const place = close > 0 ? learnPlace(buf.toString('latin1', i + 1, close)) : null;
    if (place !== null) {
      form = { ...PLAIN_FORM, ...place };
      i = skipBlanks(buf, close + 1, end);
    }
  }
  const names = pairNames(buf, i, end);
  const keys = names.map((name) => `${name}=`);
  if (form.place === NO_PLACE) {
    const hidden = hiddenFields(names);
    if (hidden > 0) {
      // since 7.x the fields option shows the symbol: `__probe_ip=mmap_region+0x4/0x130 (-1255118924)`
      const address = buf.toString('latin1', i + keys[0].length, Math.min(end, i + 200));
      const symbol = /^([^\s+]+)\+0x/.exec(address)?.[1] ?? null;
      form = { ...form, hidden, symbol, isReturn: names[0] === '__probe_func' };
    }
  }
  return { ...form, names, keys, style: names.length > 0 ? PAIRS : NO_FIELDS };
}

function hiddenFields(names: readonly string[]): number {
  if (names[0] === '__probe_ip') return 1;
  return names[0] === '__probe_func' && names[1] === '__probe_ret_ip' ? 2 : 0;
}

const HEX_ONLY = /^(0x)?[0-9a-f]{6,16}$/;

/** What the parenthesis says; null when it is not a probe's. Its text is short: no hot path. */
function learnPlace(text: string): Pick<Form, 'place' | 'symbol' | 'isReturn'> | null {
  const arrow = text.indexOf(' <- ');
  if (arrow >= 0) {
    // tracefs: (return address <- function); trace-cmd and perf: (function <- return address), both as addresses
    const func = text.slice(arrow + 4);
    if (HEX_ONLY.test(func)) return { place: HEX_RETURN_PLACE, symbol: null, isReturn: true };
    const symbol = /^[^\s+]+/.exec(func)?.[0] ?? null;
    return symbol === null ? null : { place: RETURN_PLACE, symbol, isReturn: true };
  }
  if (HEX_ONLY.test(text)) return { place: HEX_PLACE, symbol: null, isReturn: false };
  const place = /^([^\s+]+)\+0x[0-9a-f]+(\/0x[0-9a-f]+)?( \[[^\]]+\])?$/.exec(text);
  if (place !== null) return { place: SYMBOL_PLACE, symbol: place[1], isReturn: false };
  // an event probe on another event: (group.event)
  if (/^[A-Za-z_]\w*\.[A-Za-z_]\w*$/.test(text)) return { place: HEX_PLACE, symbol: null, isReturn: false };
  return null;
}

/** Names of `k=v` pairs: words followed by `=`, at the start or behind a blank. */
function pairNames(buf: Buffer, from: number, end: number): string[] {
  const names: string[] = [];
  let i = from;
  while (i < end && names.length < MAX_FIELDS) {
    const word = wordEnd(buf, i, end);
    if (word > i && buf[word] === EQUALS && !isDigit(buf[i])) {
      names.push(buf.toString('latin1', i, word));
      i = valueEnd(buf, word + 1, end);
    }
    while (i < end && buf[i] !== SPACE) i++;
    while (i < end && buf[i] === SPACE) i++;
  }
  return names;
}

/** Steps over a quoted string or an array, which may hold blanks. */
function valueEnd(buf: Buffer, from: number, end: number): number {
  if (buf[from] === QUOTE) {
    for (let i = from + 1; i < end; i++)
      if (buf[i] === QUOTE && (i + 1 === end || buf[i + 1] === SPACE)) return i + 1;
  }
  if (buf[from] === OPEN_BRACE) {
    const close = indexIn(buf, CLOSE_BRACE, from, end);
    if (close >= 0) return close + 1;
  }
  return from;
}

function wordEnd(buf: Uint8Array, from: number, end: number): number {
  let i = from;
  while (i < end && WORD[buf[i]] === 1) i++;
  return i;
}

const COMMA_BLANK = literal(', ');
const COLON_BLANK = literal(': ');

/**
 * The form of an argument list, without its parentheses.
 *
 *     addr: 0x00000000, len: 0x00040000, prot: 0x00000003           a system call
 *     unsigned long addr: 0, unsigned long len: 40000               and with the option verbose
 *     vma=0xff241d3801da0480, addr=0x7f8397dcb000, pfn=0x28000a     function arguments with BTF
 *     ff241d3802770000, ff241d3802042000, 1                         and without: registers in hex
 */
export function learnArguments(buf: Buffer, from: number, end: number): Form {
  const names: string[] = [];
  const keys: string[] = [];
  let style = UNNAMED;
  let i = skipBlanks(buf, from, end);
  while (i < end && names.length < MAX_FIELDS) {
    const key = keyOf(buf, i, end);
    if (names.length === 0 && key !== '') style = LIST;
    if (style === UNNAMED || key !== '') {
      keys.push(style === UNNAMED ? '' : key);
      names.push(style === UNNAMED ? `arg${keys.length}` : (/\w+(?=: |=)/.exec(key)?.[0] ?? ''));
    }
    const next = find(buf, i + key.length, end, COMMA_BLANK);
    if (next < 0) break;
    i = next + 2;
  }
  if (names.length === 0) return PLAIN_FORM;
  return { ...PLAIN_FORM, names, keys, style, bareHex: style === UNNAMED || keys[0].endsWith(': ') };
}

/** `vma=`, `addr: `, `unsigned long addr: `; empty when a bare value begins here. */
function keyOf(buf: Buffer, from: number, end: number): string {
  const word = wordEnd(buf, from, end);
  if (word > from && buf[word] === EQUALS) return buf.toString('latin1', from, word + 1);
  const colon = find(buf, from, Math.min(end, from + 100), COLON_BLANK);
  if (colon < 0) return '';
  const text = buf.toString('latin1', from, colon + 2);
  return /^[\w *]+: $/.test(text) ? text : '';
}

/** One value: what the event `sys_exit_…` shows. */
export const VALUE_FORM: Form = { ...PLAIN_FORM, style: SINGLE, names: ['ret'], keys: [''] };

/** What a system call of tracefs or a traced function returned. */
export const RETURN_FORM: Form = { ...VALUE_FORM, isReturn: true };

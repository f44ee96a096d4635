import type { PointerTable } from '../pointers.js';
import type { FieldRequest } from '../record.js';
import { type EventPlace, swap32 } from './event-place.js';
import type { DeclField } from './event-shape.js';

/** Fetches of wanted fields as flat numbers. */
export interface FetchPlan {
  /** All of them: code, offset in the record, slot in `args`. */
  readonly ops: Int32Array;
  /** Bytes that the record must have for all of them; a shorter one is read field by field. */
  readonly need: number;
  /**
   * The usual ones, aligned and in this machine's byte order, by kind instead of by code. In one array, because each one
   * that is looked at costs V8 as much as a field: the ends of POINTER8, PAGE8, LOW52 and S32 (offset in words, slot), and of
   * unsigned parts of a word (offset in words, slot, shift, mask); then those.
   */
  readonly usual: Int32Array;
  /** Those that are none of the usual, as in `ops`. */
  readonly others: Int32Array;
}

const WORDS = 3;
const MISSING = 0;
// Aligned 4- and 8-byte fields: the usual ones, read as words.
const [U32, S32, PAGE4, UP4, POINTER4] = [1, 2, 3, 4, 5];
const [U64, S64, PAGE8, UP8, POINTER8] = [6, 7, 8, 9, 10];
/** 8 bytes without the top 12 bits (a pfn_t has flags there). */
const LOW52 = 11;
const [U8, S8, U16, S16] = [12, 13, 14, 15];
/** Added to a code of the first two rows for a field that is not at a multiple of 4. */
const UNALIGNED = 16;
const SIZE = [0, 4, 4, 8, 8, 4, 8, 4, 8, 4, 8, 8, 1, 1, 2, 2];

/** What of a word is such a field, when it lies in one word (which a part of one does in little endian). */
const PART_MASK: Record<number, number> = { [U8]: 0xff, [U16]: 0xffff, [U32]: -1 };

/** Compiles the sink's requests for one kind of event. Arrays and strings have no number: they give NaN. */
export function planFetch(fields: readonly DeclField[], requests: readonly FieldRequest[]): FetchPlan {
  const ops: number[] = [];
  const kinds: number[][] = [[], [], [], [], []];
  const others: number[] = [];
  let need = 0;
  for (const request of requests) {
    const decl = fields[request.field];
    let code = decl === undefined ? MISSING : codeOf(decl, request.kind);
    const offset = decl === undefined ? 0 : offsetOf(decl);
    if (code !== MISSING) need = Math.max(need, offset + SIZE[code]);
    if (code !== MISSING && code <= LOW52 && offset % 4 !== 0) code += UNALIGNED;
    ops.push(code, offset, request.slot);
    const kind = [POINTER8, PAGE8, LOW52, S32].indexOf(code);
    const mask = PART_MASK[code];
    if (kind >= 0) kinds[kind].push(offset / 4, request.slot);
    else if (mask !== undefined && (offset & 3) + SIZE[code] <= 4)
      kinds[4].push(offset >> 2, request.slot, (offset & 3) * 8, mask);
    else others.push(code, offset, request.slot);
  }
  let end = kinds.length;
  const ends = kinds.map((list) => (end += list.length));
  return {
    ops: Int32Array.from(ops),
    need,
    usual: Int32Array.from([...ends, ...kinds.flat()]),
    others: Int32Array.from(others),
  };
}

/** What fetches nothing. */
export const NO_FIELDS: FetchPlan = planFetch([], []);

/** Puts the wanted fields of the record at `place` into `args`. */
export function fetchFields(
  plan: FetchPlan,
  place: EventPlace,
  littleEndian: boolean,
  swap: boolean,
  table: PointerTable,
  args: Float64Array,
): void {
  const { words, at, length } = place;
  if (swap || !littleEndian || length < plan.need) {
    fetchEach(plan.ops, place, littleEndian, swap, table, args);
    return;
  }
  const { usual, others } = plan;
  const base = at >>> 2;
  let i = 5;
  for (const end = usual[0]; i < end; i += 2) {
    const index = base + usual[i];
    args[usual[i + 1]] = table.intern(words[index + 1], words[index]);
  }
  for (const end = usual[1]; i < end; i += 2) {
    const index = base + usual[i];
    args[usual[i + 1]] = (words[index + 1] >>> 0) * 1048576 + (words[index] >>> 12);
  }
  for (const end = usual[2]; i < end; i += 2) {
    const index = base + usual[i];
    args[usual[i + 1]] = (words[index + 1] & 0xfffff) * 4294967296 + (words[index] >>> 0);
  }
  for (const end = usual[3]; i < end; i += 2) args[usual[i + 1]] = words[base + usual[i]];
  for (const end = usual[4]; i < end; i += 4)
    args[usual[i + 1]] = ((words[base + usual[i]] >>> usual[i + 2]) & usual[i + 3]) >>> 0;
  if (others.length > 0) fetchEach(others, place, littleEndian, swap, table, args);
}

/** One field after the other, whatever they are. */
function fetchEach(
  ops: Int32Array,
  place: EventPlace,
  littleEndian: boolean,
  swap: boolean,
  pointers: PointerTable,
  args: Float64Array,
): void {
  const { words, at, length } = place;
  for (let i = 0; i < ops.length; i += WORDS) {
    const code = ops[i];
    const offset = ops[i + 1];
    const slot = ops[i + 2];
    if (offset + SIZE[code & 15] > length) {
      args[slot] = Number.NaN;
      continue;
    }
    if (code === MISSING || code > LOW52) {
      args[slot] = fetchOdd(code, place, at + offset, littleEndian, pointers);
      continue;
    }
    const index = (at + offset) >>> 2;
    let first = words[index];
    if (swap) first = swap32(first);
    let value: number;
    if (code >= U64) {
      let second = words[index + 1];
      if (swap) second = swap32(second);
      const hi = littleEndian ? second : first;
      const lo = littleEndian ? first : second;
      switch (code) {
        case U64:
          value = (hi >>> 0) * 4294967296 + (lo >>> 0);
          break;
        case S64:
          value = hi * 4294967296 + (lo >>> 0);
          break;
        case POINTER8:
          value = pointers.intern(hi, lo);
          break;
        case LOW52:
          value = (hi & 0xfffff) * 4294967296 + (lo >>> 0);
          break;
        case PAGE8:
          value = (hi >>> 0) * 1048576 + (lo >>> 12);
          break;
        default:
          value = (hi >>> 0) * 1048576 + (lo >>> 12) + ((lo & 4095) === 0 ? 0 : 1);
      }
    } else {
      switch (code) {
        case U32:
          value = first >>> 0;
          break;
        case S32:
          value = first;
          break;
        case POINTER4:
          value = pointers.intern(0, first);
          break;
        case PAGE4:
          value = first >>> 12;
          break;
        default:
          value = (first >>> 12) + ((first & 4095) === 0 ? 0 : 1);
      }
    }
    args[slot] = value;
  }
}

/** Small fields, fields that are not aligned, and those that are no numbers (NaN). `p` is the field's byte. */
function fetchOdd(
  code: number,
  place: EventPlace,
  p: number,
  littleEndian: boolean,
  pointers: PointerTable,
): number {
  const { view } = place;
  switch (code) {
    case U8:
      return view.getUint8(p);
    case S8:
      return view.getInt8(p);
    case U16:
      return view.getUint16(p, littleEndian);
    case S16:
      return view.getInt16(p, littleEndian);
    case MISSING:
      return Number.NaN;
  }
  const aligned = code - UNALIGNED;
  const wide = SIZE[aligned] === 8;
  const hi = wide ? view.getUint32(littleEndian ? p + 4 : p, littleEndian) : 0;
  const lo = view.getUint32(wide && !littleEndian ? p + 4 : p, littleEndian);
  switch (aligned) {
    case S32:
      return lo | 0;
    case S64:
      return (hi | 0) * 4294967296 + lo;
    case POINTER4:
    case POINTER8:
      return pointers.intern(hi, lo);
    case PAGE4:
    case PAGE8:
      return hi * 1048576 + (lo >>> 12);
    case LOW52:
      return (hi & 0xfffff) * 4294967296 + lo;
    case UP4:
    case UP8:
      return hi * 1048576 + (lo >>> 12) + ((lo & 4095) === 0 ? 0 : 1);
    default:
      return hi * 4294967296 + lo;
  }
}

function offsetOf({ field, element }: DeclField): number {
  return element < 0 ? field.offset : field.offset + element * field.elementSize;
}

function codeOf({ field, element }: DeclField, kind: FieldRequest['kind']): number {
  if (field.array !== null && element < 0) return MISSING;
  const size = element < 0 ? field.size : field.elementSize;
  if (size === 8 || size === 4) {
    const wide = size === 8;
    if (kind === 'page') return wide ? PAGE8 : PAGE4;
    if (kind === 'pages-up') return wide ? UP8 : UP4;
    if (kind === 'pointer') return wide ? POINTER8 : POINTER4;
    if (kind === 'low52' && wide) return LOW52;
    return field.signed ? (wide ? S64 : S32) : wide ? U64 : U32;
  }
  // A byte or a short is no pointer and no address.
  if (kind !== 'number') return MISSING;
  if (size === 2) return field.signed ? S16 : U16;
  if (size === 1) return field.signed ? S8 : U8;
  return MISSING;
}

import type { PointerTable } from '../pointers.js';
import type { FieldRequest } from '../record.js';
import { type EventPlace, swap32 } from './event-place.js';
import type { DeclField } from './event-shape.js';

/** Fetches of wanted fields as flat numbers: code, offset in the record, slot in `args`. */
export interface FetchPlan {
  readonly ops: Int32Array;
  /** Bytes that the record must have for all of them; a shorter one is read field by field. */
  readonly need: number;
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

/** Compiles the sink's requests for one kind of event. Arrays and strings have no number: they give NaN. */
export function planFetch(fields: readonly DeclField[], requests: readonly FieldRequest[]): FetchPlan {
  const ops = new Int32Array(requests.length * WORDS);
  let need = 0;
  requests.forEach((request, i) => {
    const decl = fields[request.field];
    let code = decl === undefined ? MISSING : codeOf(decl, request.kind);
    const offset = decl === undefined ? 0 : offsetOf(decl);
    if (code !== MISSING) need = Math.max(need, offset + SIZE[code]);
    if (code !== MISSING && code <= LOW52 && offset % 4 !== 0) code += UNALIGNED;
    ops.set([code, offset, request.slot], i * WORDS);
  });
  return { ops, need };
}

/** What fetches nothing. */
export const NO_FIELDS: FetchPlan = { ops: new Int32Array(0), need: 0 };

/** Puts the wanted fields of the record at `place` into `args`. */
export function fetchFields(
  plan: FetchPlan,
  place: EventPlace,
  littleEndian: boolean,
  swap: boolean,
  pointers: PointerTable,
  args: Float64Array,
): void {
  const { ops, need } = plan;
  const { words, at, length } = place;
  const checked = length < need;
  for (let i = 0; i < ops.length; i += WORDS) {
    const code = ops[i];
    const offset = ops[i + 1];
    const slot = ops[i + 2];
    if (checked && offset + SIZE[code & 15] > length) {
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
          value = pointers.intern(hi >>> 0, lo >>> 0);
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
          value = pointers.intern(0, first >>> 0);
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

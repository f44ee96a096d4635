import type { PointerTable } from '../pointers.js';
import type { FieldRequest } from '../record.js';
import type { DeclField } from './event-shape.js';

/** Fetches of wanted fields as flat numbers: code, offset in the record, slot in `args`. */
export interface FetchPlan {
  readonly ops: Int32Array;
  /** Bytes that the record must have for all of them; a shorter one is read field by field. */
  readonly need: number;
}

const WORDS = 3;
// Codes: size class of the number, then page, pages-up and pointer of 1, 2, 4 or 8 bytes.
const MISSING = 0;
const [U8, S8, U16, S16, U32, S32, U64, S64] = [1, 2, 3, 4, 5, 6, 7, 8];
const [PAGE4, PAGE8, UP4, UP8, PTR4, PTR8] = [9, 10, 11, 12, 13, 14];
const NEED = [0, 1, 1, 2, 2, 4, 4, 8, 8, 4, 8, 4, 8, 4, 8];

/** Compiles the sink's requests for one kind of event. Arrays and strings have no number: they give NaN. */
export function planFetch(fields: readonly DeclField[], requests: readonly FieldRequest[]): FetchPlan {
  const ops = new Int32Array(requests.length * WORDS);
  let need = 0;
  requests.forEach((request, i) => {
    const decl = fields[request.field];
    const code = decl === undefined ? MISSING : codeOf(decl, request.kind);
    const offset = decl === undefined ? 0 : offsetOf(decl);
    ops.set([code, offset, request.slot], i * WORDS);
    if (code !== MISSING) need = Math.max(need, offset + NEED[code]);
  });
  return { ops, need };
}

/** Puts the wanted fields of the record at `at` into `args`. */
export function fetchFields(
  plan: FetchPlan,
  view: DataView,
  at: number,
  length: number,
  littleEndian: boolean,
  pointers: PointerTable,
  args: Float64Array,
): void {
  const ops = plan.ops;
  const checked = length < plan.need;
  for (let i = 0; i < ops.length; i += WORDS) {
    const code = ops[i];
    const p = at + ops[i + 1];
    if (checked && ops[i + 1] + NEED[code] > length) {
      args[ops[i + 2]] = Number.NaN;
      continue;
    }
    let value: number;
    switch (code) {
      case U64:
        value = littleEndian
          ? view.getUint32(p + 4, true) * 4294967296 + view.getUint32(p, true)
          : view.getUint32(p, false) * 4294967296 + view.getUint32(p + 4, false);
        break;
      case S64:
        value = littleEndian
          ? view.getInt32(p + 4, true) * 4294967296 + view.getUint32(p, true)
          : view.getInt32(p, false) * 4294967296 + view.getUint32(p + 4, false);
        break;
      case PAGE8:
      case UP8: {
        const hi = view.getUint32(littleEndian ? p + 4 : p, littleEndian);
        const lo = view.getUint32(littleEndian ? p : p + 4, littleEndian);
        value = hi * 1048576 + (lo >>> 12) + (code === UP8 && (lo & 4095) !== 0 ? 1 : 0);
        break;
      }
      case PTR8: {
        const hi = view.getUint32(littleEndian ? p + 4 : p, littleEndian);
        const lo = view.getUint32(littleEndian ? p : p + 4, littleEndian);
        value = pointers.intern(hi, lo);
        break;
      }
      case PAGE4:
      case UP4: {
        const lo = view.getUint32(p, littleEndian);
        value = (lo >>> 12) + (code === UP4 && (lo & 4095) !== 0 ? 1 : 0);
        break;
      }
      case PTR4:
        value = pointers.intern(0, view.getUint32(p, littleEndian));
        break;
      case U32:
        value = view.getUint32(p, littleEndian);
        break;
      case S32:
        value = view.getInt32(p, littleEndian);
        break;
      case U16:
        value = view.getUint16(p, littleEndian);
        break;
      case S16:
        value = view.getInt16(p, littleEndian);
        break;
      case U8:
        value = view.getUint8(p);
        break;
      case S8:
        value = view.getInt8(p);
        break;
      default:
        value = Number.NaN;
    }
    args[ops[i + 2]] = value;
  }
}

function offsetOf({ field, element }: DeclField): number {
  return element < 0 ? field.offset : field.offset + element * field.elementSize;
}

function codeOf({ field, element }: DeclField, kind: FieldRequest['kind']): number {
  if (field.array !== null && element < 0) return MISSING;
  const size = element < 0 ? field.size : field.elementSize;
  switch (kind) {
    case 'page':
      return size === 8 ? PAGE8 : size === 4 ? PAGE4 : MISSING;
    case 'pages-up':
      return size === 8 ? UP8 : size === 4 ? UP4 : MISSING;
    case 'pointer':
      return size === 8 ? PTR8 : size === 4 ? PTR4 : MISSING;
    default:
      switch (size) {
        case 8:
          return field.signed ? S64 : U64;
        case 4:
          return field.signed ? S32 : U32;
        case 2:
          return field.signed ? S16 : U16;
        case 1:
          return field.signed ? S8 : U8;
        default:
          return MISSING;
      }
  }
}

import type { DeclField } from '../binary/event-shape.js';
import type { FieldRequest } from '../record.js';

/** Fetches of wanted fields. */
export interface FetchPlan {
  readonly operations: readonly FetchOperation[];
  /** Bytes that the record must have for all of them; in a shorter one each is looked at. */
  readonly need: number;
}

/** The 8 bytes at `offset` are shifted left until only the field is left, and then right. */
export interface FetchOperation {
  /** In the record. */
  readonly offset: number;
  /** Index into `TraceRecord.args`. */
  readonly slot: number;
  /** Bytes of the field. */
  readonly size: number;
  readonly left: number;
  readonly right: number;
  readonly what: number;
}

// What the bits are, as in assembly/fields.ts.
const [UNSIGNED, SIGNED, POINTER, PAGES_UP, MISSING] = [0, 1, 2, 3, 4];
/** A pfn_t has flags in its top 12 bits. */
const PFN_FLAGS = 12;
const PAGE_SHIFT = 12;

/** Compiles the sink's requests for one kind of event. Arrays and strings have no number: they give NaN. */
export function planFetch(
  fields: readonly DeclField[],
  requests: readonly FieldRequest[],
  littleEndian: boolean,
): FetchPlan {
  const operations = requests.map((request) => {
    const operation = operationOf(fields[request.field], request);
    // Its first byte is the highest of the 8, or the lowest.
    return littleEndian ? operation : { ...operation, left: operation.left - 64 + 8 * operation.size };
  });
  return { operations, need: Math.max(0, ...operations.map((op) => op.offset + op.size)) };
}

function operationOf(decl: DeclField | undefined, { kind, slot }: FieldRequest): FetchOperation {
  const missing = { offset: 0, slot, size: 0, left: 0, right: 0, what: MISSING };
  if (decl === undefined) return missing;
  const { field, element } = decl;
  // A whole array has no number.
  if (field.array !== null && element < 0) return missing;
  const size = element < 0 ? field.size : field.elementSize;
  const offset = element < 0 ? field.offset : field.offset + element * field.elementSize;
  if (![1, 2, 4, 8].includes(size)) return missing;
  // A byte or a short is no pointer and no address.
  if (size < 4 && kind !== 'number') return missing;
  const rest = 64 - 8 * size;
  const operation = { offset, slot, size, left: rest, right: rest, what: field.signed ? SIGNED : UNSIGNED };
  switch (kind) {
    case 'page':
      return { ...operation, right: rest + PAGE_SHIFT, what: UNSIGNED };
    case 'pages-up':
      return { ...operation, what: PAGES_UP };
    case 'pointer':
      return { ...operation, what: POINTER };
    case 'low52':
      if (size < 8) return operation;
      return { ...operation, left: PFN_FLAGS, right: PFN_FLAGS, what: UNSIGNED };
    default:
      return operation;
  }
}

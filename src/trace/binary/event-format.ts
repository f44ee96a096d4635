/**
 * One field of an event. `size` 0 is a flexible array that runs to the end of the record. `array` is null for a
 * plain value; `fixed` arrays lie in the record, `data` and `relative` ones are found through a u32
 * (`__data_loc`: length<<16 | offset from the record's start; `__rel_loc`: offset from the end of the u32 itself).
 */
export interface EventField {
  readonly name: string;
  /** C type of the value or of the array's elements, without `__data_loc`. */
  readonly type: string;
  readonly offset: number;
  readonly size: number;
  readonly signed: boolean;
  readonly array: null | 'fixed' | 'data' | 'relative';
  /** Bytes of one element; the size of a plain value. */
  readonly elementSize: number;
  /** Character arrays are shown as text. */
  readonly isText: boolean;
  readonly isPointer: boolean;
}

/** An event as the kernel describes it in `events/SYSTEM/NAME/format`. */
export interface EventFormat {
  readonly id: number;
  readonly name: string;
  readonly system: string;
  /** Header fields that every event has: `common_type`, `common_pid`, … */
  readonly common: readonly EventField[];
  readonly fields: readonly EventField[];
}

/**
 * Parses a format file. null when it has no name, ID or field that can be used. `longSize` is that of the traced
 * kernel. The print fmt is not needed: fields are read by offset.
 *
 *     name: vmf_insert_pfn
 *     ID: 1693
 *     format:
 *     	field:unsigned short common_type;	offset:0;	size:2;	signed:0;
 *
 *     	field:unsigned long __probe_ip;	offset:8;	size:8;	signed:0;
 *     	field:__data_loc char[] name;	offset:24;	size:4;	signed:0;
 *     	field:unsigned long caller[8];	offset:16;	size:64;	signed:0;
 *
 *     print fmt: "(%lx) …
 */
export function parseEventFormat(text: string, system: string, longSize: number): EventFormat | null {
  let name: string | undefined;
  let id: string | undefined;
  const common: EventField[] = [];
  const fields: EventField[] = [];
  // Line by line and with bounded lines: a hostile text must not make a regular expression slow.
  for (const line of text.slice(0, MAX_FORMAT).split('\n')) {
    if (line.startsWith('print fmt:')) break;
    if (line.length > MAX_LINE) continue;
    name ??= /^name:[ \t]*(\S+)/.exec(line)?.[1];
    id ??= /^ID:[ \t]*(\d+)/.exec(line)?.[1];
    const m = FIELD.exec(line);
    if (m === null) continue;
    const field = parseField(m[1], Number(m[2]), Number(m[3]), m[4], longSize);
    if (field === null) continue;
    (field.name.startsWith('common_') ? common : fields).push(field);
  }
  if (name === undefined || id === undefined) return null;
  if (common.length === 0 && fields.length === 0) return null;
  return { id: Number(id), name, system, common, fields };
}

const MAX_FORMAT = 64 * 1024;
const MAX_LINE = 1024;
const FIELD = /^\s*field:([^;]*);\s*offset:\s*(\d+);\s*size:\s*(\d+);(?:\s*signed:\s*(-?\d+);)?/;

/** `signed` is undefined in kernels before 2.6.33, whose formats do not tell. */
export function parseField(
  declaration: string,
  offset: number,
  size: number,
  signed: string | undefined,
  longSize: number,
): EventField | null {
  // A record is at most a sub-buffer long: anything beyond is damage.
  if (offset > 0xffffff || size > 0xffffff) return null;
  let text = declaration.trim();
  let array: EventField['array'] = null;
  const located = /^__(data|rel)_loc\s+/.exec(text);
  if (located !== null) {
    array = located[1] === 'data' ? 'data' : 'relative';
    text = text.slice(located[0].length);
  }
  let count = 1;
  for (let m = LAST_BRACKET.exec(text); m !== null; m = LAST_BRACKET.exec(text)) {
    text = text.slice(0, m.index);
    array ??= 'fixed';
    // Some lengths are expressions (`TASK_COMM_LEN`): then the type tells the size of an element.
    count *= /^\d+$/.test(m[1]) ? Number(m[1]) : 0;
  }
  const parts = /^(.*?)(\w+)\s*$/s.exec(text);
  if (parts === null) return null;
  const type = parts[1].replace(/\[[^\]]*\]/g, '').trim();
  const isPointer = type.includes('*');
  const isText = array !== null && !isPointer && /\bchar\b/.test(type) && !/\bunsigned\b/.test(type);
  const elementSize =
    array === null
      ? size
      : array === 'fixed' && count > 0 && size > 0
        ? size / count
        : sizeOf(type, longSize);
  return {
    name: parts[2],
    type,
    offset,
    size,
    signed: signed === undefined ? !/\bunsigned\b|^u\d|^__u\d|\*/.test(type) : signed !== '0',
    array,
    elementSize: Number.isInteger(elementSize) ? elementSize : 1,
    isText,
    isPointer,
  };
}

const LAST_BRACKET = /\[([^\]]*)\]\s*$/;

/** Size of one element, where only the C type says it. */
function sizeOf(type: string, longSize: number): number {
  if (type.includes('*')) return longSize;
  if (/\bchar\b|\bbool\b|[us]8\b|u?int8_t/.test(type)) return 1;
  if (/\bshort\b|[us]16\b|u?int16_t|[bl]e16\b/.test(type)) return 2;
  if (/\blong long\b|[us]64\b|u?int64_t|[bl]e64\b/.test(type)) return 8;
  if (/\blong\b|size_t|cpumask|uintptr_t/.test(type)) return longSize;
  if (/\bint\b|\bunsigned\b|[us]32\b|u?int32_t|[bl]e32\b|\benum\b/.test(type)) return 4;
  return 1;
}

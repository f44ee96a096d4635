import type { FieldValue } from '../record.js';
import type { EventField } from './event-format.js';
import type { DeclField } from './event-shape.js';

/** A record in its buffer, for the slow readers below. */
export interface RawRecord {
  readonly view: DataView;
  readonly at: number;
  readonly length: number;
  readonly littleEndian: boolean;
}

/** A field as JSON shows it: numbers up to 4 bytes, `0x…` for pointers and unsigned 64-bit values, text, arrays. */
export function fieldValue(raw: RawRecord, decl: DeclField): FieldValue {
  const { field, element } = decl;
  if (element >= 0) return scalar(raw, field, field.offset + element * field.elementSize, field.elementSize);
  if (field.array === null) return scalar(raw, field, field.offset, field.size);
  const place = locate(raw, field);
  if (place === null) return null;
  if (field.isText) return textAt(raw, place.offset, place.length);
  const step = Math.max(1, field.elementSize);
  const values: FieldValue[] = [];
  for (let i = 0; i + step <= place.length; i += step)
    values.push(scalar(raw, field, place.offset + i, step));
  return values;
}

/** All fields as `name=value …`. */
export function recordText(raw: RawRecord, fields: readonly DeclField[]): string {
  const parts: string[] = [];
  for (const decl of fields) {
    const value = fieldValue(raw, decl);
    if (value === null) continue;
    parts.push(`${decl.name}=${Array.isArray(value) ? `{${value.join(',')}}` : value}`);
  }
  return parts.join(' ');
}

/** Where an array's bytes are, cut at the end of the record; null when the record does not hold it. */
export function locate(raw: RawRecord, field: EventField): { offset: number; length: number } | null {
  let offset = field.offset;
  let length = field.size === 0 ? raw.length - offset : field.size;
  if (field.array === 'data' || field.array === 'relative') {
    if (field.offset + 4 > raw.length) return null;
    const word = raw.view.getUint32(raw.at + field.offset, raw.littleEndian);
    offset = (word & 0xffff) + (field.array === 'relative' ? field.offset + 4 : 0);
    length = word >>> 16;
  }
  if (offset > raw.length) return null;
  return { offset, length: Math.min(length, raw.length - offset) };
}

/** Text up to its NUL byte. */
export function textAt(raw: RawRecord, offset: number, length: number): string {
  const bytes = new Uint8Array(raw.view.buffer, raw.view.byteOffset + raw.at + offset, length);
  const end = bytes.indexOf(0);
  return Buffer.from(end < 0 ? bytes : bytes.subarray(0, end)).toString('utf8');
}

function scalar(raw: RawRecord, field: EventField, offset: number, size: number): FieldValue {
  if (offset + size > raw.length) return null;
  const { view, littleEndian } = raw;
  const p = raw.at + offset;
  const hex = field.isPointer || (!field.signed && size === 8) || /^(unsigned )?long$/.test(field.type);
  switch (size) {
    case 1:
      return field.signed ? view.getInt8(p) : view.getUint8(p);
    case 2:
      return field.signed ? view.getInt16(p, littleEndian) : view.getUint16(p, littleEndian);
    case 4: {
      if (field.signed) return view.getInt32(p, littleEndian);
      const value = view.getUint32(p, littleEndian);
      return hex ? `0x${value.toString(16)}` : value;
    }
    case 8: {
      if (!field.signed || field.isPointer) return `0x${view.getBigUint64(p, littleEndian).toString(16)}`;
      const value = view.getBigInt64(p, littleEndian);
      const small = Number(value);
      return Number.isSafeInteger(small) ? small : `0x${BigInt.asUintN(64, value).toString(16)}`;
    }
    default:
      return `0x${Buffer.from(view.buffer, view.byteOffset + p, size).toString('hex')}`;
  }
}

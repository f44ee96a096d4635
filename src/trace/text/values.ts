import type { FieldValue } from '../record.js';
import { type Kind, NO_FIELDS, PAIRS, SINGLE } from './kind.js';

/**
 * All fields of a line by name, for output and not for speed. Decimals that a double holds exactly are numbers,
 * everything in hex is a `0x…` string, quoted strings lose their quotes, arrays become arrays.
 * [from, to) is the text behind the event's name.
 */
export function fieldValues(
  kind: Kind | null,
  buf: Buffer,
  from: number,
  to: number,
): Record<string, FieldValue> {
  const values: Record<string, FieldValue> = {};
  if (kind === null || kind.form.style === NO_FIELDS) return values;
  const text = buf.toString('utf8', from, to);
  const { style, names, keys, hidden, bareHex } = kind.form;
  const parts = style === PAIRS ? pairs(text, keys) : style === SINGLE ? [text.trim()] : list(text, keys);
  for (let f = hidden; f < names.length; f++) values[names[f]] = fieldValue(parts[f] ?? '', bareHex);
  return values;
}

/** The values of `a=1 b="x y" c=2`: a value ends where the next key begins. */
function pairs(text: string, keys: readonly string[]): string[] {
  const parts: string[] = [];
  let at = 0;
  for (let f = 0; f < keys.length; f++) {
    const start = keyAt(text, keys[f], at);
    if (start < 0) break;
    const from = start + keys[f].length;
    let end = text.length;
    if (f + 1 < keys.length) {
      // What is quoted may look like the next key: the last one counts.
      const next =
        text[from] === '"' ? text.lastIndexOf(`" ${keys[f + 1]}`) + 1 : text.indexOf(` ${keys[f + 1]}`, from);
      if (next > from) end = next;
    }
    parts.push(text.slice(from, end).trim());
    at = end;
  }
  return parts;
}

function keyAt(text: string, key: string, from: number): number {
  if (text.startsWith(key, from)) return from;
  const at = text.indexOf(` ${key}`, Math.max(from - 1, 0));
  return at < 0 ? -1 : at + 1;
}

/** The values of `a: 1, b: 2`, or of `1, 2` when the keys are empty. */
function list(text: string, keys: readonly string[]): string[] {
  const parts: string[] = [];
  let at = 0;
  for (let f = 0; f < keys.length; f++) {
    const from = at + keys[f].length;
    const next = f + 1 < keys.length ? text.indexOf(`, ${keys[f + 1]}`, from) : -1;
    const end = next < 0 ? text.length : next;
    parts.push(text.slice(from, end).trim());
    at = end + 2;
  }
  return parts;
}

function fieldValue(part: string, bareHex: boolean): FieldValue {
  if (part === '') return null;
  // the fields option of tracefs and function arguments add a second reading: `0x1000 (4096)`, `2 [NAME]`
  const text = part
    .replace(/^(-?\w+) [([][^)\]]*[)\]]$/, '$1')
    .replace(/^\((-?(0x)?[0-9a-f]+)\)$/, '$1')
    .replace(/,$/, '');
  const hex = /^(?:0x)?([0-9a-f]+)$/i.exec(text);
  if (hex !== null && (bareHex || text[1] === 'x'))
    return `0x${hex[1].replace(/^0+(?=.)/, '').toLowerCase()}`;
  if (/^-?\d+$/.test(text))
    return Number.isSafeInteger(Number(text))
      ? Number(text)
      : `0x${BigInt.asUintN(64, BigInt(text)).toString(16)}`;
  if (/^".*"$/.test(text)) return text.slice(1, -1);
  if (/^\{.*\}$/.test(text))
    return text
      .slice(1, -1)
      .split(',')
      .map((item) => fieldValue(item.trim(), bareHex));
  if (text === '(fault)') return null;
  return text;
}

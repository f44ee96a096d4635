import type { FieldValue } from '../record.js';
import type { EventFormat } from './event-format.js';
import type { EventShape } from './event-shape.js';
import type { SymbolTable } from './kallsyms.js';
import { fieldValue, locate, type RawRecord, recordText, textAt } from './values.js';

/**
 * What an event says, as text: a marker's message, a stack as one function a line, else `field=value …`.
 */
export function payloadText(
  raw: RawRecord,
  format: EventFormat,
  shape: EventShape,
  symbols: () => SymbolTable | null,
): string {
  if (shape.shape === 'marker') {
    const buf = format.fields.find((f) => f.name === 'buf');
    const place = buf === undefined ? null : locate(raw, buf);
    if (place === null) return '';
    return textAt(raw, place.offset, place.length).replace(/\n$/, '');
  }
  if (shape.shape === 'stack') {
    const caller = shape.fields.find((f) => f.name === 'caller');
    const addresses = caller === undefined ? null : fieldValue(raw, caller);
    if (Array.isArray(addresses)) return stackText(addresses, symbols);
  }
  return recordText(raw, shape.fields);
}

/** Addresses up to the -1 that ends a stack. */
function stackText(addresses: FieldValue[], symbols: () => SymbolTable | null): string {
  const lines: string[] = [];
  for (const address of addresses) {
    if (typeof address !== 'string' || /^0xf+$/.test(address)) break;
    const value = BigInt(address);
    if (value === 0n) break;
    // A return address lies anywhere in its function, so the nearest lower symbol is the best there is.
    const name = symbols()?.lookup(Number(value >> 32n), Number(value & 0xffffffffn), 0x10000);
    lines.push(`=> ${name ?? address}`);
  }
  return lines.join('\n');
}

import type { FormatName } from '../../src/trace/reader.js';
import { openTrace } from '../../src/trace/registry.js';
import { bytesSource } from '../helpers.js';
import { type Collected, type Collection, collect } from './collect.js';

/** Everything of a text, values as numbers. */
export const readText = async (text: string | Uint8Array, format?: FormatName): Promise<Collection> =>
  collect(await openTrace(bytesSource(text), format));

/** A line of tracefs with this body, `us` microseconds after 44 s. */
export const tracefsLine = (body: string, us = 1, cpu = 1): string =>
  `         vfiolab-246     [${String(cpu).padStart(3, '0')}] .....    44.${String(us).padStart(6, '0')}: ${body}\n`;

/** A line of trace-cmd report with this body. */
export const reportLine = (body: string, us = 1, cpu = 1): string =>
  `         vfiolab-246   [${String(cpu).padStart(3, '0')}] .....    44.${String(us).padStart(6, '0')}: ${body}\n`;

/** The only record of a text. */
export async function readOne(text: string, format?: FormatName): Promise<Collected> {
  const { records, info } = await readText(text, format);
  if (records.length !== 1) throw new Error(`${records.length} records: ${JSON.stringify(info.diagnostics)}`);
  return records[0];
}

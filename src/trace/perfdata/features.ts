import type { TraceInfo } from '../reader.js';
import { FEATURE } from './header.js';

/** Takes what is needed of one feature's data: the kernel release (u32 length, text). */
export function readFeature(id: number, data: Uint8Array, littleEndian: boolean, info: TraceInfo): void {
  if (id !== FEATURE.OSRELEASE || data.length < 4) return;
  const view = new DataView(data.buffer, data.byteOffset, data.length);
  const text = data.subarray(4, Math.min(data.length, 4 + view.getUint32(0, littleEndian)));
  const end = text.indexOf(0);
  info.release = Buffer.from(end < 0 ? text : text.subarray(0, end)).toString('latin1') || null;
}

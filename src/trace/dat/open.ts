import type { FileBytes } from '../binary/bytes.js';
import { shown } from '../binary/cursor.js';
import { type Decompressor, openDecompressor } from '../binary/decompress.js';
import type { DiagnosticLog } from '../binary/diagnostics.js';
import { NO_ADDRESSES } from '../decoder/decoder.js';
import { InputError } from '../reader.js';
import type { DatLayout } from './layout.js';
import { readPreamble } from './preamble.js';
import { withoutOverlaps } from './regions.js';
import { readV6 } from './v6.js';
import { readV7 } from './v7.js';

/** Reads everything of a trace.dat but its records. Throws InputError when there is no way to the records. */
export async function openDat(
  file: FileBytes,
  log: DiagnosticLog,
  preamble = readPreamble(file),
): Promise<{ layout: DatLayout; decompressor: Decompressor | null }> {
  let decompressor: Decompressor | null = null;
  if (preamble.compression !== 'none') {
    decompressor = await openDecompressor(preamble.compression).catch((error) => {
      if (!(error instanceof RangeError)) throw error;
      throw new InputError('no-decoder', `${file.input}: ${NO_ADDRESSES}`, file.input);
    });
    if (decompressor === null) {
      const message = `expected the compression none, zlib or zstd, found "${shown(preamble.compression)}"`;
      throw new InputError('unknown-compression', `${file.input}: ${message} (at byte 18)`, file.input, 18);
    }
  }
  const layout =
    preamble.version === 6 ? readV6(file, preamble, log) : readV7(file, preamble, decompressor, log);
  return { layout: { ...layout, buffers: withoutOverlaps(layout.buffers, log) }, decompressor };
}

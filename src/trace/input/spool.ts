import { mkdtempSync, rmSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A temporary file; it goes away with `remove`, or with the process. */
export interface SpooledFile {
  readonly path: string;
  readonly size: number;
  remove(): void;
}

/** Writes all bytes to a new file in a private directory under the system's temporary directory. */
export async function spoolBytes(bytes: AsyncIterable<Uint8Array>): Promise<SpooledFile> {
  const directory = mkdtempSync(join(tmpdir(), 'zaptrace-'));
  const remove = (): void => {
    process.off('exit', remove);
    rmSync(directory, { recursive: true, force: true });
  };
  process.once('exit', remove);
  const path = join(directory, 'trace');
  let size = 0;
  try {
    const handle = await open(path, 'wx', 0o600);
    try {
      for await (const chunk of bytes) {
        await handle.writeFile(chunk);
        size += chunk.length;
      }
    } finally {
      await handle.close();
    }
  } catch (error) {
    remove();
    throw error;
  }
  return { path, size, remove };
}

import { mkdtempSync, rmSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { InputError } from '../reader.js';

/** A temporary file; it goes away with `remove`, or with the process. */
export interface SpooledFile {
  readonly path: string;
  readonly size: number;
  remove(): void;
}

/**
 * Writes all bytes to a new file in a private directory under the system's temporary directory. When that cannot be
 * written, the error says so: it is not about the input, which is `name`.
 */
export async function spoolBytes(bytes: AsyncIterable<Uint8Array>, name: string): Promise<SpooledFile> {
  const writing = async <T>(write: () => T | Promise<T>): Promise<T> => {
    try {
      return await write();
    } catch (error) {
      const message = `${name}: cannot be copied to a temporary file in ${tmpdir()} (TMPDIR names another place)`;
      throw new InputError('spool', `${message}: ${(error as Error).message}`, name);
    }
  };
  const directory = await writing(() => mkdtempSync(join(tmpdir(), 'zaptrace-')));
  const remove = (): void => {
    process.off('exit', remove);
    rmSync(directory, { recursive: true, force: true });
  };
  process.once('exit', remove);
  const path = join(directory, 'trace');
  let size = 0;
  try {
    const handle = await writing(() => open(path, 'wx', 0o600));
    try {
      for await (const chunk of bytes) {
        await writing(() => handle.writeFile(chunk));
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

import { openSource } from '../trace/open.js';
import { formats } from '../trace/registry.js';

/** true when a file's first bytes, decompressed where needed, are those of a trace that can be read. */
export async function sniffFile(path: string): Promise<boolean> {
  try {
    const source = await openSource(path);
    try {
      return formats.some((format) => format.sniff(source.head) > 0);
    } finally {
      await source.close();
    }
  } catch {
    // Unreadable or damaged: told as skipped, like every other file that is no trace.
    return false;
  }
}

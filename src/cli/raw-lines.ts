import type { ByteSource } from '../trace/source.js';

/** Longer lines are cut: no tool writes them, and they must not fill the memory. */
const LONGEST = 16 << 10;

/** Lines of a text by their 1-based numbers, in one reading that ends with the last one wanted. */
export async function readLines(
  source: ByteSource,
  numbers: readonly number[],
): Promise<Map<number, string>> {
  const wanted = [...new Set(numbers)].sort((a, b) => a - b);
  const lines = new Map<number, string>();
  let next = 0;
  let number = 1;
  let parts: Buffer[] = [];
  let length = 0;
  const take = (bytes: Uint8Array) => {
    if (number !== wanted[next] || length >= LONGEST) return;
    // A chunk is valid only until the next one.
    parts.push(Buffer.from(bytes.subarray(0, LONGEST - length)));
    length += bytes.length;
  };
  const endLine = () => {
    if (number === wanted[next]) {
      lines.set(number, Buffer.concat(parts).toString('utf8').replace(/\r$/, ''));
      next++;
    }
    parts = [];
    length = 0;
    number++;
  };
  for await (const chunk of source.chunks()) {
    let at = 0;
    for (let end = chunk.indexOf(10); end >= 0; end = chunk.indexOf(10, at)) {
      take(chunk.subarray(at, end));
      endLine();
      at = end + 1;
      if (next === wanted.length) return lines;
    }
    take(chunk.subarray(at));
  }
  if (length > 0) endLine();
  return lines;
}

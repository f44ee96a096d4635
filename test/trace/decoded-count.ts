import { DecodedLines } from '../../src/trace/text/decoded/lines.js';

/** How many lines are decoded in WebAssembly while `run` runs. */
export async function decodedWhile(run: () => Promise<unknown>): Promise<number> {
  const { read } = DecodedLines.prototype;
  let lines = 0;
  DecodedLines.prototype.read = function (...args) {
    const at = read.apply(this, args);
    lines += this.lines;
    return at;
  };
  try {
    await run();
  } finally {
    DecodedLines.prototype.read = read;
  }
  return lines;
}

import { readFileSync } from 'node:fs';
import { SourceMap } from 'node:module';

/** Lines of main.cjs before those that its map counts (scripts/bundle.mjs). */
const LINES_BEFORE = 1;
/** A place in the program: file, line and column, which count from 1. */
const PLACE = /(?:file:\/\/)?[^\s()]*[/\\]main\.cjs:(\d+):(\d+)/g;

/** A stack with the places in the sources where it has those in the program, which is one file with short names. */
export function inSources(stack: string): string {
  const places = [...stack.matchAll(PLACE)];
  const map = places.length === 0 ? null : readMap();
  if (map === null) return stack;
  return stack.replace(PLACE, (place, line: string, column: string) => {
    const entry = map.findEntry(Number(line) - 1 - LINES_BEFORE, Number(column) - 1);
    if (!('originalSource' in entry)) return place;
    const { originalSource, originalLine, originalColumn } = entry;
    return `${originalSource.replace(/^(\.\.\/)+/, '')}:${originalLine + 1}:${originalColumn + 1}`;
  });
}

/** null: the program is not that one file, or its map is not there. */
function readMap(): SourceMap | null {
  try {
    return new SourceMap(JSON.parse(readFileSync(new URL('main.cjs.map', import.meta.url), 'utf8')));
  } catch {
    return null;
  }
}

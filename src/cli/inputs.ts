import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { count } from '../report/text.js';
import { systemMessage, UsageError } from './errors.js';
import { isPattern, matcher, patternRoot } from './glob.js';

/** Tells whether a file looks like a trace by its first bytes. */
export type Sniff = (path: string) => Promise<boolean>;

export interface Inputs {
  /** Paths in a stable order, `-` for standard input. A path given twice is read once. */
  readonly paths: string[];
  /** Files found in directories or by patterns that are no traces. */
  readonly skipped: string[];
}

/**
 * Operands of the command line → traces. A plain file is taken as it is, so that an unreadable one is told; what a
 * directory (with its subdirectories) or a pattern gives is taken if it looks like a trace.
 */
export async function expandInputs(operands: readonly string[], sniff: Sniff): Promise<Inputs> {
  const paths = new Set<string>();
  const skipped: string[] = [];
  for (const operand of operands) {
    const stat = operand === '-' ? undefined : statSync(operand, { throwIfNoEntry: false });
    const found = stat?.isDirectory() ? walk(operand) : stat === undefined ? patternFiles(operand) : null;
    if (found === null) {
      if (operand === '-' && paths.has('-'))
        throw new UsageError("standard input ('-') can be read only once");
      paths.add(operand);
      continue;
    }
    let any = false;
    for (const path of found) {
      const isTrace = await sniff(path);
      any ||= isTrace;
      if (isTrace) paths.add(path);
      else skipped.push(path);
    }
    if (!any) {
      const what = stat?.isDirectory() ? `in the directory '${operand}'` : `that matches '${operand}'`;
      throw new UsageError(`no trace ${what} (${count(found.length, 'file')} looked at)`);
    }
  }
  return { paths: [...paths], skipped };
}

/** Files of a pattern; null when the operand is none, so that it is opened under its own name. */
function patternFiles(operand: string): string[] | null {
  if (operand === '-' || !isPattern(operand)) return null;
  const matches = matcher(operand.replace(/^\.\//, ''));
  const root = patternRoot(operand);
  if (!statSync(root, { throwIfNoEntry: false })?.isDirectory()) return [];
  return walk(root).filter((path) => matches(path.replace(/^\.\//, '')));
}

/** All regular files below, by name; hidden ones and links to directories are left out. */
function walk(directory: string): string[] {
  try {
    const entries = readdirSync(directory, { withFileTypes: true });
    entries.sort((a, b) => (a.name < b.name ? -1 : 1));
    return entries.flatMap((entry) => {
      if (entry.name.startsWith('.')) return [];
      const path = join(directory, entry.name);
      if (entry.isDirectory()) return walk(path);
      const isFile =
        entry.isFile() || (entry.isSymbolicLink() && statSync(path, { throwIfNoEntry: false })?.isFile());
      return isFile ? [path] : [];
    });
  } catch (error) {
    throw new UsageError(`cannot read the directory '${directory}': ${systemMessage(error)}`);
  }
}

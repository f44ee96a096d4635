import type { ProbeMap } from './map.js';
import { checkFunctions } from './validate-function.js';
import { Problems, word } from './validate-value.js';

/** A probe map from outside is not one: every place that is wrong, in the order in which they stand. */
export class ProbeMapError extends Error {
  override readonly name = 'ProbeMapError';
  constructor(readonly problems: readonly string[]) {
    const shown = problems.slice(0, SHOWN);
    const more = problems.length > SHOWN ? [`and ${problems.length - SHOWN} more`] : [];
    super([...shown, ...more].join('\n  '));
  }
}

const SHOWN = 12;
const MAP_KEYS = [
  'name',
  'title',
  'module',
  'functions',
  'excludes',
  'neverZaps',
  'finds',
  'with',
  'note',
  '$schema',
];

/**
 * Checks a parsed JSON value against what the reader and the recipe printer rely on. Throws a ProbeMapError whose
 * lines name the place as a JSON path: `functions[2].args.vma: 'vmx->vma' starts with 'vmx', which is none of the
 * parameters (vmf, order)`.
 */
export function parseProbeMap(value: unknown): ProbeMap {
  const problems = new Problems();
  const map = problems.object('', value, MAP_KEYS);
  if (map !== null) {
    problems.text('name', map.name, /^[\w.-]+$/, 'a short name (letters, digits, - and _)');
    if (map.title !== undefined) problems.text('title', map.title);
    if (map.module != null)
      problems.text('module', map.module, /^\w+$/, 'the name of a kernel module, or null');
    if (map.note !== undefined) problems.text('note', map.note);
    problems.choice('excludes', map.excludes, ['zap', 'visit', 'none']);
    problems.choice('finds', map.finds, ['rmap', 'list']);
    problems.flag('neverZaps', map.neverZaps);
    problems.list('with', map.with, (path, name) => problems.text(path, name));
    checkFunctions(problems, map.functions);
  }
  if (problems.found.length > 0) throw new ProbeMapError(problems.found);
  const { $schema: _, ...rest } = map as Record<string, unknown>;
  return { title: word(rest.name), module: null, ...rest } as unknown as ProbeMap;
}

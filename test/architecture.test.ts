import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { test } from 'node:test';
import { ROOT } from './cli/process.js';

/** The rooms in the order in which data flows. A file may import from its own room and from those before it. */
const ROOMS = ['trace', 'probes', 'model', 'rules', 'report', 'cli'];

interface Import {
  readonly from: string;
  readonly to: string;
  readonly typeOnly: boolean;
}

/** `import … from './x.js'`, `export … from`, and `import('./x.js')` of all files in src. */
function imports(): Import[] {
  const src = join(ROOT, 'src');
  const files = readdirSync(src, { recursive: true, encoding: 'utf8' }).filter((file) =>
    /(?<!\.d)\.ts$/.test(file),
  );
  assert.ok(files.length > 50, `only ${files.length} sources found below ${src}`);
  return files.flatMap((from) => {
    const text = readFileSync(join(src, from), 'utf8');
    const found = text.matchAll(
      /(?:^|\n)(import|export)( type)?\s[^'";]*?from '(\.[^']+)'|import\('(\.[^']+)'\)/g,
    );
    return [...found].map(([, , type, fixed, lazy]) => ({
      from,
      to: relative(src, join(src, dirname(from), (fixed ?? lazy).replace(/\.js$/, '.ts'))),
      typeOnly: type !== undefined,
    }));
  });
}

const room = (file: string): string | null => (file.includes('/') ? file.split('/')[0] : null);

test('imports go one way: trace → probes → model → rules → report → cli', () => {
  const wrong = imports().filter(({ from, to }) => {
    const [a, b] = [room(from), room(to)];
    // Files at the top connect rooms: everything below the command line, nothing of it.
    if (a === null) return b === 'cli';
    if (b === null) return a !== 'cli';
    assert.ok(ROOMS.includes(a), `${a}/ is no room`);
    return ROOMS.indexOf(b) > ROOMS.indexOf(a);
  });
  assert.deepEqual(
    wrong.map(({ from, to }) => `${from} imports ${to}`),
    [],
  );
});

test('no cycles at run time', () => {
  const graph = new Map<string, string[]>();
  for (const { from, to, typeOnly } of imports()) {
    if (!typeOnly) graph.set(from, [...(graph.get(from) ?? []), to]);
  }
  const done = new Set<string>();
  const visit = (file: string, path: readonly string[]): void => {
    assert.ok(!path.includes(file), `cycle: ${[...path.slice(path.indexOf(file)), file].join(' → ')}`);
    if (done.has(file)) return;
    for (const next of graph.get(file) ?? []) visit(next, [...path, file]);
    done.add(file);
  };
  for (const file of graph.keys()) visit(file, []);
});

import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, test } from 'node:test';
import { ROOT, temporary } from './cli/process.js';

/** The package as `npm install` would unpack it, in a project of its own; dependencies are those of the checkout. */
const project = join(temporary(), 'project');
const installed = join(project, 'node_modules', 'zaptrace');

before(() => {
  const packed = execFileSync(
    'npm',
    ['pack', '--ignore-scripts', '--json', '--pack-destination', join(project, '..')],
    {
      cwd: ROOT,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    },
  );
  const [{ filename }] = JSON.parse(packed);
  mkdirSync(installed, { recursive: true });
  execFileSync('tar', ['xzf', join(project, '..', filename), '-C', installed, '--strip-components', '1']);
  const { dependencies } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
  for (const name of Object.keys(dependencies)) linkWithDependencies(name);
});

/** Copies a runtime dependency and what it needs: nothing else may be needed. */
function linkWithDependencies(name: string): void {
  const target = join(project, 'node_modules', name);
  if (existsSync(target)) return;
  mkdirSync(join(target, '..'), { recursive: true });
  const source = join(ROOT, 'node_modules', name);
  execFileSync('cp', ['-r', source, target]);
  const { dependencies, optionalDependencies } = JSON.parse(
    readFileSync(join(source, 'package.json'), 'utf8'),
  );
  for (const next of Object.keys({ ...dependencies, ...optionalDependencies })) {
    if (existsSync(join(ROOT, 'node_modules', next))) linkWithDependencies(next);
  }
}

const trace = join(ROOT, 'fixtures', 'cli', 'race.report.txt');

test('the installed program works from any directory, through a symbolic link', () => {
  const link = join(project, 'zaptrace');
  execFileSync('ln', ['-s', join(installed, 'bin', 'zaptrace'), link]);
  const { status, stdout, stderr } = spawnSync(link, [trace], { cwd: '/', encoding: 'utf8' });
  assert.equal(stderr, '');
  assert.match(stdout, /^VIOLATION/);
  assert.equal(status, 1);
  assert.equal(spawnSync(link, ['schema', 'finding'], { cwd: '/', encoding: 'utf8' }).status, 0);
});

test('every worker that a source starts is beside the bundled program (scripts/bundle.mjs)', () => {
  const sources = readdirSync(join(ROOT, 'src'), { recursive: true, encoding: 'utf8' }).filter((f) =>
    f.endsWith('.ts'),
  );
  const workers = sources.flatMap((file) => {
    const text = readFileSync(join(ROOT, 'src', file), 'utf8');
    return [...text.matchAll(/new URL\('\.\/([\w-]+\.js)', import\.meta\.url\)/g)].map(([, name]) => name);
  });
  assert.ok(workers.includes('worker.js'));
  for (const name of workers)
    assert.ok(existsSync(join(installed, 'dist', 'program', name)), `${name} is not bundled`);
});

test('the library is importable by its name, with its types', () => {
  const script = `import { analyze } from 'zaptrace';
    for await (const record of analyze(${JSON.stringify(trace)})) if (record.type === 'summary') console.log(record.verdict);`;
  writeFileSync(join(project, 'main.mjs'), script);
  const { stdout, stderr } = spawnSync(process.execPath, ['main.mjs'], { cwd: project, encoding: 'utf8' });
  assert.equal(stderr, '');
  assert.equal(stdout, 'violation\n');
  assert.ok(existsSync(join(installed, 'dist', 'index.d.ts')));
});

test('the package holds what it needs and nothing of the workshop', () => {
  for (const name of [
    'README.md',
    'LICENSE',
    'man/zaptrace.1',
    'schema/finding.schema.json',
    'dist/program/main.cjs',
    'dist/program/LICENSES',
  ]) {
    assert.ok(existsSync(join(installed, name)), `${name} is missing`);
  }
  for (const name of ['test', 'build', 'fixtures', 'src'])
    assert.ok(!existsSync(join(installed, name)), `${name} is packed`);
});

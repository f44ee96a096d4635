// Older states of this project, built beside it, so that a run compares them over the same inputs.
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, symlinkSync } from 'node:fs';
import { join, resolve } from 'node:path';

const git = (...args) => execFileSync('git', args, { encoding: 'utf8', maxBuffer: 1 << 28 }).trim();

/** `711de75,tags`: revisions and every tag, in the order of the list, without doubles. */
export function revisions(list) {
  const names = list.split(',').filter((name) => name !== '');
  return [...new Set(names.flatMap((name) => (name === 'tags' ? git('tag').split('\n') : [name])))].filter(
    (name) => name !== '',
  );
}

/** The packages installed here if they are all that the revision asks for, else its own. */
function packages(directory) {
  const { dependencies, devDependencies } = JSON.parse(readFileSync(join(directory, 'package.json'), 'utf8'));
  const names = Object.keys({ ...dependencies, ...devDependencies });
  if (names.every((name) => existsSync(join('node_modules', name))))
    symlinkSync(resolve('node_modules'), join(directory, 'node_modules'));
  else spawnSync('npm', ['ci', '--no-audit', '--no-fund', '--prefer-offline'], { cwd: directory });
}

/**
 * The revision's program, in a directory below `scratch`: its files by `git archive`, which leaves the checkout and git's
 * own state alone. Null, with the reason on standard error: it does not build.
 */
export function build(revision, scratch) {
  const directory = join(scratch, `revision-${revision.replace(/[^\w.-]/g, '_')}`);
  mkdirSync(directory);
  const name = git('rev-parse', '--short', `${revision}^{commit}`);
  const files = execFileSync('git', ['archive', name], { maxBuffer: 1 << 30 });
  execFileSync('tar', ['-x', '-C', directory], { input: files });
  packages(directory);
  const built = spawnSync('npm', ['run', '--silent', 'build'], { cwd: directory, encoding: 'utf8' });
  if (built.status !== 0) {
    console.error(`${revision} does not build: ${built.stderr || built.stdout}`);
    return null;
  }
  return {
    label: name === revision ? name : `${revision} (${name})`,
    program: join(directory, 'bin/zaptrace'),
  };
}

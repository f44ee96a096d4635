import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { ROOT } from '../cli/process.js';

interface Locked {
  readonly integrity?: string;
  readonly license?: string;
  readonly dev?: boolean;
  readonly hasInstallScript?: boolean;
  readonly dependencies?: Record<string, string>;
}

const read = (name: string): string => readFileSync(join(ROOT, name), 'utf8');

test('what is installed with the program is locked by hash, runs no script, and is named in SECURITY.md', () => {
  const { dependencies } = JSON.parse(read('package.json')) as { dependencies: Record<string, string> };
  const { packages } = JSON.parse(read('package-lock.json')) as { packages: Record<string, Locked> };
  const shipped = Object.entries(packages).filter(([path, { dev }]) => path !== '' && dev !== true);
  assert.deepEqual(packages[''].dependencies, dependencies);
  for (const name of Object.keys(dependencies)) assert.ok(`node_modules/${name}` in packages, name);
  const security = read('SECURITY.md');
  for (const [path, { integrity, license, hasInstallScript }] of shipped) {
    assert.match(integrity ?? '', /^sha512-/, path);
    assert.match(license ?? '', /MIT|ISC|BSD/, path);
    assert.ok(hasInstallScript !== true, path);
    assert.ok(security.includes(path.replace('node_modules/', '')), path);
  }
});

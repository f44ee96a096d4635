import { existsSync } from 'node:fs';

/** The package's directory: the nearest one above this file, bundled or not, that has a package.json. */
export function packageRoot(): URL {
  let directory = new URL('./', import.meta.url);
  while (!existsSync(new URL('package.json', directory))) {
    const parent = new URL('../', directory);
    if (parent.href === directory.href) throw new Error('zaptrace is not installed as a package: no package.json above it');
    directory = parent;
  }
  return directory;
}

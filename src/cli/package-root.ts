import { existsSync } from 'node:fs';

/** The package's own directory, as a URL that ends with `/`: the compiled files lie at different depths below it. */
export function packageRoot(from: string = import.meta.url): URL {
  for (let url = new URL('.', from); ; url = new URL('..', url)) {
    if (existsSync(new URL('package.json', url))) return url;
    if (url.pathname === '/') throw new Error(`no package.json above ${from}`);
  }
}

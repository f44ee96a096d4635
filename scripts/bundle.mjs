// Bundles src/ into few files: loading 200 small modules costs more than reading a small trace.
// Type declarations come from tsc (see the build script of package.json).
import { readFileSync } from 'node:fs';
import { build } from 'esbuild';

const { dependencies } = JSON.parse(readFileSync('package.json', 'utf8'));

await build({
  entryPoints: ['src/index.ts', 'src/analyze.ts', 'src/cli/main.ts', 'src/cli/worker.ts'],
  outdir: 'dist',
  outbase: 'src',
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node20',
  // Code that finds its neighbours by import.meta.url (worker, engine) expects to live in dist/cli.
  chunkNames: 'cli/[name]-[hash]',
  // Small and always needed, or large and rarely needed: the former are bundled, the latter loaded when used.
  external: Object.keys(dependencies).filter((name) => !['commander', 'cli-table3', 'split2'].includes(name)),
  banner: {
    js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);",
  },
  minifyWhitespace: true,
  minifySyntax: true,
  sourcemap: 'linked',
  sourcesContent: false,
  legalComments: 'linked',
  logLevel: 'warning',
});

#!/usr/bin/env node
// Bundles the program into one file: `npm run bundle`. CommonJS, because Node starts it faster than ES modules, and
// without spaces, because Node reads all of it at every start. Modules that a command asks for with import() are in the
// file as well, and run only then. Names stay, and lines are short: stacks in reports of bugs are to be read.
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('..', import.meta.url));
const target = join(root, 'dist/program');

/** Modules in place of those that libraries ask for, by library and name: what takes time and is not needed. */
const LIGHTER = {
  // Commander asks at once for what it needs only for commands that are programs of their own.
  'commander node:child_process':
    'exports.spawn = (...args) => require("node:child_process").spawn(...args);',
  // It compiles a regular expression of all emoji, 10 kB; report/columns.ts lays out by this measure anyway.
  'cli-table3 string-width': 'module.exports = require("./src/report/explain/width.ts").displayWidth;',
};

const lighter = {
  name: 'lighter',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^(node:child_process|string-width)$/ }, ({ path, importer }) => {
      const library = /.*node_modules\/([^/]+)/.exec(importer)?.[1];
      return `${library} ${path}` in LIGHTER ? { path: `${library} ${path}`, namespace: 'lighter' } : null;
    });
    onLoad({ filter: /.*/, namespace: 'lighter' }, ({ path }) => ({
      contents: LIGHTER[path],
      resolveDir: root,
    }));
  },
};

const common = {
  absWorkingDir: root,
  bundle: true,
  platform: 'node',
  target: 'node20',
  outdir: target,
  logLevel: 'warning',
};

rmSync(target, { recursive: true, force: true });
const { metafile } = await build({
  ...common,
  entryPoints: ['src/cli/main.ts'],
  format: 'cjs',
  outExtension: { '.js': '.cjs' },
  minifySyntax: true,
  minifyWhitespace: true,
  lineLimit: 120,
  legalComments: 'none',
  define: { 'import.meta.url': 'moduleUrl' },
  banner: { js: '"use strict";const moduleUrl = require("node:url").pathToFileURL(__filename).href;' },
  // cli-table3 asks for it when a style names colours, and ours names none.
  external: ['@colors/colors'],
  plugins: [lighter],
  metafile: true,
});
await build({
  ...common,
  entryPoints: { worker: 'src/cli/worker.ts', 'ahead-worker': 'src/trace/dat/ahead-worker.ts' },
  format: 'esm',
  packages: 'external',
});

// MIT and BSD ask for their notices beside what is made of them.
const bundled = new Set(
  Object.keys(metafile.inputs).flatMap((file) => /.*node_modules\/[^/]+/.exec(file)?.[0] ?? []),
);
const notices = [...bundled].map((directory) => {
  const file = readdirSync(join(root, directory)).find((name) => /^licen[cs]e/i.test(name));
  if (file === undefined) throw new Error(`${directory} has no licence file`);
  return `${basename(directory)}\n\n${readFileSync(join(root, directory, file), 'utf8').trim()}\n`;
});
writeFileSync(join(target, 'LICENSES'), notices.join(`\n${'-'.repeat(80)}\n\n`));

#!/usr/bin/env node
// Bundles the program into one file: `npm run bundle`. CommonJS, because Node starts it faster than ES modules, and
// without spaces and with short names, because Node reads all of it at every start. Modules that a command asks for with
// import() are in the file as well, and run only then. Stacks in reports of bugs are read by its map (src/cli/stack.ts);
// `node scripts/bundle.mjs --names` keeps the names, for profiles.
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('..', import.meta.url));
const target = join(root, 'dist/program');
const source = join(root, 'src/');

/** Modules in place of those that libraries ask for, by library and name: what takes time and is not needed. */
const LIGHTER = {
  // Commander asks at once for what it needs only for commands that are programs of their own.
  'commander node:child_process':
    'exports.spawn = (...args) => require("node:child_process").spawn(...args);',
  // Ours ask for one thing of these, and that only for some inputs.
  'zaptrace node:tty': 'exports.isatty = (fd) => require("node:tty").isatty(fd);',
  'zaptrace node:os':
    'exports.availableParallelism = () => require("node:os").availableParallelism();exports.tmpdir = () => require("node:os").tmpdir();',
  'zaptrace node:module':
    'Object.defineProperty(exports, "SourceMap", { enumerable: true, get: () => require("node:module").SourceMap });',
  // It compiles a regular expression of all emoji, 10 kB; report/columns.ts lays out by this measure anyway.
  'cli-table3 string-width': 'module.exports = require("./src/report/explain/width.ts").displayWidth;',
};

const lighter = {
  name: 'lighter',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^(node:(child_process|module|os|tty)|string-width)$/ }, ({ path, importer }) => {
      const library =
        /.*node_modules\/([^/]+)/.exec(importer)?.[1] ?? (importer.startsWith(source) ? 'zaptrace' : '');
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
/** Node reads all of it at every start. By require() also for Node's own modules: a script cannot import. */
const compact = {
  ...common,
  format: 'cjs',
  outExtension: { '.js': '.cjs' },
  minifySyntax: true,
  minifyWhitespace: true,
  minifyIdentifiers: !process.argv.includes('--names'),
  lineLimit: 120,
  legalComments: 'none',
  supported: { 'dynamic-import': false },
};

rmSync(target, { recursive: true, force: true });
const { metafile } = await build({
  ...compact,
  entryPoints: ['src/cli/main.ts'],
  define: { 'import.meta.url': 'importMeta.url' },
  banner: {
    js: '"use strict";const importMeta={get url(){return require("node:url").pathToFileURL(__filename).href}};',
  },
  // cli-table3 asks for it when a style names colours, and ours names none.
  external: ['@colors/colors'],
  plugins: [lighter],
  metafile: true,
  sourcemap: 'external',
  sourcesContent: false,
});
const main = join(target, 'main.cjs');
const program = readFileSync(main, 'utf8');
// bin/zaptrace reads it as Latin-1, which is faster, and runs it as a script: the function that require() would make.
if (/[^\x00-\x7f]/.test(program)) throw new Error(`${main} is not ASCII`);
// V8's code of a program (code.mjs) is named after it: V8 itself compares no more than the lengths of programs.
const id = createHash('sha256').update(program).digest('hex').slice(0, 16);
writeFileSync(main, `//${id}\n(function(exports,require,module,__filename,__dirname){${program}\n})`);
await build({
  ...common,
  entryPoints: { worker: 'src/cli/worker.ts' },
  format: 'esm',
  packages: 'external',
});
// A thread that begins with ES modules loads their loader first.
await build({
  ...compact,
  entryPoints: { 'ahead-worker': 'src/trace/dat/ahead-worker.ts' },
  define: { 'import.meta.url': '""' },
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

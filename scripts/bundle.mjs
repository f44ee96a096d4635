#!/usr/bin/env node
// Bundles the program: `npm run bundle`. What a plain `check` of a text trace runs is one file, the rest lies in others
// that are read when something asks for them. Beside each file lies V8's compiled code for the Node that builds; any
// other Node compiles the source. bin/program.js loads all of it and says how a file looks.
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, join } from 'node:path';
import { Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { setFlagsFromString } from 'node:v8';
import { build, transform } from 'esbuild';

const root = fileURLToPath(new URL('..', import.meta.url));
const target = join(root, 'dist/program');

/** The files of the program by the sources that each begins with; a module is in the first file that reaches it. */
const PACKS = {
  main: [
    'src/cli/main.ts',
    'src/cli/commands/check.ts',
    'src/report/table.ts',
    'src/analyze.ts',
    'src/trace/text/formats.ts',
  ],
  dat: ['src/trace/dat/format.ts'],
  zstd: ['node_modules/zstddec/dist/zstddec.mjs'],
};
/** Everything else. */
const REST = 'rest';

/** What runs once before V8's code is taken: functions that ran are in it, all others are compiled when called. */
const WARM = [
  ['check', 'fixtures/cli/race.report.txt'],
  ['check', 'fixtures/captures/6.12-zaprace-mmap-leak/tc331.dat'],
];

const common = {
  absWorkingDir: root,
  bundle: true,
  platform: 'node',
  target: 'node20',
  format: 'esm',
  outdir: target,
  logLevel: 'warning',
};

/** Commander loads what starts programs, for commands that are programs of their own: not before it is used. */
const lazyChildProcess = {
  name: 'lazy-child-process',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^node:child_process$/ }, ({ importer }) =>
      importer.includes('/commander/') ? { path: 'lazy', namespace: 'lazy-child-process' } : null,
    );
    onLoad({ filter: /.*/, namespace: 'lazy-child-process' }, () => ({
      contents: 'exports.spawn = (...args) => require("node:child_process").spawn(...args);',
    }));
  },
};

/** A chunk, an ES module as esbuild writes it, as a function: its imports become arguments of `require`. */
function toFunction(name, text, chunks) {
  const body = text
    .replace(
      /^import (?:\* as ([\w$]+)|([\w$]+))?(?:, )?(?:\{([^}]*)\})?(?: from )?("[^"]+");$/gm,
      (_, whole, fallback, names, from) => {
        const targets = [whole, fallback, names && `{${names.replace(/ as /g, ':')}}`].filter(
          (t) => t !== undefined,
        );
        if (targets.length === 0) return `require(${from});`;
        return targets.map((t) => `const ${t} = require(${from});`).join('');
      },
    )
    .replace(/^export \{([^}]*)\};$/gm, (_, names) => {
      const pairs = names.split(',').map((pair) => pair.trim().split(' as '));
      return `return {${pairs.map(([local, as = local]) => `${as}:${local}`).join(',')}};`;
    })
    // `import(address)` of a variable stays: it is for tests of the sources, and V8 refuses it here.
    .replace(/\bimport\(("(?:\.\/|node:)[^"]+")\)/g, (all, id) =>
      id.startsWith('"node:') || chunks.has(JSON.parse(id)) ? `load(${id})` : all,
    );
  for (const [left] of body.matchAll(/\bimport\("[^)]*\)/g))
    throw new Error(`${name}: ${left} is neither a chunk nor a module of Node`);
  return `${JSON.stringify(name)}:(function(require,load,program){\n${body}\n})`;
}

function packOf(outputs) {
  const where = new Map();
  const byEntry = new Map(Object.entries(outputs).map(([file, { entryPoint }]) => [entryPoint, file]));
  const add = (file, pack) => {
    if (where.has(file)) return;
    where.set(file, pack);
    for (const { path, kind } of outputs[file].imports)
      if (kind === 'import-statement' && path in outputs) add(path, pack);
  };
  for (const [pack, entries] of Object.entries(PACKS)) {
    for (const entry of entries) {
      const file = [...byEntry].find(([e]) => e?.endsWith(entry))?.[1];
      if (file === undefined)
        throw new Error(`${entry} is not loaded by import(): expected for the file ${pack}`);
      add(file, pack);
    }
  }
  for (const file of Object.keys(outputs)) add(file, REST);
  return where;
}

rmSync(target, { recursive: true, force: true });
mkdirSync(target, { recursive: true });
await build({ ...common, entryPoints: { worker: 'src/cli/worker.ts' }, packages: 'external' });
const { outputFiles, metafile } = await build({
  ...common,
  entryPoints: { main: 'src/cli/main.ts' },
  splitting: true,
  minifySyntax: true,
  define: { 'import.meta.url': 'program.url' },
  plugins: [lazyChildProcess],
  write: false,
  metafile: true,
});

const text = new Map(outputFiles.map((file) => [basename(file.path), file.text]));
const chunks = new Set([...text.keys()].map((name) => `./${name}`));
const packs = {};
const index = {};
for (const [file, pack] of packOf(metafile.outputs)) {
  const name = basename(file);
  (packs[pack] ??= []).push(toFunction(`./${name}`, text.get(name), chunks));
  index[`./${name}`] = pack;
}
for (const [pack, functions] of Object.entries(packs)) {
  const first = pack === 'main' ? `index:${JSON.stringify(index)},` : '';
  // Parsed again here: an import or export that was not understood is an error.
  const { code } = await transform(`"use strict";({${first}chunks:{${functions.join(',\n')}}})`, {
    target: 'node20',
    minifyWhitespace: true,
    charset: 'ascii',
    legalComments: 'none',
  });
  writeFileSync(join(target, `${pack}.cjs`), code);
}

const { open, CODE } = createRequire(import.meta.url)('../bin/program.js');
const scripts = new Map();
const { main } = open(target, scripts);
for (const argv of WARM) {
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() });
  const cli = {
    stdout: silent,
    stderr: process.stderr,
    stdinIsTerminal: true,
    env: {},
    version: '',
    engine: null,
  };
  await main(argv, { ...cli, exitCode: 0 });
}
for (const [pack, script] of scripts) {
  // V8 takes its code back under the same flags only: what reads a trace is loaded after src/cli/short.ts set them.
  setFlagsFromString(pack === 'main' ? '--opt' : '--no-opt');
  writeFileSync(join(target, `${pack}-${CODE}`), script.createCachedData());
}

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

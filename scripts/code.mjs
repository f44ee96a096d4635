#!/usr/bin/env node
// Puts V8's code of the program beside it (part of `npm run bundle`): bin/zaptrace then need not compile what a check
// of a small trace runs. Only the Node.js that made it takes it; any other one compiles.
import { spawnSync } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const program = join(root, 'dist/program');
const { version, platform, arch } = process;
/** Its name as bin/zaptrace looks for it, with what the program's first line says. */
const code = join(
  program,
  `${readFileSync(join(program, 'main.cjs'), 'latin1').slice(2, 18)}-${version}-${platform}-${arch}.code`,
);

/** What is in the code: what people record most, and the output for people. */
const TRACES = ['cli/race.report.txt', 'cli/clean.report.txt'].concat(
  ['correct', 'mmap-leak'].map((name) => `captures/6.12-zaprace-${name}/tc331.dat`),
);

/** The exit code of a check with scripts/keep-code.cjs. */
function check(env = {}) {
  const traces = TRACES.map((trace) => join('fixtures', trace));
  // V8 drops code that was not called for a while. The traces twice are a long run, which waits for V8's compiler at
  // its end (src/cli/pace.ts): here it does optimize.
  const flags = env.ZAPTRACE_CODE === undefined ? [] : ['--no-flush-bytecode'];
  if (env.ZAPTRACE_CODE !== undefined) traces.push(...traces);
  const { status, stderr } = spawnSync(
    process.execPath,
    [...flags, '--require', './scripts/keep-code.cjs', 'bin/zaptrace', 'check', '--exit-zero', ...traces],
    {
      cwd: root,
      encoding: 'utf8',
      env: { PATH: process.env.PATH, ...env },
      timeout: 30_000,
      killSignal: 'SIGKILL',
    },
  );
  if (stderr !== '') console.error(stderr);
  return status;
}

/** Why the code is not to be used; null: it is. */
function fault() {
  rmSync(code, { force: true });
  // (in case that it hangs all the same)
  if (![1, 2, 3].some(() => check({ ZAPTRACE_CODE: code }) === 0)) return 'could not be made';
  if (check() !== 0) return 'is not taken';
  const good = readFileSync(code);
  // A V8 that does not see the damage crashes on it, sooner or later.
  for (let i = 1; i <= 8; i++) {
    const bad = Buffer.from(good);
    bad[Math.floor((good.length * i) / 9)] ^= 1 << (i % 8);
    writeFileSync(code, bad);
    if (check() !== 10) return 'is taken when it is damaged';
  }
  writeFileSync(code, good);
  return null;
}

const why = fault();
if (why !== null) {
  rmSync(code, { force: true });
  console.error(`V8's code of the program ${why}: starting takes longer without it`);
}

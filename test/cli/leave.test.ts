import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { BIN, ROOT, temporary } from './process.js';

/** A program that waits for something that keeps no event loop alive, as a compiling WebAssembly module. */
const SCRIPT = `
  import { withLoop } from ${JSON.stringify(new URL('../../src/cli/leave.js', import.meta.url).href)};
  await withLoop(() => new Promise((resolve) => setTimeout(resolve, 30).unref()));
  console.log('done');
`;

test('the event loop is alive while the program waits, and ends with it', () => {
  const { stdout, status } = spawnSync(process.execPath, ['--input-type=module', '-e', SCRIPT], {
    encoding: 'utf8',
    timeout: 30_000,
  });
  assert.equal(stdout, 'done\n');
  assert.equal(status, 0);
});

test('V8 optimizes nothing while a small trace is checked, so that nobody waits for that; with more to read it does', () => {
  const trace = join(ROOT, 'fixtures', 'captures', '6.12-zaprace-correct', 'tc331.dat');
  const directory = temporary();
  const many = Array.from({ length: 12 }, (_, i) => join(directory, `${i}.dat`));
  for (const copy of many) copyFileSync(trace, copy);
  const optimized = (traces: readonly string[]): number => {
    const args = ['--trace-opt', BIN, 'check', '-q', '--jobs', '1', ...traces];
    const { stdout, status } = spawnSync(process.execPath, args, { encoding: 'utf8', timeout: 60_000 });
    assert.equal(status, 0);
    return stdout.split('\n').filter((line) => /compiling method.*TURBOFAN/.test(line)).length;
  };
  assert.equal(optimized([trace]), 0);
  assert.ok(optimized(many) > 10);
});

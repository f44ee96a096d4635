import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';

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

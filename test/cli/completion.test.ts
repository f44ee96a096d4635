import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { processCli } from '../../src/cli/cli.js';
import { manual } from '../../src/cli/man.js';
import { VERSION } from '../../src/version.js';
import { command } from './in-process.js';
import { ROOT, temporary } from './process.js';

const missing = (program: string) =>
  spawnSync(program, ['--version']).status === 0 ? false : `${program} is not installed`;

async function script(shell: string): Promise<string> {
  const path = join(temporary(), `completion.${shell}`);
  writeFileSync(path, (await command(['completion', shell])).stdout);
  return path;
}

/** What bash would offer for these words, the last one being typed. */
async function offers(...words: string[]): Promise<string[]> {
  const path = await script('bash');
  const code = `source "$1"; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _zaptrace; printf '%s\\n' "\${COMPREPLY[@]}"`;
  const { stdout, stderr, status } = spawnSync('bash', ['-c', code, 'bash', path, 'zaptrace', ...words], {
    encoding: 'utf8',
    cwd: ROOT,
  });
  assert.equal(stderr, '');
  assert.equal(status, 0);
  return stdout.split('\n').filter((line) => line !== '');
}

test('bash: commands, options, values and files', { skip: missing('bash') }, async () => {
  assert.deepEqual(await offers('ti'), ['timeline']);
  assert.ok((await offers('')).includes('check'));
  assert.deepEqual(await offers('timeline', '--since', '+1', '--lim'), ['--limit']);
  assert.deepEqual(await offers('check', '--rule', 'part'), ['partial-zap']);
  assert.deepEqual(await offers('--format', 'sar'), ['sarif']);
  assert.deepEqual(await offers('timeline', '-f', 'sar'), []);
  assert.deepEqual(await offers('completion', 'z'), ['zsh']);
  assert.deepEqual(await offers('check', 'packa'), ['package-lock.json', 'package.json']);
  assert.deepEqual(await offers('check', '--baseline', 'LICEN'), ['LICENSE']);
});

for (const shell of ['zsh', 'fish']) {
  test(`${shell}: the script parses`, { skip: missing(shell) }, async () => {
    const { status, stderr } = spawnSync(shell, ['-n', await script(shell)], { encoding: 'utf8' });
    assert.equal(stderr, '');
    assert.equal(status, 0);
  });
}

test('every script has every command and every long option', async () => {
  const help = (await command(['check', '--help'])).stdout;
  const options = [...help.matchAll(/^ {2}(?:-\w, )?--([a-z-]+)/gm)].map((match) => match[1]);
  assert.ok(options.length > 20);
  for (const shell of ['bash', 'zsh', 'fish']) {
    const text = (await command(['completion', shell])).stdout;
    for (const option of options)
      assert.ok(text.includes(shell === 'fish' ? `-l ${option} ` : `--${option}`), `${shell}: ${option}`);
    for (const name of ['check', 'timeline', 'events']) assert.match(text, new RegExp(`\\b${name}\\b`));
  }
});

test('the manual page is the one that the options make (npm run man)', async () => {
  assert.equal(readFileSync(join(ROOT, 'man', 'zaptrace.1'), 'utf8'), await manual(processCli(VERSION)));
});

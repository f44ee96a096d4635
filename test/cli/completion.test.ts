import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { processCli } from '../../src/cli/cli.js';
import { COMMANDS } from '../../src/cli/commands.js';
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

test('fish: commands, options and values', { skip: missing('fish') }, async () => {
  const path = await script('fish');
  const fish = (line: string) => {
    const code = `source ${path}; complete -C ${JSON.stringify(line)}`;
    const { stdout, stderr } = spawnSync('fish', ['-N', '-c', code], { encoding: 'utf8', cwd: ROOT });
    assert.equal(stderr, '');
    return stdout
      .trimEnd()
      .split('\n')
      .map((offer) => offer.split('\t')[0]);
  };
  assert.deepEqual(fish('zaptrace ti'), ['timeline']);
  assert.deepEqual(fish('zaptrace check --rule par'), ['partial-zap']);
  assert.deepEqual(fish('zaptrace --fail-on no'), ['note']);
  assert.deepEqual(fish('zaptrace events --lim'), ['--limit']);
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

test('the manual page has every command and option, and groff has nothing to complain of', async () => {
  const page = await manual(processCli(VERSION));
  for (const { name } of COMMANDS) assert.match(page, new RegExp(`^\\.SH ${name.toUpperCase()}$`, 'm'));
  assert.match(page, /^\.B \\-\\-write\\-baseline <file>$/m);
  if (missing('groff')) return;
  const { stdout, stderr } = spawnSync('groff', ['-man', '-ww', '-Tutf8'], { input: page, encoding: 'utf8' });
  assert.equal(stderr, '');
  assert.ok(stdout.split('\n').length > 100);
});

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { test } from 'node:test';
import { ROOT } from './cli/process.js';

/** README and all documents: each ```console block is run, and its output compared. `...` on a line stands for any. */
const DOCUMENTS = ['README.md', 'CONTRIBUTING.md', ...markdown('docs')];

function markdown(directory: string): string[] {
  return readdirSync(join(ROOT, directory), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.md'))
    .map((file) => join(directory, file));
}

interface Example {
  readonly line: number;
  readonly command: string;
  readonly expected: string;
}

function examples(text: string): Example[] {
  const list: { line: number; command: string; expected: string }[] = [];
  for (const block of text.matchAll(/^```console\n([\s\S]*?)^```$/gm)) {
    const start = text.slice(0, block.index).split('\n').length;
    for (const [i, line] of block[1].trimEnd().split('\n').entries()) {
      if (line.startsWith('$ ')) list.push({ line: start + 1 + i, command: line.slice(2), expected: '' });
      else list.at(-1)!.expected += `${line}\n`;
    }
  }
  return list;
}

/** true when the output is the expected text, in which a line of three dots stands for any lines. */
function matches(output: string, expected: string): boolean {
  const parts = expected.split(/^\.\.\.\n/m);
  if (parts.length === 1) return output === expected;
  if (!output.startsWith(parts[0])) return false;
  let rest = output.slice(parts[0].length);
  for (const part of parts.slice(1, -1)) {
    const at = rest.indexOf(part);
    if (at < 0) return false;
    rest = rest.slice(at + part.length);
  }
  return rest.endsWith(parts.at(-1)!);
}

const has = (program: string) => spawnSync('sh', ['-c', `command -v ${program}`]).status === 0;

for (const document of DOCUMENTS) {
  for (const { line, command, expected } of examples(readFileSync(join(ROOT, document), 'utf8'))) {
    const missing = ['jq', 'sqlite3', 'trace-cmd', 'perf'].find(
      (program) => new RegExp(`(^|\\| *)${program} `).test(command) && !has(program),
    );
    test(`${document}:${line}: ${command}`, { skip: missing && `${missing} is not installed` }, () => {
      const { stdout, stderr } = spawnSync('bash', ['-c', command], {
        cwd: ROOT,
        encoding: 'utf8',
        env: {
          PATH: `${join(ROOT, 'bin')}${delimiter}${process.env.PATH}`,
          HOME: process.env.HOME,
          LANG: 'C.UTF-8',
        },
        timeout: 120_000,
        killSignal: 'SIGKILL',
      });
      assert.equal(stderr, '');
      if (!matches(stdout, expected)) assert.equal(stdout, expected);
    });
  }
}

test('the README has examples, and the matcher is not blind', () => {
  assert.ok(examples(readFileSync(join(ROOT, 'README.md'), 'utf8')).length >= 4);
  assert.ok(matches('a\nb\nc\n', 'a\n...\nc\n'));
  assert.ok(!matches('a\nb\n', 'a\n...\nc\n'));
  assert.ok(!matches('a\nb\nc\n', 'a\nc\n'));
});

test('the README lists every command and every format of it', async () => {
  const { COMMANDS } = await import('../src/cli/commands.js');
  const { formatsOf } = await import('../src/report/formats.js');
  const readme = readFileSync(join(ROOT, 'README.md'), 'utf8');
  for (const { name } of COMMANDS) {
    const row = new RegExp(`^\\| \`${name}\`.*$`, 'm').exec(readme)?.[0] ?? '';
    assert.notEqual(row, '', `no row for ${name}`);
    const formats = formatsOf(name).map((format) => format.name);
    assert.ok(
      row.includes(`| ${formats.join(', ')} |`) || formats.length === 0,
      `${name}: ${formats.join(', ')}\n${row}`,
    );
  }
});

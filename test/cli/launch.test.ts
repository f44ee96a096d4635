import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, copyFileSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { BIN, ROOT, temporary } from './process.js';

const folder = join(temporary(), 'with spaces');
mkdirSync(folder);

const run = (program: string, args: string[], path = process.env.PATH) =>
  spawnSync(program, args, { encoding: 'utf8', env: { PATH: path }, timeout: 60_000 });

/** What a program says of itself when it is run in place of Node.js: its arguments, one a line. */
function argumentsOf(program: string, args: string[]): string[] {
  const node = join(folder, 'node');
  writeFileSync(node, '#!/bin/sh\nprintf "%s\\n" "$@"\nexit 7\n');
  chmodSync(node, 0o755);
  const { stdout, status, stderr } = run(program, args, folder);
  assert.equal(stderr, '');
  assert.equal(status, 7);
  return stdout.split('\n').slice(0, -1);
}

/** The CPUs of this machine as the kernel writes them down; empty where it does not. */
function online(): string {
  try {
    return readFileSync('/sys/devices/system/cpu/online', 'utf8').trim();
  } catch {
    return '';
  }
}

describe('bin/zaptrace as a program', () => {
  const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));

  it('runs by itself, by a link to it, and by Node.js', () => {
    const link = join(folder, 'zap link');
    symlinkSync(BIN, link);
    for (const [program, args] of [
      [BIN, []],
      [link, []],
      [process.execPath, [BIN]],
    ] as const) {
      const { stdout, stderr, status } = run(program, [...args, '--version']);
      assert.deepEqual([stdout, stderr, status], [`${version}\n`, '', 0], program);
    }
  });

  it('hands on its arguments and the exit code as they are', () => {
    const file = join(folder, "a trace's $name.txt");
    copyFileSync(join(ROOT, 'fixtures/cli/race.report.txt'), file);
    const { stdout, status } = run(BIN, ['check', '-f', 'gcc', '--', file]);
    assert.equal(status, 1);
    assert.ok(stdout.includes(file), stdout);
  });

  it('starts Node.js with one thread of V8 where there are two CPUs at most', () => {
    const few = ['0', '0-1'].includes(online());
    const args = ['check', '', 'a b', '*', "'", '--v8-pool-size=9'];
    assert.deepEqual(argumentsOf(BIN, args), [...(few ? ['--v8-pool-size=1'] : []), BIN, ...args]);
  });

  it('keeps certificates from Node.js, which would read them first, and hands on all else that is set', () => {
    const node = join(folder, 'node');
    writeFileSync(node, '#!/bin/sh\nprintf "%s,%s\\n" "${NODE_EXTRA_CA_CERTS-unset}" "$NODE_OPTIONS"\n');
    chmodSync(node, 0o755);
    const env = { PATH: folder, NODE_EXTRA_CA_CERTS: '/certificates.pem', NODE_OPTIONS: '--no-warnings' };
    const { stdout } = spawnSync(BIN, ['--version'], { encoding: 'utf8', env, timeout: 60_000 });
    assert.equal(stdout, 'unset,--no-warnings\n');
  });

  it('says what is missing when there is no Node.js', () => {
    const { stderr, status } = run(BIN, ['--version'], join(folder, 'nowhere'));
    assert.match(stderr, /node: not found/);
    assert.equal(status, 127);
  });
});

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { root } from '../helpers.js';

test('the pictures of the documents are what the program draws (npm run pictures)', () => {
  const { status, stderr } = spawnSync(process.execPath, [join(root, 'scripts/pictures.mjs'), '--check'], {
    encoding: 'utf8',
  });
  assert.equal(stderr, '');
  assert.equal(status, 0);
});

test('every picture that a document shows is there, and has a text for those who do not see it', () => {
  for (const document of ['README.md', 'docs/explain.md', 'docs/timeline.md']) {
    const text = readFileSync(join(root, document), 'utf8');
    for (const [, alternative, target] of text.matchAll(/!\[([^\]]*)\]\(([^)]+)\)/g)) {
      assert.ok(existsSync(join(root, dirname(document), target)), `${document}: ${target}`);
      assert.ok(alternative.length > 10, `${document}: ${target} has no text`);
    }
  }
});

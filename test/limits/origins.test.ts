import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { ROOT } from '../cli/process.js';

const FIXTURES = join(ROOT, 'fixtures');
/** What is a fixture's source, not a fixture. */
const SOURCES = new Set(['lab']);

const folders = readdirSync(FIXTURES, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map((entry) => entry.name);

/** Is the name in the text? Also as `*.script.txt.gz`, or as `-latency` in a row that begins with `tracefs.txt.gz`. */
function named(file: string, text: string): boolean {
  const stem = file.replace(/\.(gz|xz|zst)$/, '').replace(/\.\w+$/, '');
  if (text.includes(file) || text.includes(stem)) return true;
  if ([...file.matchAll(/\.(?=[a-z])/g)].some(({ index }) => text.includes(`\`*${file.slice(index)}\``)))
    return true;
  return [...stem.matchAll(/-/g)].some(({ index }) =>
    text
      .split('\n')
      .some((row) => row.includes(stem.slice(0, index)) && row.includes(`, ${stem.slice(index)}`)),
  );
}

test('every folder of fixtures says where it comes from', () => {
  assert.ok(folders.length > 5);
  for (const folder of folders) {
    const text = readFileSync(join(FIXTURES, folder, 'README.md'), 'utf8');
    assert.match(text, /\d\.\d+|synthetic|QEMU/, folder);
  }
});

for (const folder of folders.filter((name) => name !== 'captures' && !SOURCES.has(name))) {
  test(`fixtures/${folder}: every file is named with its origin`, () => {
    const text = readFileSync(join(FIXTURES, folder, 'README.md'), 'utf8');
    for (const entry of readdirSync(join(FIXTURES, folder), { withFileTypes: true })) {
      if (entry.name === 'README.md') continue;
      if (entry.isDirectory()) assert.ok(text.includes(`\`${entry.name}/\``), entry.name);
      else assert.ok(named(entry.name, text), `${entry.name} is not in the README`);
    }
  });
}

test('every capture has its scenario in the README, and beside it how it was made or what was true', () => {
  const captures = join(FIXTURES, 'captures');
  const text = readFileSync(join(captures, 'README.md'), 'utf8');
  for (const entry of readdirSync(captures, { withFileTypes: true })) {
    if (!entry.isDirectory()) continue;
    const scenario = entry.name.replace(/^\d+\.\d+/, '');
    const last = scenario.replace(/^-(vfio|zaprace)/, '');
    assert.ok(text.includes(scenario) || text.includes(`\`${last}\``), `${entry.name} is not in the README`);
    const files = readdirSync(join(captures, entry.name));
    for (const file of files) {
      const tag = file.slice(0, file.indexOf('.'));
      assert.ok(
        files.includes(`${tag}.cmd`) || files.includes(`${tag}.truth.txt`),
        `${entry.name}/${file}: neither ${tag}.cmd nor ${tag}.truth.txt`,
      );
    }
  }
});

import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import { test } from 'node:test';
import { analyze } from '../src/analyze.js';
import { bytesSource, fixture } from './helpers.js';

async function typesOf(source: Parameters<typeof analyze>[0]): Promise<string[]> {
  const types: string[] = [];
  for await (const record of analyze(source)) types.push(record.type);
  return types;
}

test('a file by its name, and bytes from anywhere', async () => {
  assert.equal((await typesOf(fixture('cli/race.report.txt')))[0], 'header');
  const lines = bytesSource('a-1 [000] 1.000000: unmap_mapping_range: mapping=0xffff888100000000\n');
  assert.equal((await typesOf(lines)).at(-1), 'summary');
});

test('anything else is told to be no input', async () => {
  for (const [given, name] of [
    [Readable.from([]), 'Object'],
    [Buffer.from('a'), 'Uint8Array'],
    [null, 'Null'],
  ] as const) {
    await assert.rejects(typesOf(given as never), {
      name: 'TypeError',
      message: `analyze: expected the name of a file ("-" is standard input), found ${name}`,
    });
  }
});

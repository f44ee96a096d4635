import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { test } from 'node:test';
import { openSource } from '../../src/trace/open.js';
import type { FormatName } from '../../src/trace/reader.js';
import { fixture } from '../helpers.js';
import { asked } from './asked.js';
import { damage, random } from './damage-text.js';
import { decodedWhile } from './decoded-count.js';

/** More for a longer search: `FUZZ_ROUNDS=1000`. */
const ROUNDS = Number(process.env.FUZZ_ROUNDS ?? 6);
const NEVER = Number.POSITIVE_INFINITY;

const captures = readdirSync(fixture('text')).filter((name) => name.includes('.txt'));
const formatOf = (name: string): FormatName =>
  name.startsWith('report') ? 'trace-cmd-report' : name.startsWith('perf') ? 'perf-script' : 'tracefs';

async function bytesOf(name: string): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of (await openSource(fixture(`text/${name}`))).chunks())
    chunks.push(Uint8Array.from(chunk));
  return Buffer.concat(chunks);
}

/** Captures whose lines are not of the forms that are decoded: graphs, raw fields, counts, times without a point. */
const LEFT_TO_THE_READER =
  /graph|-R\.|x86-tsc|counter|latency|fields|tsdiff|function|-l\.|marker|noirq|dropped|stack|callchain/;

for (const name of captures) {
  test(`${name}: the same, whether its lines are decoded in WebAssembly or read one by one`, async () => {
    const text = await bytesOf(name);
    const format = formatOf(name);
    for (const seed of [1, 2, 3, 4]) {
      const expected = await asked(text, format, { decodeFrom: NEVER, seed });
      const lines = await decodedWhile(async () => {
        assert.deepEqual(await asked(text, format, { decodeFrom: 0, seed }), expected);
      });
      assert.deepEqual(await asked(text, format, { decodeFrom: 5000, chunk: 997, seed }), expected);
      if (!LEFT_TO_THE_READER.test(name))
        assert.ok(lines > 0.5 * expected.length, `${lines} lines are decoded`);
    }
  });

  test(`${name}, damaged: the same, whether its lines are decoded or not`, async () => {
    const text = (await bytesOf(name)).subarray(0, 40_000);
    const format = formatOf(name);
    for (let i = 1; i <= ROUNDS; i++) {
      const below = random(i * 7919 + text.length);
      const bad = damage(text, below);
      const seed = below(100);
      const expected = await asked(bad, format, { decodeFrom: NEVER, seed });
      const chunk = 1 + below(3000);
      assert.deepEqual(await asked(bad, format, { decodeFrom: 0, seed }), expected, `round ${i}`);
      assert.deepEqual(await asked(bad, format, { decodeFrom: 0, chunk, seed }), expected, `round ${i}`);
    }
  });
}

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openSource } from '../../src/trace/open.js';
import { type FormatName, InputError } from '../../src/trace/reader.js';
import { openTrace } from '../../src/trace/registry.js';
import { bytesSource, fixture } from '../helpers.js';
import { collect } from './collect.js';
import { damage, random } from './damage-text.js';

/** More for a longer search: `FUZZ_ROUNDS=1000`. */
const ROUNDS = Number(process.env.FUZZ_ROUNDS ?? 15);

async function outcome(bytes: Buffer, chunk: number, format: FormatName): Promise<unknown> {
  const reader = await openTrace(bytesSource(bytes, chunk), format);
  try {
    const { records, losses, decls, info } = await collect(reader, 'number');
    return [
      records.map(({ decl: _, ...rest }) => rest),
      losses,
      decls,
      info.diagnostics,
      info.records,
      info.unparsed,
    ];
  } catch (error) {
    if (error instanceof InputError) return error.message;
    throw error;
  }
}

const SOURCES: [name: string, format: FormatName][] = [
  ['report-3.3.1.txt.gz', 'trace-cmd-report'],
  ['report-graph-args.txt.gz', 'trace-cmd-report'],
  ['report-x86-tsc.txt', 'trace-cmd-report'],
  ['trace_pipe-lost.txt.gz', 'tracefs'],
  ['tracefs-graph-args.txt.gz', 'tracefs'],
  ['tracefs-fields-7.3.txt.gz', 'tracefs'],
  ['tracefs-function-stack.txt.gz', 'tracefs'],
  ['perf-6.1-plus.txt.gz', 'perf-script'],
  ['perf-7.3-callchain.txt.xz', 'perf-script'],
];

for (const [index, [name, format]] of SOURCES.entries()) {
  test(`damaged ${name}: never a crash, and the same outcome whatever the cuts between chunks`, async () => {
    const source = await openSource(fixture(`text/${name}`));
    const parts: Buffer[] = [];
    for await (const chunk of source.chunks()) parts.push(Buffer.from(chunk));
    const whole = Buffer.concat(parts);
    const below = random(Number(process.env.FUZZ_SEED ?? 12345) + index);
    for (let round = 0; round < ROUNDS; round++) {
      const from = below(Math.max(whole.length - 5000, 1));
      const bytes = damage(whole.subarray(from, from + 5000), below);
      const expected = await outcome(bytes, 1 << 20, format);
      for (const chunk of [1, 64, 1 + below(2000)]) {
        assert.deepEqual(await outcome(bytes, chunk, format), expected, `round ${round}, chunks of ${chunk}`);
      }
    }
  });
}

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openSource } from '../../src/trace/open.js';
import { type FormatName, InputError } from '../../src/trace/reader.js';
import { openTrace } from '../../src/trace/registry.js';
import { bytesSource, fixture } from '../helpers.js';
import { collect } from './collect.js';

/** More for a longer search: `FUZZ_ROUNDS=1000`. */
const ROUNDS = Number(process.env.FUZZ_ROUNDS ?? 15);

/** xorshift32: the same damage in every run. */
function random(seed: number): (below: number) => number {
  let x = seed;
  return (below) => {
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    return (x >>> 0) % below;
  };
}

const INTERESTING = Buffer.from('\n\n\0 -[](){}=:,"<>|/*%}0x9fa\r\t\xff', 'latin1');

/** Flips, cuts, doubles and moves pieces of a text. */
function damage(text: Buffer, below: (n: number) => number): Buffer {
  let out = Buffer.from(text);
  for (let n = 1 + below(6); n > 0; n--) {
    const at = below(out.length);
    const length = below(Math.min(300, out.length - at)) + 1;
    switch (below(5)) {
      case 0:
        out[at] = below(256);
        break;
      case 1:
        out[at] = INTERESTING[below(INTERESTING.length)];
        break;
      case 2:
        out = Buffer.concat([out.subarray(0, at), out.subarray(at + length)]);
        break;
      case 3:
        out = Buffer.concat([out.subarray(0, at), out.subarray(at, at + length), out.subarray(at)]);
        break;
      default: {
        const to = below(out.length);
        out = Buffer.concat([out.subarray(0, to), out.subarray(at, at + length), out.subarray(to)]);
      }
    }
    if (out.length < 10) return Buffer.from(text);
  }
  return out;
}

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

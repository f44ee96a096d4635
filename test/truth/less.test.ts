import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { analyze } from '../../src/analyze.js';
import { openSource } from '../../src/trace/open.js';
import { bytesSource } from '../helpers.js';
import { Random } from '../scenarios/simulator/scheduler.js';
import { captures } from './page-tables.js';

/** Recordings of each capture: `ZAPTRACE_RUNS=100` for a hundred times as many. */
const RUNS = 20 * Number(process.env.ZAPTRACE_RUNS ?? 1);

/** Texts of runs whose page tables were looked at all the time. */
const TEXT = /\.txt(\.zst)?$/;
const UNSURE = /natural-stray|mmap-prepare/;

/** `  name: ` behind the time stamp, in any of the formats. */
const EVENT = /\d\.\d+: +(?:\w+:)?(\w+):/;
const FIELDS =
  'vma vm_start vm_end mm mapping pgoff vdev addr size root pfn z val ret order start end dst src dst_mm src_mm holebegin holelen type prev vmf len dev'.split(
    ' ',
  );

async function read(path: string): Promise<string[]> {
  const source = await openSource(path);
  const parts: Buffer[] = [];
  for await (const chunk of source.chunks()) parts.push(Buffer.from(chunk));
  await source.close();
  return Buffer.concat(parts).toString('latin1').split('\n');
}

/** The same trace by somebody who probed less, recorded fewer arguments, and whose return probes missed calls. */
function less(lines: readonly string[], random: Random): { text: string; how: string } {
  const names = lines.map((line) => EVENT.exec(line)?.[1] ?? '');
  const none = random.pick([0, 0.1, 0.2, 0.4, 0.6]);
  const without = new Set([...new Set(names)].filter((name) => name !== '' && random.chance(none)));
  const lacks = random.pick([0, 0, 0.15]);
  const fields = FIELDS.filter(() => random.chance(lacks));
  const field = new RegExp(` (?:${fields.join('|')})=\\S+`, 'g');
  const missed = random.pick([0, 0, 0, 0.05, 0.2]);
  const kept = lines.filter(
    (_, i) => !without.has(names[i]) && !(/_ret$|__return$/.test(names[i]) && random.chance(missed)),
  );
  const rest = fields.length === 0 ? kept : kept.map((line) => line.replace(field, ''));
  return { text: rest.join('\n'), how: JSON.stringify({ without: [...without], fields, missed }) };
}

async function verdictOf(text: string): Promise<string | undefined> {
  let verdict: string | undefined;
  try {
    for await (const record of analyze(bytesSource(text)))
      if (record.type === 'summary') verdict = record.verdict;
  } catch (error) {
    // Nothing that can be read is left.
    assert.equal((error as Error).name, 'InputError');
  }
  return verdict;
}

describe('less is recorded of a real run: no violation where nothing was stray, not clean where something was', () => {
  const texts = captures().filter(
    ({ name, truth }) => TEXT.test(name) && (truth.length > 0 || !UNSURE.test(name)),
  );
  for (const { name, path, truth } of texts) {
    test(name, async () => {
      const lines = await read(path);
      const wrong = truth.length > 0 ? 'clean' : 'violation';
      for (let seed = 1; seed <= RUNS; seed++) {
        const { text, how } = less(lines, new Random(seed));
        assert.notEqual(await verdictOf(text), wrong, `seed ${seed}: ${how}`);
      }
    });
  }

  test('there are such captures, of both kinds', () => {
    assert.ok(texts.some(({ truth }) => truth.length > 0) && texts.some(({ truth }) => truth.length === 0));
  });
});

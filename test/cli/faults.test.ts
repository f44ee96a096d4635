import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { fixture } from '../helpers.js';
import { command } from './in-process.js';
import { ROOT } from './process.js';

const HUGE = fixture('captures/7.3-vfio-huge/tc34.dat');
const BASIC = fixture('captures/6.1-vfio-basic/tc331v6.dat');
const CORRECT = fixture('captures/6.12-zaprace-correct/tc331.dat');
const LEAK = fixture('captures/6.12-zaprace-mmap-leak/tc331.dat');

type Schema = Record<string, unknown>;

/** The published schemas allow members that they do not know; ours must name all that we write. */
function strict(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(strict);
  if (typeof value !== 'object' || value === null) return value;
  const copy = Object.fromEntries(Object.entries(value).map(([key, member]) => [key, strict(member)]));
  return 'properties' in copy && copy.type === 'object' ? { additionalProperties: false, ...copy } : copy;
}

const ajv = new Ajv2020({ allErrors: true, strictTypes: false });
for (const file of readdirSync(join(ROOT, 'schema'))) {
  ajv.addSchema(strict(JSON.parse(readFileSync(join(ROOT, 'schema', file), 'utf8'))) as Schema);
}

function valid(name: string, value: unknown): void {
  const validate = ajv.getSchema(`urn:zaptrace:1:${name}`)!;
  assert.ok(validate(value), `${ajv.errorsText(validate.errors)}\n${JSON.stringify(value).slice(0, 500)}`);
}

describe('zaptrace faults', () => {
  it('exits 0: it shows, check judges', async () => {
    const { code, stdout, stderr } = await command(['faults', LEAK]);
    assert.deepEqual([code, stderr], [0, '']);
    assert.match(stdout, /148 faults on 30 VMAs/);
  });

  for (const [name, args] of [
    ['huge', [HUGE]],
    ['a driver that fills whole VMAs', [BASIC]],
    ['several', [HUGE, BASIC, LEAK]],
    ['a span without faults', ['--until', '+0.000001', HUGE]],
  ] as const) {
    it(`every line of NDJSON is valid: ${name}`, async () => {
      const { stdout } = await command(['faults', '-f', 'ndjson', ...args]);
      const records = stdout
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line));
      for (const record of records) {
        valid(record.type, record);
        valid('record', record);
      }
      assert.ok(records.some(({ type, scope }) => type === 'faults' && scope === 'trace'));
    });
  }

  it('JSON is a valid report, for one trace and for several', async () => {
    valid('report', JSON.parse((await command(['faults', '-f', 'json', HUGE])).stdout));
    const several = JSON.parse((await command(['faults', '-f', 'json', HUGE, BASIC])).stdout);
    valid('report', several);
    assert.equal(several.traces.length, 2);
  });

  it('the totals are those of the VMAs that are shown', async () => {
    const run = async (...args: string[]) =>
      JSON.parse((await command(['faults', '-f', 'json', ...args, HUGE])).stdout);
    const all = await run();
    const one = await run('--vma', 'vma3');
    assert.deepEqual(
      one.faults.map(({ scope }: { scope: string }) => scope),
      ['vma', 'device', 'trace'],
    );
    assert.equal(one.faults.at(-1).faults, one.faults[0].faults);
    const sum = all.faults
      .filter(({ scope }: { scope: string }) => scope === 'vma')
      .reduce((n: number, { faults }: { faults: number }) => n + faults, 0);
    assert.equal(all.faults.at(-1).faults, sum);
  });

  it('an unreadable trace exits 2 and does not hide the others', async () => {
    const { code, stdout, stderr } = await command(['faults', HUGE, 'no-such-file']);
    assert.equal(code, 2);
    assert.match(stdout, /20 faults on 7 VMAs/);
    assert.match(stdout, /UNREADABLE no-such-file/);
    assert.match(stderr, /no-such-file/);
  });

  it('has table, ndjson, json and markdown, and no others', async () => {
    const { code, stderr } = await command(['faults', '-f', 'sarif', HUGE]);
    assert.equal(code, 2);
    assert.match(stderr, /known: table, ndjson, json, markdown/);
  });
});

describe('zaptrace diff', () => {
  it('exits 1 when the after trace is worse, 0 when it is not', async () => {
    const worse = await command(['diff', CORRECT, LEAK]);
    assert.equal(worse.code, 1);
    assert.match(worse.stdout, /^WORSE: clean before, violation after\n {2}- findings by kind: 2 new/);
    assert.equal((await command(['diff', LEAK, CORRECT])).code, 0);
    assert.equal((await command(['diff', LEAK, LEAK])).code, 0, 'the same findings are unchanged');
  });

  it('fingerprints survive other runs: two recordings of the same bug are no change', async () => {
    const other = fixture('captures/6.12-zaprace-mmap-leak/tc331.report.txt.zst');
    const { findings, worse } = JSON.parse((await command(['diff', '-f', 'json', LEAK, other])).stdout);
    assert.equal(worse, false);
    assert.ok(findings.length > 0);
    for (const { change } of findings) assert.equal(change, 'unchanged');
  });

  it('its numbers are those of faults', async () => {
    const { stdout } = await command(['diff', '-f', 'json', BASIC, HUGE]);
    const diff = JSON.parse(stdout);
    valid('diff', diff);
    for (const [side, trace] of [
      ['before', BASIC],
      ['after', HUGE],
    ] as const) {
      const faults = JSON.parse((await command(['faults', '-f', 'json', trace])).stdout).faults.at(-1);
      assert.equal(diff.counts.faults[side], faults.faults);
      assert.equal(diff.counts.blocked[side], faults.blocked);
      assert.equal(diff.latency.handler[side].median_ns, faults.latency.handler.median_ns);
      assert.equal(diff.latency.zap[side].p99_ns, faults.latency.zap.p99_ns);
      for (const [order, installs] of Object.entries(faults.orders))
        assert.deepEqual(diff.orders[order][side], installs);
    }
  });

  it('NDJSON is the record on one line', async () => {
    const { stdout } = await command(['diff', '-f', 'ndjson', BASIC, HUGE]);
    assert.equal(stdout.split('\n').length, 2);
    valid('record', JSON.parse(stdout));
  });

  it('input errors exit 2', async () => {
    const missing = await command(['diff', HUGE, 'no-such-file']);
    assert.deepEqual([missing.code, missing.stdout], [2, '']);
    assert.match(missing.stderr, /no-such-file/);
    assert.equal((await command(['diff', HUGE])).code, 2);
    assert.equal((await command(['diff', HUGE, BASIC, LEAK])).code, 2);
    assert.match((await command(['diff', '-', '-'])).stderr, /can be read only once/);
    assert.match((await command(['diff', '--follow', HUGE, BASIC])).stderr, /--follow has no meaning/);
    assert.match(
      (await command(['diff', '-', HUGE], { stdinIsTerminal: true })).stderr,
      /standard input is a terminal/,
    );
  });

  it('a bug of ours is told as one', async () => {
    const { code, stderr } = await command(['diff', 'bug', 'clean'], { fake: true });
    assert.equal(code, 70);
    assert.match(stderr, /internal error/);
  });
});

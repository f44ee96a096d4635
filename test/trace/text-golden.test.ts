import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { openSource } from '../../src/trace/open.js';
import { detectFormat, openTrace } from '../../src/trace/registry.js';
import { bytesSource, fixture } from '../helpers.js';
import { type Collection, collect } from './collect.js';

interface Golden {
  records: number;
  lost: [cpu: number, count: number][];
  names: Record<string, number>;
}

const golden: Record<string, Golden> = JSON.parse(readFileSync(fixture('text/golden.json'), 'utf8'));
const captures = readdirSync(fixture('text')).filter((name) => name.includes('.txt'));

/** What cannot be read in a capture, and why. */
const UNPARSED: Record<string, number> = {
  'trace_pipe-lost.txt.gz': 5, // cut records of trace_pipe
  'perf-7.3-callchain.txt.xz': 1, // its last line is cut
};

async function read(name: string): Promise<Collection> {
  return collect(await openTrace(await openSource(fixture(`text/${name}`))), 'number');
}

/** As golden.py counts: returns of functions share one name. */
function histogram(records: Collection['records']): Record<string, number> {
  const names: Record<string, number> = {};
  for (const { decl, name } of records) {
    const key = decl.shape === 'graph-exit' ? '}' : name;
    names[key] = (names[key] ?? 0) + 1;
  }
  return names;
}

const sorted = <T>(o: Record<string, T>): Record<string, T> => Object.fromEntries(Object.entries(o).sort());

test('every text capture has a count made without zaptrace', () => {
  assert.deepEqual(captures, Object.keys(golden).sort());
});

for (const name of captures) {
  test(`${name}: records, names and losses are those of the tool`, async () => {
    const { info, records, losses } = await read(name);
    const expected = golden[name];
    assert.equal(info.records, expected.records);
    assert.equal(records.length, expected.records);
    assert.deepEqual(sorted(histogram(records)), sorted(expected.names));
    assert.deepEqual(
      losses.map(({ cpu, count }) => [cpu, count]),
      expected.lost,
    );
    assert.equal(info.unparsed, UNPARSED[name] ?? 0);
  });
}

const FORMAT = (name: string): string =>
  name.startsWith('report') ? 'trace-cmd-report' : name.startsWith('perf') ? 'perf-script' : 'tracefs';

test('the format of every capture is known by its first bytes', async () => {
  for (const name of captures) {
    const source = await openSource(fixture(`text/${name}`));
    assert.equal(detectFormat(source).name, FORMAT(name), name);
    await source.close();
  }
});

/** Records without what the closures hold. */
const plain = (c: Collection): unknown => [
  c.records.map(({ decl: _, ...rest }) => rest),
  c.losses,
  c.decls,
  c.info.diagnostics,
  c.info.unparsed,
];

const CHUNKS = [1, 7, 100, 4099];

for (const name of [
  'report-3.3.1.txt.gz',
  'trace_pipe-lost.txt.gz',
  'tracefs-graph-args.txt.gz',
  'report-graph-args.txt.gz',
  'perf-probe.txt',
  'report-x86-tsc.txt',
  'tracefs-latency.txt.gz',
]) {
  test(`${name}: the cuts between chunks change nothing`, async () => {
    const source = await openSource(fixture(`text/${name}`));
    const parts: Buffer[] = [];
    for await (const chunk of source.chunks()) parts.push(Buffer.from(chunk));
    const bytes = Buffer.concat(parts);
    const whole = plain(await collect(await openTrace(bytesSource(bytes)), 'number'));
    for (const size of CHUNKS) {
      const cut = plain(await collect(await openTrace(bytesSource(bytes, size)), 'number'));
      assert.deepEqual(cut, whole, `chunks of ${size}`);
    }
  });
}

test('the same run in seven texts of trace-cmd: the same records', async () => {
  const [first, ...others] = await Promise.all(
    [
      'report-3.1.6-t.txt.gz',
      'report-3.1.6.txt.gz',
      'report-3.1.6-l.txt.gz',
      'report-3.1.6-R.txt.gz',
      'report-3.1.6-tsdiff.txt.gz',
      'report-3.3.1.txt.gz',
      'report-3.3.1-R.txt.gz',
    ].map(read),
  );
  for (const other of others) {
    for (const [i, record] of first.records.entries()) {
      const same = other.records[i];
      assert.equal(same.name, record.name);
      assert.equal(same.cpu, record.cpu);
      assert.equal(same.pid, record.pid);
      assert.equal(same.comm, record.comm);
      assert.equal(same.decl.isReturn, record.decl.isReturn);
      assert.ok(Math.abs(same.t - record.t) <= 1000, `record ${i}: ${same.t} and ${record.t}`);
      if (same.decl.fields.length === record.decl.fields.length) assert.deepEqual(same.args, record.args);
    }
  }
});

test('the same run in six texts of tracefs: the same records', async () => {
  const [first, ...others] = await Promise.all(
    [
      'tracefs.txt.gz',
      'tracefs-tgid.txt.gz',
      'tracefs-noirq.txt.gz',
      'tracefs-verbose-latency.txt.gz',
      'tracefs-latency.txt.gz',
    ].map(read),
  );
  for (const other of others) {
    for (const [i, record] of first.records.entries()) {
      const { name, cpu, pid, comm, t, args, decl } = other.records[i];
      assert.deepEqual([name, cpu, pid, comm], [record.name, record.cpu, record.pid, record.comm]);
      assert.deepEqual(decl, record.decl);
      assert.deepEqual(args, record.args);
      assert.ok(Math.abs(t - record.t) <= 1000);
    }
  }
});

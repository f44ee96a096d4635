import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { timelinePerfetto } from '../../src/report/perfetto/report.js';
import { arrange, type Slice } from '../../src/report/perfetto/tracks.js';
import type { AnyRecord, FindingRecord } from '../../src/report/records.js';
import { createStyle } from '../../src/report/style.js';
import { command } from '../cli/in-process.js';
import { fixture } from '../helpers.js';
import { violationTrace } from './sample.js';
import { readTrace } from './trace-event-format.js';

const LEAK = fixture('captures/6.12-zaprace-mmap-leak/tc331.dat');
const TRACES = [
  LEAK,
  fixture('captures/6.12-zaprace-mmap-leak/tc316.tracefs-trace.txt.zst'),
  fixture('captures/6.12-zaprace-natural-stray/tc331us.dat'),
  fixture('captures/6.12-zaprace-natural-stray/tc331-4cpu.dat'),
  fixture('captures/6.12-vfio-concurrent/tc331.dat'),
  fixture('captures/6.12-vfio-huge/tc331.dat'),
];

async function perfetto(trace: string): Promise<string> {
  const result = await command(['timeline', '-f', 'perfetto', trace]);
  assert.equal(result.stderr, '');
  return result.stdout;
}

async function findings(trace: string): Promise<FindingRecord[]> {
  const result = await command(['check', '-f', 'ndjson', '--exit-zero', trace]);
  return result.stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as AnyRecord)
    .filter((record) => record.type === 'finding');
}

describe('timeline -f perfetto', () => {
  for (const trace of TRACES) {
    it(`keeps the rules of the format, and its flows lead from each finding to its evidence: ${trace.replace(/^.*captures\//, '')}`, async () => {
      const read = readTrace(await perfetto(trace));
      for (const f of await findings(trace)) {
        const flows = read.flows.filter((flow) => flow.name === f.id);
        assert.match(flows[0].from.name, new RegExp(`^${f.id} ${f.rule} `), 'it starts at the finding');
        const reached = new Set(flows.map((flow) => flow.to.args.event));
        // A return is the end of the slice of its call.
        const calls = f.evidence.filter((e) => e.role !== 'install-return' && e.role !== 'zap-end');
        for (const e of calls) assert.ok(reached.has(e.text), `${f.id}: ${e.role} ${e.text}`);
        for (const { to } of flows) assert.equal(read.processes.get(to.pid), 'evidence, by CPU');
      }
    });
  }

  it('has tracks for the device, its zaps, every VMA and every CPU', async () => {
    const read = readTrace(await perfetto(LEAK));
    const names = (process: RegExp) => {
      const [pid] = [...read.processes].find(([, name]) => process.test(name))!;
      return [...read.threads.values()].filter((t) => t.pid === pid).map((t) => t.name);
    };
    const device = names(/^device 0xffffffffc0414600$/);
    assert.ok(device.includes('blocked windows') && device.includes('zaps'));
    for (let v = 1; v <= 30; v++)
      assert.ok(
        device.some((name) => name.startsWith(`vma${v} 0x`)),
        `vma${v}`,
      );
    assert.deepEqual(
      names(/^CPUs$/).filter((name) => !name.includes('(')),
      ['CPU 0', 'CPU 1'],
    );
    assert.equal(
      read.slices.filter((s) => s.cat === 'zap' && s.args.task !== undefined && s.name.startsWith('zap'))
        .length,
      14,
    );
  });

  it('epochs, installs and the stray span are where the records say', async () => {
    const read = readTrace(await perfetto(LEAK));
    const [f] = (await findings(LEAK)).filter((finding) => finding.id === 'F2');
    const stray = read.slices.filter((s) => s.name === 'STRAY PTEs' && s.args.finding === 'F2');
    assert.deepEqual([stray.length, stray[0].start, stray[0].end], [1, f.t_ns, f.t_ns + f.exposed_ns!]);
    const install = f.evidence.find((e) => e.role === 'install')!;
    const back = f.evidence.find((e) => e.role === 'install-return')!;
    const events = read.slices.filter(
      (s) => s.cat === 'install' && s.start === install.t_ns && s.args.vma === 'vma2',
    );
    assert.ok(events.length >= 1);
    for (const s of events) assert.deepEqual([s.name, s.end], ['remap_pfn_range', back.t_ns]);
  });

  it('hostile names stay text', () => {
    const records = violationTrace('x');
    for (const record of records)
      if (record.type === 'vma' || record.type === 'zap') record.comm = '"},\u2028\n{"ph":"X';
    let text = '';
    const context = {
      version: '0',
      rules: [],
      style: createStyle(false),
      unicode: true,
      width: 80,
      limit: 0,
      quiet: false,
      follow: false,
    };
    const report = timelinePerfetto({ write: (t) => (text += t) }, context);
    for (const record of records) report.write(record);
    report.end();
    readTrace(text);
    assert.doesNotMatch(text, /\u2028/);
  });
});

describe('tracks', () => {
  const slice = (start: number, end: number): Slice => ({
    start,
    length: end - start,
    name: `${start}-${end}`,
    category: '',
    args: {},
  });
  const names = (tracks: Slice[][]) => tracks.map((track) => track.map((s) => s.name));

  it('nested slices share a track', () => {
    assert.deepEqual(names(arrange([slice(2, 4), slice(0, 10), slice(4, 10), slice(10, 12)])), [
      ['0-10', '2-4', '4-10', '10-12'],
    ]);
  });

  it('slices that overlap do not', () => {
    assert.deepEqual(names(arrange([slice(0, 10), slice(5, 15), slice(12, 20), slice(16, 18)])), [
      ['0-10', '12-20', '16-18'],
      ['5-15'],
    ]);
  });

  it('disjoint: not even nested ones', () => {
    assert.deepEqual(names(arrange([slice(0, 10), slice(2, 4), slice(5, 6)], true)), [
      ['0-10'],
      ['2-4', '5-6'],
    ]);
  });
});

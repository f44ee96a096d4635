import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { perfDataFormat } from '../../src/trace/perfdata/format.js';
import { type Collection, collect } from './collect.js';
import { probe, returned } from './dat-sample.js';
import { Bytes, type Machine, S390, X86 } from './dat-writer.js';
import { fileSource } from './fixtures.js';
import { ATTRS, twoRounds } from './perf-sample.js';
import {
  CALLCHAIN,
  compressed,
  compressed2,
  exit,
  finishedRound,
  type PerfFile,
  READ,
  record,
  sample,
  switched,
  USUAL,
  writeFileForm,
  writePipeForm,
  zstdRaw,
} from './perf-writer.js';

const folder = mkdtempSync(join(tmpdir(), 'zaptrace-perf-'));
after(() => rmSync(folder, { recursive: true }));
const path = join(folder, 'perf.data');

function read(data: Uint8Array): Promise<Collection> {
  writeFileSync(path, data);
  return collect(perfDataFormat.open(fileSource(path)));
}

function assertTwoRounds({ info, records, losses, decls }: Collection): void {
  assert.deepEqual(info.diagnostics, []);
  assert.equal(info.release, '6.66-test');
  assert.deepEqual(
    records.map((r) => [Number(r.time), r.cpu, r.pid, r.comm, r.name]),
    [
      [1000, 0, 42, 'CPU 0/KVM', 'insert'],
      [2000, 1, 7, '<...>', 'sample_event'],
      [3000, 0, 42, 'CPU 0/KVM', 'insert_ret'],
      [4000, 1, 43, 'CPU 0/KVM', 'insert'],
      [4000, 0, 0, 'swapper', 'insert'],
      [5000, 0, 43, 'child', 'insert'],
      [7000, 0, 42, 'CPU 0/KVM', 'insert'],
    ],
  );
  assert.equal(records[0].t, 0);
  assert.deepEqual(records[0].args, [0x7f0000001234, 9, 1, -1]);
  assert.deepEqual(records[2].args, [-22]);
  assert.deepEqual(records[1].fields.list, [1, 0xfffffffe]);
  assert.deepEqual(
    losses.map((l) => [l.cpu, l.count, l.where, l.before]),
    [
      [1, 17, 'gap', 2],
      // perf record tells it without a time: when it is read.
      [1, 3, 'total', 3],
      [0, -1, 'gap', 6],
    ],
  );
  assert.deepEqual(
    decls.map((d) => [d.name, d.isReturn, d.shape]),
    [
      ['insert', false, 'probe'],
      ['sample_event', null, 'tracepoint'],
      ['insert_ret', true, 'probe'],
    ],
  );
}

for (const [name, machine] of [
  ['little-endian', X86],
  ['big-endian', S390],
] as [string, Machine][]) {
  const file = { machine, attrs: ATTRS, records: twoRounds(machine).records };
  test(`${name}: file form`, async () => assertTwoRounds(await read(writeFileForm(file))));
  test(`${name}: pipe form`, async () => assertTwoRounds(await read(writePipeForm(file))));

  for (const [kind, pack] of [
    ['COMPRESSED', compressed],
    ['COMPRESSED2', compressed2],
  ] as const)
    test(`${name}: ${kind} records, each with a piece of a record at its end`, async () => {
      const [first, ...rest] = twoRounds(machine).records;
      const rounds = rest.filter((r) => r.length === 8).length;
      assert.equal(rounds, 2);
      // Rounds are written plain; what is between them is compressed and cut anywhere.
      const records: Buffer[] = [first];
      let begin = true;
      let waiting: Buffer[] = [];
      const pieces = (size: number) => {
        const stream = zstdRaw(Buffer.concat(waiting), begin);
        for (let at = 0; at < stream.length; at += size)
          records.push(pack(machine, stream.subarray(at, at + size)));
        begin = false;
        waiting = [];
      };
      for (const r of rest) {
        if (r.length > 8) waiting.push(r);
        else {
          pieces(101);
          records.push(r);
        }
      }
      pieces(64);
      assertTwoRounds(await read(writeFileForm({ ...file, records })));
      assertTwoRounds(await read(writePipeForm({ ...file, records })));
    });
}

test('call chains and read values before the raw data are stepped over', async () => {
  const m = X86;
  const attrs = [
    { ...ATTRS[0], sampleType: USUAL | CALLCHAIN | READ, readFormat: 4 | 8 | 1 },
    { ...ATTRS[1], sampleType: USUAL },
  ];
  const records = [
    // GROUP: count, time enabled, then value and id of each.
    sample(m, {
      id: 1,
      pid: 5,
      tid: 6,
      time: 10n,
      cpu: 0,
      raw: probe(m, 6, 0x5000n, 3),
      read: [2n, 7n, 1n, 1n, 2n, 2n],
      chain: [1n, 2n, 3n],
    }),
    sample(m, { id: 3, pid: 5, tid: 6, time: 11n, cpu: 0, raw: returned(m, 6, 1n) }),
  ];
  const { info, records: got } = await read(writeFileForm({ machine: m, attrs, records }));
  assert.deepEqual(info.diagnostics, []);
  assert.deepEqual(
    got.map((r) => [r.name, r.pid, r.args[0]]),
    [
      ['insert', 6, 0x5000],
      ['insert_ret', 6, 1],
    ],
  );
});

test('the clock is told when perf record was, and unknown else', async () => {
  const m = S390;
  const file = { machine: m, attrs: ATTRS.slice(0, 1), records: twoRounds(m).records.slice(0, 2) };
  assert.equal((await read(writeFileForm(file))).info.clock.name, null);
  file.attrs = [{ ...ATTRS[0], clockId: 1 }];
  assert.equal((await read(writeFileForm(file))).info.clock.name, 'mono');
  file.attrs = [{ ...ATTRS[0], clockId: 11 }];
  assert.equal((await read(writePipeForm(file))).info.clock.name, 'tai');
});

test('samples of other events are counted, not read', async () => {
  const m = X86;
  const attrs = [ATTRS[0], { type: 1, config: 0, sampleType: USUAL & ~0x400, ids: [9] }];
  const body = new Bytes(true).u64(9).u64(0).u32(1).u32(1).u64(500).u32(0).u32(0).u64(1).done();
  const records = [
    record(m, 9, body),
    sample(m, { id: 1, pid: 1, tid: 1, time: 9n, cpu: 0, raw: probe(m, 1, 0n, 0) }),
  ];
  const { info, records: got } = await read(writeFileForm({ machine: m, attrs, records }));
  assert.equal(got.length, 1);
  assert.deepEqual(
    [info.records, info.diagnostics.map((d) => [d.code, d.severity])],
    [2, [['other-samples', 'note']]],
  );
});

test('a COMPRESSED2 record whose size does not fit 16 bits, as perf 6.16 writes it', async () => {
  const m = X86;
  const many = (from: number, n: number) => {
    const list: Buffer[] = [];
    for (let i = 0; i < n; i++)
      list.push(
        sample(m, { id: 1, pid: 1, tid: 1, time: BigInt(from + i), cpu: 0, raw: probe(m, 1, 0n, 0) }),
      );
    return Buffer.concat(list);
  };
  const overflow = (size: number, length: number) =>
    new Bytes(true).u32(83).u16(0).u16(size).u64(length).done();
  // One record: 65,519 bytes of data wrap the size to 0, and there is no padding.
  const stream = zstdRaw(many(1, 3000), true);
  const head = stream.subarray(0, 65519);
  const rest = stream.subarray(65519);
  const second = new Bytes(true)
    .u32(83)
    .u16(0)
    .u16(16 + (rest.length % 40000))
    .u64(0xdeadbeefn)
    .done();
  const single = [overflow(0, 65519), head, ...split(rest, 60000).map((p) => compressed2(m, p))];
  const one = await read(writeFileForm({ machine: m, attrs: ATTRS.slice(0, 1), records: single }));
  assert.deepEqual([one.records.length, one.info.diagnostics], [3000, []]);
  // Two records behind one header: the second has its own size, but a data size that was never set.
  const tail = rest.subarray(0, rest.length % 40000);
  const more = rest.subarray(tail.length);
  const total = head.length + second.length + tail.length;
  const double = [
    overflow((16 + total + 7) & 0xfff8, total),
    Buffer.concat([head, second, tail]),
    ...split(more, 60000).map((p) => compressed2(m, p)),
  ];
  const two = await read(writeFileForm({ machine: m, attrs: ATTRS.slice(0, 1), records: double }));
  assert.deepEqual([two.records.length, two.info.diagnostics], [3000, []]);
});

function split(data: Buffer, size: number): Buffer[] {
  const parts: Buffer[] = [];
  for (let at = 0; at < data.length; at += size) parts.push(data.subarray(at, at + size));
  return parts;
}

test('rounds let memory be used again: order holds over many of them', async () => {
  const m = X86;
  const records: Buffer[] = [];
  let time = 1_000_000;
  let count = 0;
  for (let round = 0; round < 400; round++) {
    for (const cpu of [0, 1, 2])
      for (let i = 0; i < 40; i++, count++)
        records.push(
          sample(m, {
            id: 1,
            pid: 1,
            tid: 1,
            time: BigInt(time + i * 3 + cpu),
            cpu,
            raw: probe(m, 1, BigInt(count), 0),
          }),
        );
    // A round may hold events that are newer than the oldest of the next one.
    time += 100;
    records.push(finishedRound(m));
  }
  const { info, records: got } = await read(writeFileForm({ machine: m, attrs: ATTRS.slice(0, 1), records }));
  assert.deepEqual(info.diagnostics, []);
  assert.equal(got.length, count);
  for (let i = 1; i < got.length; i++) assert.ok(got[i].t >= got[i - 1].t, `record ${i}`);
  assert.equal(new Set(got.map((r) => r.args[0])).size, count);
});

test('damage: what is intact before it is read', async () => {
  const m = X86;
  const whole = twoRounds(m).records;
  const file = (records: Buffer[]): PerfFile => ({ machine: m, attrs: ATTRS, records });
  const codes = (c: Collection) => c.info.diagnostics.map((d) => [d.code, d.severity]);

  const cut = writeFileForm(file(whole));
  const end = cut.indexOf(whole.at(-3)!);
  const truncated = await read(writePipeForm(file(whole)).subarray(0, -40));
  assert.equal(truncated.records.length, 7);
  assert.deepEqual(codes(truncated), [['truncated', 'error']]);
  await assert.rejects(read(cut.subarray(0, end)), /found none that can be read/);

  const zero = await read(writePipeForm(file([...whole.slice(0, 4), Buffer.alloc(16), ...whole.slice(4)])));
  assert.deepEqual([zero.records.length, codes(zero)], [3, [['bad-record', 'error']]]);

  const stream = zstdRaw(Buffer.concat(whole.slice(4)), true);
  stream[stream.length - 700] ^= 0xff;
  const bad = Buffer.from(stream);
  bad[6] |= 6;
  const broken = await read(writePipeForm(file([...whole.slice(0, 4), compressed(m, bad), whole[3]])));
  assert.deepEqual([broken.records.length, codes(broken)], [4, [['bad-chunk', 'error']]]);
});

test('a compressed piece that holds gigabytes is not unpacked', async () => {
  const m = X86;
  const whole = twoRounds(m).records;
  // Blocks of one byte 128 Ki times: 1.9 GB.
  const block = Buffer.from([0x02, 0x00, 0x10, 0x00]);
  const bomb = Buffer.concat([zstdRaw(Buffer.alloc(0), true), ...new Array(15_000).fill(block)]);
  const before = process.memoryUsage().rss;
  const { records, info } = await read(
    writePipeForm({ machine: m, attrs: ATTRS, records: [...whole.slice(0, 4), compressed(m, bomb)] }),
  );
  assert.equal(records.length, 3);
  const told = info.diagnostics.find((d) => d.code === 'bad-chunk');
  assert.match(told?.message ?? '', /holds more than \d+ bytes/);
  assert.ok(process.memoryUsage().rss - before < 300e6);
});

test('what cannot be read at all is refused', async () => {
  await assert.rejects(read(Buffer.from('PERFFILE')), /expected the magic "PERFILE2".*byte 0/);
  await assert.rejects(read(Buffer.from('PERFILE2\x07\0\0\0\0\0\0\0')), /header size of 104 or 16, found 7/);
  await assert.rejects(read(writeFileForm({ machine: X86, attrs: [], records: [] })), /found none/);
  const cycles = { type: 0, config: 0, sampleType: USUAL, ids: [1] };
  const other = { machine: X86, attrs: [cycles], records: [finishedRound(X86)] };
  await assert.rejects(read(writeFileForm(other)), /only other events/);
});

test('perf script reads the synthetic file as we do', async (t) => {
  if (spawnSync('perf', ['--version']).error !== undefined)
    return t.skip('PERF IS NOT INSTALLED: the truth of perf.data is not checked');
  writeFileSync(path, writeFileForm({ machine: X86, attrs: ATTRS, records: twoRounds(X86).records }));
  const args = ['script', '-i', path, '--ns', '-F', 'tid,cpu,time,event'];
  const { stdout } = spawnSync('perf', args, { encoding: 'latin1' });
  const ours = await collect(perfDataFormat.open(fileSource(path)));
  const line = /^ *(\d+) \[(\d+)\] +([\d.]+): +(\S+?):? *$/gm;
  const cpu = (n: number) => String(n).padStart(3, '0');
  assert.deepEqual(
    [...stdout.matchAll(line)].map((m) => m.slice(1).join(' ')),
    ours.records.map((r) => `${r.pid} ${cpu(r.cpu)} ${ours.info.clock.text(r.t)} ${r.decl.system}:${r.name}`),
  );
});

test('a thread that has ended is told in its place', async () => {
  const { records } = twoRounds(X86);
  // (in the file before the samples of its round)
  const at = records.findIndex((r) => r.readUInt32LE(0) === 68) + 1;
  const ending = [...records.slice(0, at), exit(X86, 43, 42, 6500n), ...records.slice(at)];
  const { ended } = await read(writeFileForm({ machine: X86, attrs: ATTRS, records: ending }));
  assert.deepEqual(ended, [{ pid: 43, t: 5500, before: 6 }]);
});

test('context switches tell how far each CPU is, in their places', async () => {
  for (const machine of [X86, S390]) {
    const { records } = twoRounds(machine);
    const first = machine.littleEndian ? (r: Buffer) => r.readUInt32LE(0) : (r: Buffer) => r.readUInt32BE(0);
    const at = records.findIndex((r) => first(r) === 68) + 1;
    const switches = [switched(machine, 43, 6500n, 3), switched(machine, 7, 6400n, 12, true)];
    const all = [...records.slice(0, at), ...switches, ...records.slice(at)];
    const { alive, records: samples } = await read(writeFileForm({ machine, attrs: ATTRS, records: all }));
    const before = samples.filter(({ t }) => t < 5400).length;
    assert.deepEqual(alive, [
      { cpu: 12, t: 5400, before },
      { cpu: 3, t: 5500, before },
    ]);
  }
});

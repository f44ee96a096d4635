import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { traceDatFormat } from '../../src/trace/dat/format.js';
import { unpackOrigin } from '../../src/trace/dat/origin.js';
import type { FieldKind } from '../../src/trace/record.js';
import { type Collection, collect } from './collect.js';
import {
  everyKindOfRecord,
  FUNCTION,
  GRAPH_EXIT,
  INSERT,
  PRINT,
  probe,
  sampleFile,
  ZAP,
} from './dat-sample.js';
import {
  ARM32,
  Bytes,
  type DatFile,
  eventHead,
  type Machine,
  Page,
  PPC32,
  S390,
  writeV6,
  writeV7,
  X86,
} from './dat-writer.js';
import { fileSource } from './fixtures.js';
import { assertSameAsReport, haveTraceCmd, traceCmdReport } from './trace-cmd.js';

const folder = mkdtempSync(join(tmpdir(), 'zaptrace-dat-'));
after(() => rmSync(folder, { recursive: true }));

let files = 0;

function save(data: Uint8Array): string {
  const path = join(folder, `${files++}.dat`);
  writeFileSync(path, data);
  return path;
}

function read(data: Uint8Array, kind: FieldKind = 'number'): Promise<Collection> {
  return collect(traceDatFormat.open(fileSource(save(data))), kind);
}

const MACHINES: [string, Machine][] = [
  ['little-endian 64-bit', X86],
  ['big-endian 64-bit', S390],
  ['little-endian 32-bit', ARM32],
  ['big-endian 32-bit', PPC32],
  ['big-endian 64-bit with 64 KiB pages', { ...S390, pageSize: 65536 }],
];
const WRITERS: [string, (file: DatFile) => Buffer][] = [
  ['v6', writeV6],
  ['v7', (f) => writeV7(f)],
  ['v7 zlib', (f) => writeV7(f, 'zlib')],
];

for (const [machineName, machine] of MACHINES) {
  for (const [writerName, write] of WRITERS) {
    test(`${machineName}, ${writerName}: every kind of record is read`, async () => {
      const { info, records, losses, decls } = await read(write(everyKindOfRecord(machine)));
      assert.deepEqual(info.diagnostics, []);
      assert.deepEqual(
        records.map((r) => [r.time, r.cpu, r.pid, r.comm, r.name]),
        [
          [1_000_000n, 0, 42, 'CPU 0/KVM', 'insert'],
          [1_000_000n, 1, 7, 'bash', 'insert'],
          [1_000_500n, 0, 42, 'CPU 0/KVM', 'insert_ret'],
          [1_000_510n + (1n << 30n), 0, 7, 'bash', 'sample_event'],
          [1_500_000_000n, 1, 99, '<...>', 'insert_ret'],
          [2_000_000_010n, 0, 0, '<idle>', 'insert'],
          [3_000_000_000n, 1, 7, 'bash', 'insert'],
          [3_000_000_100n, 1, 7, 'bash', 'insert_ret'],
        ],
      );
      assert.deepEqual(records[0].args, [0x7f0000001234, 9, 1, -1]);
      assert.deepEqual(records[2].args, [-22]);
      assert.deepEqual(records[5].args.slice(1), [-1, 1, -1]);
      assert.deepEqual(records[3].fields, {
        comm: 'vfio lab',
        name: 'name',
        tail: 'tail',
        list: [1, 0xfffffffe],
        ptr: '0x1000',
      });
      assert.deepEqual(
        losses.map(({ cpu, count, where, before }) => [cpu, count, where, before]),
        [
          [1, 17, 'gap', 6],
          [1, -1, 'gap', 7],
        ],
      );
      const kinds = decls.map((d) => [d.name, d.system, d.symbol, d.isReturn, d.shape]);
      assert.deepEqual(kinds, [
        ['insert', 'vfio', 'vmf_insert_pfn', false, 'probe'],
        ['insert_ret', 'vfio', 'vmf_insert_pfn', true, 'probe'],
        ['sample_event', 'sample', null, null, 'tracepoint'],
        // One event may probe several functions.
        ['insert', 'vfio', 'zap_page_range_single', false, 'probe'],
      ]);
    });
  }
}

test('addresses become pages exactly, pointers become identities', async () => {
  const m = X86;
  const file = sampleFile(m, [[new Page(m, 0n).event(0, probe(m, 1, 0xffff_ffff_ffff_f001n, 0))]]);
  assert.equal((await read(writeV6(file), 'page')).records[0].args[0], 2 ** 52 - 1);
  assert.equal((await read(writeV6(file), 'pages-up')).records[0].args[0], 2 ** 52);
  const pointers = await read(writeV6(file), 'pointer');
  assert.equal(pointers.info.pointers.text(pointers.records[0].args[0]), '0xfffffffffffff001');
});

test('the same records are found again by their origin', async () => {
  const plain = writeV6(everyKindOfRecord(X86));
  const { records } = await read(plain);
  for (const record of records)
    assert.equal(
      plain.readUInt16LE(record.origin),
      record.name === 'insert' ? 1001 : record.name === 'insert_ret' ? 1002 : 300,
    );
  const zlib = await read(writeV7(everyKindOfRecord(X86), 'zlib'));
  const origins = zlib.records.map((r) => r.origin);
  assert.equal(new Set(origins).size, origins.length);
  for (const origin of origins) assert.ok(unpackOrigin(origin).at < 8192);
});

test('function tracers: one declaration per function, arguments, return values', async () => {
  const m = X86;
  const call = (pid: number, ip: bigint, ...args: bigint[]) => {
    const e = eventHead(m, FUNCTION, pid).u64(ip).u64(0x99n);
    for (const a of args) e.u64(a);
    return e.done();
  };
  const exit = eventHead(m, GRAPH_EXIT, 1)
    .u64(INSERT + 4n)
    .u64(-2n)
    .u32(3)
    .done();
  const page = new Page(m, 0n)
    .event(1, call(1, INSERT, 5n, 6n))
    .event(1, call(1, ZAP))
    .event(1, call(1, INSERT))
    .event(1, call(1, 0xffffffff9d9999f0n))
    .event(1, exit);
  const { records, decls } = await read(writeV6(sampleFile(m, [[page]])));
  assert.deepEqual(
    decls.map((d) => [d.name, d.symbol, d.shape, d.isReturn]),
    [
      ['vmf_insert_pfn', 'vmf_insert_pfn', 'function', false],
      ['zap_page_range_single', 'zap_page_range_single', 'function', false],
      ['0xffffffff9d9999f0', null, 'function', false],
      ['vmf_insert_pfn', 'vmf_insert_pfn', 'graph-exit', true],
    ],
  );
  assert.deepEqual(decls[0].fields, ['parent_ip', 'arg1', 'arg2', 'arg3', 'arg4', 'arg5', 'arg6']);
  assert.deepEqual(records[0].args, [0x99, 5, 6, NaN, NaN, NaN, NaN]);
  assert.deepEqual(records[0].fields, { parent_ip: '0x99', arg1: '0x5', arg2: '0x6' });
  assert.deepEqual(records[4].fields, { ret: -2, depth: 3 });
});

test('a marker hands out its text', async () => {
  const m = PPC32;
  const print = eventHead(m, PRINT, 7).u32(0).text('begin touch\n\0').done();
  const { records, decls } = await read(writeV6(sampleFile(m, [[new Page(m, 0n).event(0, print)]])));
  assert.equal(decls[0].shape, 'marker');
  assert.equal(records[0].text, 'begin touch');
});

test('equal times: the lower CPU first, instances after the top buffer', async () => {
  const m = X86;
  const at = (pid: number) => [
    new Page(m, 50n).event(0, probe(m, pid, 0n, 0)).event(0, probe(m, pid + 1, 0n, 0)),
  ];
  const file = { ...sampleFile(m, [at(10), at(20)]), instances: [{ name: 'inst', cpus: [at(30), at(40)] }] };
  for (const data of [writeV6(file), writeV7(file), writeV7(file, 'zlib')]) {
    const { records } = await read(data);
    assert.deepEqual(
      records.map((r) => r.pid),
      [10, 11, 20, 21, 30, 31, 40, 41],
    );
  }
});

test('clocks: counts stay counts, DATE and OFFSET move the base, times beyond 2^53 are exact', async () => {
  const m = X86;
  const late = 1_793_000_000_123_456_789n;
  const pages = [[new Page(m, late).event(1, probe(m, 1, 0n, 0)).event(1, probe(m, 1, 0n, 0))]];
  const base = sampleFile(m, pages);
  const counter = await read(writeV6({ ...base, clock: 'local global [counter] mono' }));
  assert.deepEqual(
    [counter.info.clock.name, counter.info.clock.unit, counter.info.clock.digits],
    ['counter', 'count', 0],
  );
  assert.equal(counter.records[1].time, late + 2n);
  const options = [
    { id: 1, data: Buffer.from('0x10\0') },
    { id: 7, data: Buffer.from('-5\0') },
  ];
  const moved = await read(writeV7({ ...base, clock: '[tai] local', options }, 'zlib'));
  assert.deepEqual([moved.info.clock.name, moved.info.clock.unit, moved.info.clock.digits], ['tai', 'ns', 9]);
  assert.equal(moved.records[0].time, late + 1n + 16_000n - 5n);
  assert.equal(moved.info.clock.text(moved.records[1].t), '1793000000.123472786');
});

test('v6: sub-buffers of several pages, which only header_page tells', async () => {
  for (const machine of [X86, PPC32]) {
    const large = { ...machine, pageSize: 16384 };
    const full = (time: bigint) => {
      const page = new Page(large, time);
      for (let i = 0; i < 400; i++) page.event(1, probe(large, i, 0n, 0));
      return page;
    };
    const cpus = [[full(1000n), full(2000n)], [full(1500n)]];
    const data = writeV6({ ...sampleFile(large, cpus), instances: [{ name: 'inst', cpus }] });
    const whole = await read(data);
    // The preamble has the page size of the machine that recorded.
    if (machine.littleEndian) data.writeUInt32LE(4096, 14);
    else data.writeUInt32BE(4096, 14);
    const { records, info } = await read(data);
    assert.deepEqual(info.diagnostics, []);
    assert.equal(records.length, 2400);
    assert.deepEqual(records, whole.records);
  }
});

test('a guest that was synchronised for days: its samples are not gone through for every record', {
  timeout: 10_000,
}, async () => {
  const m = X86;
  const samples = 100_000;
  const data = new Bytes(true).u64(1).u32(0).u32(1).u32(samples);
  for (let i = 0; i < samples; i++) data.u64(i * 1000);
  for (let i = 0; i < samples; i++) data.u64(i);
  for (let i = 0; i < samples; i++) data.u64(1);
  const page = (n: number) => {
    const p = new Page(m, BigInt(samples * 1000 - 50_000 + n * 1000));
    for (let k = 0; k < 80; k++) p.event(1, probe(m, 1, 0n, 0));
    return p;
  };
  const pages = Array.from({ length: 500 }, (_, n) => page(n));
  const file = { ...sampleFile(m, [pages]), options: [{ id: 12, data: data.done() }] };
  const { records } = await read(writeV6(file));
  assert.equal(records.length, 40_000);
  // Of two samples the earlier one counts; behind the last one, the last pair's.
  assert.equal(records[0].time, BigInt(samples * 1000 - 50_000 + 1 + samples - 50));
  assert.equal(records[39_999].time, BigInt(samples * 1000 + 449_000 + 80 + samples - 2));
});

test('options that are not understood are skipped with a note, not believed', async () => {
  const m = X86;
  const options = [
    { id: 8, data: Buffer.alloc(1047, 1) },
    { id: 777, data: Buffer.from('fork') },
    { id: 14, data: Buffer.alloc(3) },
  ];
  const file = { ...everyKindOfRecord(m), options };
  for (const data of [writeV6(file), writeV7(file)]) {
    const { info, records } = await read(data);
    assert.equal(records.length, 8);
    assert.deepEqual(
      info.diagnostics.map((d) => [d.code, d.count]),
      [
        ['odd-option', 2],
        ['unknown-option', 1],
      ],
    );
  }
});

test('losses of a CPU are told as totals', async () => {
  const stat = (cpu: number, overrun: number, dropped: number) => ({
    id: 2,
    data: Buffer.from(
      `CPU: ${cpu}\nentries: 3\noverrun: ${overrun}\ncommit overrun: 0\ndropped events: ${dropped}\n\0`,
    ),
  });
  const file = { ...everyKindOfRecord(X86), options: [stat(0, 0, 0), stat(1, 40, 2)] };
  const { losses } = await read(writeV6(file));
  assert.deepEqual(
    losses.filter((l) => l.where === 'total').map((l) => [l.cpu, l.count, l.before]),
    [[1, 42, 0]],
  );
});

test('an event without a format is counted, not dropped silently', async () => {
  const m = X86;
  const unknown = eventHead(m, 4242, 1).u64(0).done();
  const page = new Page(m, 0n)
    .event(0, unknown)
    .event(1, probe(m, 1, 0n, 0))
    .event(1, unknown);
  const { info, records } = await read(writeV6(sampleFile(m, [[page]])));
  assert.equal(records.length, 1);
  assert.deepEqual([info.records, info.unparsed], [3, 2]);
  assert.deepEqual(
    info.diagnostics.map((d) => [d.code, d.severity, d.count]),
    [['unknown-event', 'error', 2]],
  );
});

for (const [name, machine] of [MACHINES[0], MACHINES[1]]) {
  test(`${name}: trace-cmd reads the synthetic file as we do`, async (t) => {
    if (!haveTraceCmd) return t.skip('TRACE-CMD IS NOT INSTALLED: the truth of trace.dat is not checked');
    const path = save(writeV6(everyKindOfRecord(machine)));
    const report = traceCmdReport(path);
    if ('reason' in report) return t.skip(`this trace-cmd does not read it: ${report.reason}`);
    assertSameAsReport(await collect(traceDatFormat.open(fileSource(path))), report.lines, () => null);
  });
}

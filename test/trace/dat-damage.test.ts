import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { deflateSync } from 'node:zlib';
import { traceDatFormat } from '../../src/trace/dat/format.js';
import { InputError } from '../../src/trace/reader.js';
import { type Collection, collect } from './collect.js';
import { everyKindOfRecord, probe, sampleFile } from './dat-sample.js';
import { Bytes, Page, writeV6, writeV7, X86 } from './dat-writer.js';
import { fileSource } from './fixtures.js';

const folder = mkdtempSync(join(tmpdir(), 'zaptrace-damage-'));
after(() => rmSync(folder, { recursive: true }));
const path = join(folder, 'damaged.dat');

function read(data: Uint8Array): Promise<Collection> {
  writeFileSync(path, data);
  return collect(traceDatFormat.open(fileSource(path)));
}

async function refused(data: Uint8Array): Promise<InputError> {
  let error: unknown;
  await read(data).catch((e) => {
    error = e;
  });
  assert.ok(error instanceof InputError, `expected an InputError, got ${error}`);
  return error;
}

function codes(c: Collection): [string, string][] {
  return c.info.diagnostics.map((d) => [d.code, d.severity]);
}

/** Three pages of CPU 0 and one of CPU 1, one record each. */
const m = X86;
const page = (time: bigint, pid: number) => new Page(m, time).event(0, probe(m, pid, 0n, 0));
const small = sampleFile(m, [[page(100n, 1), page(200n, 2), page(300n, 3)], [page(250n, 9)]]);

/** Offset of the page with this time. */
function pageAt(data: Buffer, time: bigint): number {
  for (let at = 0; at < data.length; at += 4096) if (data.readBigUInt64LE(at) === time) return at;
  throw new Error(`no page with time ${time}`);
}

test('a file cut inside the data: what is there is read, the loss is told', async () => {
  const whole = writeV6(small);
  const cut = await read(whole.subarray(0, pageAt(whole, 300n)));
  assert.deepEqual(
    cut.records.map((r) => r.pid),
    [1, 2],
  );
  assert.deepEqual(codes(cut), [['truncated', 'error']]);
  assert.equal(cut.info.diagnostics[0].count, 2);
});

test('a page whose size cannot be right is left out and leaves a gap', async () => {
  const data = writeV6(small);
  data.writeBigUInt64LE(5000n, pageAt(data, 200n) + 8);
  const { records, losses, info } = await read(data);
  assert.deepEqual(
    records.map((r) => r.pid),
    [1, 9, 3],
  );
  assert.deepEqual(
    losses.map((l) => [l.cpu, l.count, l.where, l.before, l.origin]),
    [[0, -1, 'gap', 2, pageAt(data, 200n)]],
  );
  assert.deepEqual(
    info.diagnostics.map((d) => [d.code, d.severity, d.origin]),
    [['bad-page', 'error', pageAt(data, 200n)]],
  );
});

test('a page of zeros between others is a hole, behind the last one it is room', async () => {
  const data = writeV6(small);
  const hole = pageAt(data, 200n);
  data.fill(0, hole, hole + 4096);
  const { records, losses, info } = await read(data);
  assert.deepEqual(
    records.map((r) => r.pid),
    [1, 9, 3],
  );
  assert.deepEqual(codes({ info } as Collection), [['bad-page', 'error']]);
  assert.deepEqual(
    losses.map(({ cpu, count, where, origin, before }) => [cpu, count, where, origin, before]),
    [[0, -1, 'gap', hole, 2]],
  );

  const room = writeV6(small);
  const last = pageAt(room, 300n);
  room.fill(0, last, last + 4096);
  const whole = await read(room);
  assert.deepEqual(
    whole.records.map((r) => r.pid),
    [1, 2, 9],
  );
  assert.deepEqual([whole.losses, whole.info.diagnostics], [[], []]);
});

test('a record that reaches beyond its page ends the page', async () => {
  const data = writeV6(small);
  const at = pageAt(data, 200n);
  data.writeUInt32LE(28, at + 16);
  const { records, losses, info } = await read(data);
  assert.deepEqual(
    records.map((r) => r.pid),
    [1, 9, 3],
  );
  assert.equal(losses.length, 1);
  assert.deepEqual(
    info.diagnostics.map((d) => [d.code, d.origin]),
    [['bad-record', at + 16]],
  );
});

test('a record in the middle of a page that reaches beyond it: those before it are there, the gap is behind them', async () => {
  const two = page(200n, 2).event(5, probe(m, 4, 0n, 0));
  const data = writeV6(sampleFile(m, [[page(100n, 1), two, page(300n, 3)]]));
  const at = pageAt(data, 200n);
  // Behind the first record of that page, whose length its header says in words.
  const second = at + 16 + 4 + 4 * (data.readUInt32LE(at + 16) & 31);
  data.writeUInt32LE(5 << 5, second);
  data.writeUInt32LE(100_000, second + 4);
  const c = await read(data);
  assert.deepEqual(
    c.records.map((r) => r.pid),
    [1, 2, 3],
  );
  assert.deepEqual(
    c.losses.map((l) => [l.count, l.where, l.before]),
    [[-1, 'gap', 2]],
  );
});

test('records of no length and padding of no length do not stop the reader', async () => {
  for (const header of [0, 29 | (1 << 5)]) {
    const stuck = new Page(m, 50n)
      .word(header)
      .word(0)
      .event(0, probe(m, 7, 0n, 0));
    const { records, info } = await read(writeV6(sampleFile(m, [[stuck, page(60n, 1)]])));
    assert.deepEqual(
      records.map((r) => r.pid),
      [1],
    );
    assert.deepEqual(
      info.diagnostics.map((d) => [d.code, d.count]),
      [['bad-record', 1]],
    );
  }
});

test('a chunk that does not decompress costs its pages only', async () => {
  const data = writeV7(small, 'zlib');
  // CPU 0 has two chunks; the first one's zlib header is 78 9c behind the three counts.
  const first = data.indexOf(Buffer.from([2, 0, 0, 0]), 4096);
  const at = data.indexOf(Buffer.from([0x78, 0x9c]), first);
  data[at + 10] ^= 0xff;
  const { records, losses, info } = await read(data);
  assert.deepEqual(
    records.map((r) => r.pid),
    [9, 3],
  );
  assert.deepEqual(
    losses.map((l) => [l.cpu, l.count, l.before]),
    [[0, -1, 1]],
  );
  assert.deepEqual(
    info.diagnostics.map((d) => [d.code, d.severity, d.origin]),
    [['bad-chunk', 'error', at - 8]],
  );
});

test('a chunk that claims gigabytes is not unpacked', async () => {
  const data = writeV7(small, 'zlib');
  const first = data.indexOf(Buffer.from([2, 0, 0, 0]), 4096);
  const at = data.indexOf(Buffer.from([0x78, 0x9c]), first);
  data.writeUInt32LE(0x7fffffff, at - 4);
  const before = process.memoryUsage().arrayBuffers;
  const { records, info } = await read(data);
  assert.deepEqual(
    records.map((r) => r.pid),
    [9],
  );
  assert.equal(info.diagnostics[0].code, 'bad-chunk');
  assert.ok(process.memoryUsage().arrayBuffers - before < 32e6);
});

test('a crowd of CPUs whose chunks each unpack to megabytes is not unpacked', async () => {
  const cpus = 300;
  const base = writeV7(small, 'zlib');
  const zeros = deflateSync(Buffer.alloc(16 << 20));
  const chunk = new Bytes(true)
    .u32(1)
    .u32(zeros.length)
    .u32(16 << 20)
    .bytes(zeros)
    .done();
  // Another instance in an options section in front of the others.
  const at = base.indexOf(Buffer.from([3, 0, 1, 0, 0, 0, 0, 0]), 40);
  const buffer = new Bytes(true).u64(at).text('crowd\0local\0').u32(4096).u32(cpus);
  for (let cpu = 0; cpu < cpus; cpu++)
    buffer
      .u32(cpu)
      .u64(base.length + cpu * chunk.length)
      .u64(chunk.length);
  const start = base.indexOf('zlib\0') + 9;
  const options = new Bytes(true).u16(3).u32(buffer.length).bytes(buffer.done());
  options.u16(0).u32(8).u64(base.readBigUInt64LE(start));
  const section = new Bytes(true).u16(0).u16(0).u32(0).u64(options.length).bytes(options.done()).done();
  base.writeBigUInt64LE(BigInt(base.length + cpus * chunk.length), start);
  const before = process.memoryUsage().rss;
  const { records, info } = await read(Buffer.concat([base, ...new Array(cpus).fill(chunk), section]));
  assert.equal(records.length, 4);
  assert.match(info.diagnostics[0].message, /a chunk claims to hold 16777216 bytes/);
  assert.ok(process.memoryUsage().rss - before < 500e6);
});

test('a section that is damaged costs what it says, not the trace', async () => {
  const data = writeV7(small);
  // kallsyms claims more than there is.
  const at = data.indexOf('ffffffff9d9772b0 T');
  data.writeUInt32LE(0xffffffff, at - 4);
  const { records, decls, info } = await read(data);
  assert.equal(records.length, 4);
  assert.equal(decls[0].symbol, null);
  assert.deepEqual(codes({ info } as Collection), [['bad-section', 'error']]);
});

test('options that lead back to themselves end', async () => {
  const data = writeV7(small);
  const start = Number(data.readBigUInt64LE(data.indexOf('none\0') + 6));
  data.writeBigUInt64LE(BigInt(start), data.length - 8);
  const { records, info } = await read(data);
  assert.equal(records.length, 4);
  assert.deepEqual(codes({ info } as Collection), [['options-loop', 'error']]);
});

test('two CPUs that claim the same bytes are not counted twice', async () => {
  const data = writeV6(small);
  const table = data.indexOf('flyrecord\0') + 10;
  data.copy(data, table + 16, table, table + 16);
  const { records, info } = await read(data);
  assert.deepEqual(
    records.map((r) => r.pid),
    [1, 2, 3],
  );
  assert.deepEqual(codes({ info } as Collection), [['overlapping-data', 'error']]);
});

test('a CPU that claims to go beyond the file ends where the next one begins, and costs no other', async () => {
  const data = writeV6(small);
  data.writeBigUInt64LE(0xffff_ffff_ffff_f000n, data.indexOf('flyrecord\0') + 18);
  const { records, info } = await read(data);
  assert.deepEqual(
    records.map((r) => r.pid),
    [1, 2, 9, 3],
  );
  assert.deepEqual(codes({ info } as Collection), [['truncated', 'error']]);
});

/** A BUFFER option with so many CPUs of one byte each. */
function crowd(cpus: number): Buffer {
  const at = writeV7(small).indexOf(Buffer.from([3, 0, 0, 0]), 4000);
  const data = new Bytes(true).u64(at).text('crowd\0local\0').u32(4096).u32(cpus);
  for (let cpu = 0; cpu < cpus; cpu++)
    data
      .u32(cpu)
      .u64(20 + cpu)
      .u64(1);
  return data.done();
}

test('more CPUs than there are machines with are not believed', async () => {
  const data = writeV7({ ...small, options: [{ id: 3, data: crowd(100_000) }] });
  const before = process.memoryUsage().rss;
  const { info } = await read(data);
  assert.ok(process.memoryUsage().rss - before < 400e6);
  assert.ok(info.diagnostics.some((d) => d.code === 'too-many-cpus' && /at most 16384/.test(d.message)));
});

test('options that unpack to more than any trace has are refused', async () => {
  const file = { ...small, options: [{ id: 99, data: Buffer.alloc(17 * 1024 * 1024) }] };
  const error = await refused(writeV7(file, 'zlib'));
  assert.match(error.message, /expected at most 16777216 bytes of options/);
});

test('the damage that hides the buffers is what is told', async () => {
  const data = writeV7(small);
  // The first options section leads on to one behind the end.
  const start = Number(data.readBigUInt64LE(data.indexOf('none\0') + 6));
  const section = new Bytes(true).u16(0).u16(0).u32(0).u64(14).u16(0).u32(8).u64(start).done();
  const cut = Buffer.concat([data.subarray(0, start), section]);
  cut.writeBigUInt64LE(BigInt(start + section.length), cut.length - 8);
  assert.match((await refused(cut)).message, new RegExp(`section id.*at byte ${cut.length}`));
});

test('what cannot be read at all is refused with the place and what was expected', async () => {
  const v6 = writeV6(everyKindOfRecord(X86));
  const v7 = writeV7(everyKindOfRecord(X86));
  const damaged = (data: Buffer, at: number, bytes: string) => {
    const copy = Buffer.from(data);
    copy.write(bytes, at, 'latin1');
    return copy;
  };
  const cases: [string, Uint8Array, string, RegExp, number][] = [
    ['empty', new Uint8Array(0), 'truncated', /expected 10 bytes of the trace.dat magic.*byte 0/, 0],
    ['text', Buffer.from('cpus=2\n some text that is no trace'), 'not-trace-dat', /magic.*byte 0/, 0],
    ['version 8', damaged(v6, 10, '8'), 'unknown-version', /version 6 or 7, found "8"/, 12],
    [
      'byte order',
      damaged(v6, 12, '\x07'),
      'bad-header',
      /byte order 0 \(little\) or 1 \(big\), found 7/,
      13,
    ],
    ['page size', damaged(v6, 14, '\0\0\0\0'), 'bad-header', /page size from 256/, 18],
    ['header_page', damaged(v6, 18, 'h_ader'), 'bad-header', /expected "header_page"/, 18],
    [
      'a length of 2^64-1',
      damaged(v6, 30, '\xff'.repeat(8)),
      'bad-length',
      /header_page text claims 18446744073709552000/,
      38,
    ],
    ['cut in the formats', v6.subarray(0, 2000), 'bad-length', /claims \d+ bytes, but only \d+ are left/, -1],
    [
      'options offset',
      damaged(v7, 24, '\xff'.repeat(8)),
      'truncated',
      /section id.*only 0 bytes are left/,
      -1,
    ],
    ['compression', damaged(v7, 18, 'lzma'), 'unknown-compression', /none, zlib or zstd, found "lzma"/, 18],
  ];
  for (const [name, data, code, message, origin] of cases) {
    const error = await refused(data);
    assert.equal(error.code, code, `${name}: ${error.message}`);
    assert.match(error.message, message, name);
    assert.ok(error.message.startsWith(path), name);
    if (origin >= 0) assert.equal(error.origin, origin, name);
  }
});

test('a trace of a latency tracer says what to do', async () => {
  const data = writeV6(small);
  data.write('latency  \0', data.indexOf('flyrecord\0'), 'latin1');
  assert.match((await refused(data)).message, /latency tracer.*trace-cmd report/);
});

test('an empty trace is no error', async () => {
  const { info, records } = await read(writeV6(sampleFile(m, [[], []])));
  assert.deepEqual([records.length, info.diagnostics.length, info.clock.base], [0, 0, null]);
});

import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { after, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Worker } from 'node:worker_threads';
import { inflateSync } from 'node:zlib';
import { analyze } from '../../src/analyze.js';
import { FileBytes } from '../../src/trace/binary/bytes.js';
import { DiagnosticLog } from '../../src/trace/binary/diagnostics.js';
import { Ahead, SLOTS } from '../../src/trace/dat/ahead.js';
import { traceDatFormat } from '../../src/trace/dat/format.js';
import { openDat } from '../../src/trace/dat/open.js';
import { chunksEnd } from '../../src/trace/dat/pages.js';
import { Decoder } from '../../src/trace/decoder/decoder.js';
import { PointerTable } from '../../src/trace/pointers.js';
import { InputError, type ReadOptions } from '../../src/trace/reader.js';
import type { FieldKind, TraceSink } from '../../src/trace/record.js';
import { fixture } from '../helpers.js';
import { probe, returned, sampleFile } from './dat-sample.js';
import { Page, S390, writeV7, X86 } from './dat-writer.js';
import { fileSource } from './fixtures.js';

const folder = mkdtempSync(join(tmpdir(), 'zaptrace-ahead-'));
after(() => rmSync(folder, { recursive: true }));

const traces = readdirSync(fixture(''), { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.dat'))
  .map((name) => join(fixture(''), name));

/** Sub-buffers of one CPU, one record in 50 ns. */
function pages(count: number, machine = X86): Page[] {
  return Array.from({ length: count }, (_, p) => {
    const page = new Page(machine, BigInt(p) * 5000n);
    for (let i = 0; i < 60; i++)
      page.event(
        50,
        i % 3 === 2 ? returned(machine, 7, 256n) : probe(machine, 7 + (i % 2), BigInt(p * 4096 + i), i),
      );
    return page;
  });
}

function write(name: string, data: Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, data);
  return path;
}

const RECORDS = 360_000;
const packed = writeV7(sampleFile(X86, [pages(3000), pages(3000)]), 'zlib');
const long = write('long.dat', packed);

const KINDS: readonly FieldKind[] = ['pointer', 'page', 'number'];

/** Every call of the sink as a line, then what the reader tells of the trace, or the error. */
async function calls(path: string, secondThread: boolean): Promise<string[]> {
  const lines: string[] = [];
  const sink: TraceSink = {
    declare(decl) {
      lines.push(`declare ${JSON.stringify(decl)}`);
      const fields = decl.fields
        .slice(0, 17)
        .map((_, field) => ({ field, slot: field, kind: KINDS[field % 3], lazy: field % 2 === 1 }));
      return { fields, wantText: decl.shape === 'marker', wantFields: false };
    },
    record(record) {
      record.load();
      const { interest, t, cpu, pid, comm, origin, text } = record;
      const args = record.args.subarray(record.base, record.base + interest.fields.length).join();
      lines.push([t, cpu, pid, comm, origin, args, interest.wantText ? text : ''].join('|'));
    },
    lost: (loss) => lines.push(`lost ${JSON.stringify(loss)}`),
  };
  const reader = traceDatFormat.open(fileSource(path));
  await reader.read(sink, { secondThread }).catch((error) => {
    assert.ok(error instanceof InputError, error);
    const { name, code, message, input, origin } = error;
    lines.push(JSON.stringify({ name, code, message, input, origin }));
  });
  const { pointers, clock, ...info } = reader.info;
  return [...lines, `${pointers.size}`, JSON.stringify(info), `${clock.base}`];
}

async function assertSame(path: string): Promise<string[]> {
  const here = await calls(path, false);
  const there = await calls(path, true);
  const at = here.findIndex((line, i) => line !== there[i]);
  if (at >= 0) assert.equal(there[at], here[at], `${relative(fixture(''), path)}, call ${at}`);
  assert.equal(there.length, here.length, path);
  return here;
}

test('the same calls of the sink with a thread that decompresses', async () => {
  assert.ok(traces.length > 20, `${traces.length} traces`);
  for (const path of traces) await assertSame(path);
  assert.ok((await assertSame(long)).length > RECORDS);
  await assertSame(write('s390.dat', writeV7(sampleFile(S390, [pages(500, S390), []]), 'zlib')));
});

test('the same records of the analysis', async () => {
  for (const path of [long, ...traces.slice(0, 10)]) {
    const [here, there] = await Promise.all(
      [false, true].map(async (secondThread) => {
        const records: unknown[] = [];
        for await (const record of analyze(path, { secondThread })) records.push(record);
        return records;
      }),
    );
    assert.deepEqual(there, here, path);
  }
});

test('damage: the same losses and diagnostics', async () => {
  const damaged = Buffer.from(packed);
  for (const part of [0.3, 0.5, 0.7]) damaged[Math.floor(packed.length * part)] ^= 0x55;
  const here = await assertSame(write('damaged.dat', damaged));
  assert.ok(here.some((line) => line.includes('bad-chunk')));
  assert.ok(here.some((line) => line.startsWith('lost')));
  await assertSame(write('cut.dat', packed.subarray(0, packed.length * 0.8)));
});

/** The regions of the long trace as a thread takes them, and the sizes and contents of the first one's chunks. */
async function regionsOf(path: string) {
  const file = new FileBytes(path, path);
  const { layout } = await openDat(file, new DiagnosticLog([]));
  const [buffer] = layout.buffers;
  const regions = buffer.cpus.map((cpu) => ({ offset: cpu.offset, end: chunksEnd(cpu, file.size) }));
  file.close();
  const data = readFileSync(path);
  const chunks: Buffer[] = [];
  let at = regions[0].offset + 4;
  for (let n = data.readUInt32LE(regions[0].offset); n > 0; n--) {
    const length = data.readUInt32LE(at);
    chunks.push(inflateSync(data.subarray(at + 8, at + 8 + length)));
    at += 8 + length;
  }
  return { regions, chunks, pageSize: buffer.pageSize };
}

test('chunks come ahead, as many as there are slots, and go on where the reader is', async () => {
  const { regions, chunks, pageSize } = await regionsOf(long);
  assert.ok(chunks.length > 100, `${chunks.length} chunks`);
  const decoder = new Decoder(long, true, new PointerTable());
  const ahead = new Ahead({ path: long, compression: 'zlib' });
  ahead.start(regions, pageSize, decoder);
  try {
    // From the first chunk on; then the reader has jumped.
    for (const first of [0, 60]) {
      ahead.take(0, first, chunks[first].length);
      await sleep(300);
      for (let n = first + 1; n < first + SLOTS - 1; n++) {
        const { length } = chunks[n];
        const at = ahead.take(0, n, length);
        assert.ok(at !== 0, `chunk ${n}`);
        assert.ok(Buffer.from(decoder.bytes.slice(at, at + length)).equals(chunks[n]), `chunk ${n}`);
      }
    }
    assert.equal(ahead.take(1, 0, 1), 0, 'another size than the reader found');
  } finally {
    await ahead.close();
  }
});

test('without its thread the reader goes on alone', async () => {
  const { regions, chunks, pageSize } = await regionsOf(long);
  const decoder = new Decoder(long, true, new PointerTable());
  const gone = new Ahead({ path: join(folder, 'gone.dat'), compression: 'zlib' });
  gone.start(regions, pageSize, decoder);
  const many = new Ahead({ path: long, compression: 'zlib' });
  many.start(
    Array.from({ length: 1000 }, () => regions[0]),
    pageSize,
    decoder,
  );
  for (const ahead of [gone, many]) ahead.take(0, 0, chunks[0].length);
  await sleep(300);
  assert.equal(gone.take(0, 1, chunks[1].length), 0);
  assert.equal(many.take(0, 1, chunks[1].length), 0, 'too much memory');
  for (const ahead of [gone, many]) await ahead.close();
});

/** Reads the long trace with a thread; `during` sees the number of each record. */
async function read(during: (count: number) => void, options?: ReadOptions): Promise<number> {
  let count = 0;
  const sink: TraceSink = {
    declare: () => ({ fields: [], wantText: false, wantFields: false }),
    record: () => during(++count),
    lost() {},
  };
  await traceDatFormat.open(fileSource(long)).read(sink, { secondThread: true, ...options });
  return count;
}

test('an abort, an error of the sink and a consumer that leaves end the thread', async () => {
  // Of a thread that is ended from outside, the code is 1.
  const codes: number[] = [];
  const watch = (thread: Worker) => thread.once('exit', (code) => codes.push(code));
  process.on('worker', watch);
  const stop = new AbortController();
  const count = await read((n) => n === 1000 && stop.abort(), { signal: stop.signal });
  assert.ok(count >= 1000 && count < RECORDS, `${count} records`);
  const fails = read((n) => {
    if (n === 5000) throw new RangeError('of the sink');
  });
  await assert.rejects(fails, new RangeError('of the sink'));
  for await (const record of analyze(long, { secondThread: true, records: { events: 'all' } }))
    if (record.type !== 'header') break;
  process.off('worker', watch);
  assert.deepEqual(codes, [0, 0, 0]);
});

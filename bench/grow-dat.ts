/**
 * Makes a large trace.dat out of a small one of version 6, compressed (`.zst`) or not: the pages of every CPU are
 * repeated, each time later.
 *
 *     node build/bench/grow-dat.js FILE.dat --size 1G --output BIG.dat
 */
import { closeSync, openSync, readFileSync, writeSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { FileBytes } from '../src/trace/binary/bytes.js';
import { DiagnosticLog } from '../src/trace/binary/diagnostics.js';
import { traceDatFormat } from '../src/trace/dat/format.js';
import { openDat } from '../src/trace/dat/open.js';
import { openSource, spool } from '../src/trace/open.js';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { size: { type: 'string', default: '1G' }, output: { type: 'string', short: 'o' } },
});
const [input] = positionals;
const unit = { k: 1e3, M: 1e6, G: 1e9 }[values.size.slice(-1)] ?? 1;
const size = Number.parseFloat(values.size) * unit;
if (input === undefined || values.output === undefined || !(size > 0)) {
  console.error('usage: grow-dat FILE.dat --size 1G --output BIG.dat');
  process.exit(2);
}

const opened = await openSource(input);
const file = opened.path === null ? await spool(opened) : opened;
const path = file.path ?? input;
const { layout } = await openDat(new FileBytes(input, path), new DiagnosticLog([]));
const [buffer] = layout.buffers;
if (layout.version !== 6 || !layout.littleEndian || layout.buffers.length !== 1)
  throw new Error(`${input}: expected a little-endian version 6 file with one buffer`);
const data = readFileSync(path);
const page = buffer.pageSize;

/** Nanoseconds from the first record to the last. */
async function duration(): Promise<number> {
  let [first, last] = [Number.POSITIVE_INFINITY, 0];
  await traceDatFormat.open(file).read({
    declare: () => ({ fields: [], wantText: false, wantFields: false }),
    record({ t }) {
      first = Math.min(first, t);
      last = Math.max(last, t);
    },
    lost() {},
  });
  return last - first;
}
const span = BigInt(Math.ceil(await duration())) + 1_000_000n;

const start = Math.min(...buffer.cpus.map((r) => r.offset));
const head = Buffer.from(data.subarray(0, start));
const table = head.lastIndexOf('flyrecord\0') + 10;
const times = Math.max(1, Math.round(size / buffer.cpus.reduce((sum, r) => sum + r.size, 0)));
const out = openSync(values.output, 'w');
let at = start;
for (const region of buffer.cpus) {
  head.writeBigUInt64LE(BigInt(at), table + region.cpu * 16);
  head.writeBigUInt64LE(BigInt(region.size * times), table + region.cpu * 16 + 8);
  const copy = Buffer.from(data.subarray(region.offset, region.offset + region.size));
  for (let i = 0; i < times; i++) {
    writeSync(out, copy, 0, copy.length, at);
    at += copy.length;
    for (let p = 0; p < copy.length; p += page) copy.writeBigUInt64LE(copy.readBigUInt64LE(p) + span, p);
  }
}
writeSync(out, head, 0, head.length, 0);
closeSync(out);
await file.close();
console.log(`${values.output}: ${times} times ${input}, ${at} bytes`);

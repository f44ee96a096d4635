/**
 * Makes a large perf.data of a small one: its samples and rounds again and again, each time later. For files in file
 * mode, little endian, not compressed, whose samples have their time at one place.
 *
 *     node build/bench/grow-perf.js fixtures/perfdata/FILE.data --size 400M -o BIG.data
 */
import { closeSync, openSync, readFileSync, writeSync } from 'node:fs';
import { parseArgs } from 'node:util';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { size: { type: 'string', default: '400M' }, output: { type: 'string', short: 'o' } },
});
const [source] = positionals;
const { output } = values;
if (source === undefined || output === undefined)
  throw new Error('usage: grow-perf.js FILE --size 400M -o OUTPUT');
const size =
  Number.parseFloat(values.size) * ({ K: 1e3, M: 1e6, G: 1e9 }[values.size.at(-1) as 'K' | 'M' | 'G'] ?? 1);

const file = readFileSync(source);
const u64 = (at: number): number => Number(file.readBigUInt64LE(at));
if (file.toString('latin1', 0, 8) !== 'PERFILE2') throw new Error(`${source}: not a little-endian perf.data`);
const [attrSize, attrs] = [u64(16), u64(24)];
const [dataAt, dataSize] = [u64(40), u64(48)];
const sampleType = u64(attrs + 24);
if (attrSize === 0) throw new Error(`${source}: pipe mode`);

// perf_event_sample: IDENTIFIER, IP, TID come before TIME (include/uapi/linux/perf_event.h).
const IDENTIFIER = 1 << 16;
const before = [IDENTIFIER, 1 << 0, 1 << 1].filter((bit) => (sampleType & bit) !== 0).length;
const timeAt = 8 + 8 * before;
const [SAMPLE, FINISHED_ROUND] = [9, 68];

/** The records that are repeated, and the times of the samples among them. */
const parts: Buffer[] = [];
const places: number[] = [];
let length = 0;
let [first, last] = [2n ** 64n, 0n];
for (let at = dataAt; at < dataAt + dataSize; ) {
  const type = file.readUInt32LE(at);
  const bytes = file.readUInt16LE(at + 6);
  if (type === SAMPLE || type === FINISHED_ROUND) {
    if (type === SAMPLE) {
      const time = file.readBigUInt64LE(at + timeAt);
      if (time < first) first = time;
      if (time > last) last = time;
      places.push(length + timeAt);
    }
    parts.push(file.subarray(at, at + bytes));
    length += bytes;
  }
  at += bytes;
}
const block = Buffer.concat(parts);
const step = last - first + 1_000_000n;
const copies = Math.max(0, Math.round((size - file.length) / length));

const header = Buffer.from(file.subarray(0, dataAt));
header.writeBigUInt64LE(BigInt(dataSize + copies * length), 48);
const out = openSync(output, 'w');
writeSync(out, header);
writeSync(out, file, dataAt, dataSize);
for (let copy = 1; copy <= copies; copy++) {
  for (const place of places) block.writeBigUInt64LE(block.readBigUInt64LE(place) + step, place);
  writeSync(out, block);
}
// The features' table and contents stand behind the data, with places in the file.
const rest = Buffer.from(file.subarray(dataAt + dataSize));
const sections = [...header.subarray(72, 104)].reduce(
  (sum, byte) => sum + byte.toString(2).replaceAll('0', '').length,
  0,
);
for (let i = 0; i < sections; i++)
  rest.writeBigUInt64LE(rest.readBigUInt64LE(16 * i) + BigInt(copies * length), 16 * i);
writeSync(out, rest);
closeSync(out);
console.log(`${output}: ${places.length * (copies + 1)} samples`);

import { sampleFormats } from './dat-sample.js';
import { Bytes, type Machine } from './dat-writer.js';

/** Bits of sample_type that the samples here have: IP, TID, TIME, CPU, PERIOD, RAW, IDENTIFIER as perf record sets them. */
export const USUAL = 0x1 | 0x2 | 0x4 | 0x80 | 0x100 | 0x400 | 0x10000;
export const CALLCHAIN = 0x20;
export const READ = 0x10;

export interface AttrSpec {
  type: number;
  config: number;
  sampleType: number;
  readFormat?: number;
  clockId?: number;
  ids: number[];
}

export interface PerfFile {
  machine: Machine;
  attrs: AttrSpec[];
  /** Records of the data section. */
  records: Buffer[];
}

/** A record: u32 type, u16 misc, u16 size, body. */
export function record(m: Machine, type: number, body: Buffer, misc = 0): Buffer {
  return new Bytes(m.littleEndian)
    .u32(type)
    .u16(misc)
    .u16(8 + body.length)
    .bytes(body)
    .done();
}

export interface SampleSpec {
  id: number;
  pid: number;
  tid: number;
  time: bigint;
  cpu: number;
  raw: Buffer;
  /** For sample types with CALLCHAIN and READ. */
  chain?: bigint[];
  read?: bigint[];
}

/** A SAMPLE with the usual sample type. */
export function sample(m: Machine, s: SampleSpec): Buffer {
  const b = new Bytes(m.littleEndian).u64(s.id).u64(0xffffffff81000000n).u32(s.pid).u32(s.tid).u64(s.time);
  b.u32(s.cpu).u32(0).u64(1);
  for (const value of s.read ?? []) b.u64(value);
  if (s.chain !== undefined) {
    b.u64(s.chain.length);
    for (const ip of s.chain) b.u64(ip);
  }
  // The kernel pads so that size word and data together are a multiple of 8.
  const size = Math.ceil((s.raw.length + 4) / 8) * 8 - 4;
  b.u32(size)
    .bytes(s.raw)
    .bytes(Buffer.alloc(size - s.raw.length));
  return record(m, 9, b.done());
}

/** What sample_id_all puts behind other records, for the usual sample type. */
function trailer(b: Bytes, id: number, tid: number, time: bigint, cpu: number): Bytes {
  return b.u32(tid).u32(tid).u64(time).u32(cpu).u32(0).u64(id);
}

export function comm(m: Machine, tid: number, name: string, time: bigint): Buffer {
  const b = new Bytes(m.littleEndian).u32(tid).u32(tid).text(name.padEnd(16, '\0'));
  return record(m, 3, trailer(b, 1, tid, time, 0).done());
}

export function fork(m: Machine, tid: number, parent: number, time: bigint): Buffer {
  const b = new Bytes(m.littleEndian).u32(tid).u32(parent).u32(tid).u32(parent).u64(time);
  return record(m, 7, trailer(b, 1, tid, time, 0).done());
}

export function exit(m: Machine, tid: number, parent: number, time: bigint): Buffer {
  const b = new Bytes(m.littleEndian).u32(tid).u32(parent).u32(tid).u32(parent).u64(time);
  return record(m, 4, trailer(b, 1, tid, time, 0).done());
}

export function lost(m: Machine, count: number, time: bigint, cpu: number): Buffer {
  return record(m, 2, trailer(new Bytes(m.littleEndian).u64(1).u64(count), 1, 0, time, cpu).done());
}

export function lostSamples(m: Machine, count: number, time: bigint, cpu: number, misc = 0): Buffer {
  return record(m, 13, trailer(new Bytes(m.littleEndian).u64(count), 1, 0, time, cpu).done(), misc);
}

export function throttle(m: Machine, id: number, time: bigint, cpu: number): Buffer {
  const b = new Bytes(m.littleEndian).u64(time).u64(id).u64(id);
  return record(m, 5, trailer(b, id, 0, time, cpu).done());
}

export function finishedRound(m: Machine): Buffer {
  return record(m, 68, Buffer.alloc(0));
}

const ATTR_SIZE = 128;

/** A perf_event_attr of 128 bytes. */
function attr(m: Machine, spec: AttrSpec): Buffer {
  const b = new Bytes(m.littleEndian).u32(spec.type).u32(ATTR_SIZE).u64(spec.config).u64(1);
  b.u64(spec.sampleType).u64(spec.readFormat ?? 0);
  const flags = Buffer.alloc(8);
  const set = (n: number) => {
    flags[n >> 3] |= m.littleEndian ? 1 << (n & 7) : 0x80 >> (n & 7);
  };
  set(18);
  if (spec.clockId !== undefined) set(25);
  b.bytes(flags).bytes(Buffer.alloc(44));
  b.u32(spec.clockId ?? 0);
  return b.bytes(Buffer.alloc(ATTR_SIZE - b.length)).done();
}

/** Tracing data 0.6 with the sample formats. */
export function tracingData(m: Machine): Buffer {
  const b = new Bytes(m.littleEndian).bytes(Buffer.from([0x17, 0x08, 0x44])).text('tracing0.6\0');
  b.u8(m.littleEndian ? 0 : 1)
    .u8(m.longSize)
    .u32(m.pageSize);
  const page =
    '\tfield: u64 timestamp;\toffset:0;\tsize:8;\tsigned:0;\n' +
    `\tfield: local_t commit;\toffset:8;\tsize:${m.longSize};\tsigned:1;\n` +
    `\tfield: char data;\toffset:${8 + m.longSize};\tsize:${m.pageSize - 8 - m.longSize};\tsigned:1;\n`;
  b.text('header_page\0').u64(page.length).text(page);
  b.text('header_event\0').u64(4).text('none');
  const formats = sampleFormats(m);
  const ftrace = formats.filter((f) => f.system === 'ftrace');
  b.u32(ftrace.length);
  for (const { text } of ftrace) b.u64(text.length).text(text);
  const systems = [...new Set(formats.map((f) => f.system))].filter((s) => s !== 'ftrace');
  b.u32(systems.length);
  for (const system of systems) {
    const own = formats.filter((f) => f.system === system);
    b.text(`${system}\0`).u32(own.length);
    for (const { text } of own) b.u64(text.length).text(text);
  }
  return b.u32(0).u32(0).u64(0).done();
}

/** Feature 4. */
function osRelease(m: Machine): Buffer {
  return new Bytes(m.littleEndian).u32(64).text('6.66-test'.padEnd(64, '\0')).done();
}

const MAGIC = { little: 'PERFILE2', big: '2ELIFREP' };

/** The file form: header, ids, attributes, data, feature table, features. */
export function writeFileForm(file: PerfFile): Buffer {
  const { machine: m } = file;
  const data = Buffer.concat(file.records);
  const ids = new Bytes(m.littleEndian);
  const idSections = file.attrs.map((a) => {
    const offset = 104 + ids.length;
    for (const id of a.ids) ids.u64(id);
    return { offset, size: a.ids.length * 8 };
  });
  const attrsAt = 104 + ids.length;
  const entry = ATTR_SIZE + 16;
  const dataAt = attrsAt + file.attrs.length * entry;
  const out = new Bytes(m.littleEndian).text(m.littleEndian ? MAGIC.little : MAGIC.big);
  out
    .u64(104)
    .u64(entry)
    .u64(attrsAt)
    .u64(file.attrs.length * entry);
  out.u64(dataAt).u64(data.length).u64(0).u64(0);
  // Features 1 (tracing data) and 4 (OS release).
  out
    .u64((1n << 1n) | (1n << 4n))
    .u64(0)
    .u64(0)
    .u64(0);
  out.bytes(ids.done());
  file.attrs.forEach((a, i) => {
    out.bytes(attr(m, a)).u64(idSections[i].offset).u64(idSections[i].size);
  });
  out.bytes(data);
  const [tracing, release] = [tracingData(m), osRelease(m)];
  const at = out.length + 32;
  out
    .u64(at)
    .u64(tracing.length)
    .u64(at + tracing.length)
    .u64(release.length);
  return out.bytes(tracing).bytes(release).done();
}

/** The pipe form: everything is a record. */
export function writePipeForm(file: PerfFile): Buffer {
  const { machine: m } = file;
  const out = new Bytes(m.littleEndian).text(m.littleEndian ? MAGIC.little : MAGIC.big).u64(16);
  for (const a of file.attrs) {
    const ids = new Bytes(m.littleEndian);
    for (const id of a.ids) ids.u64(id);
    out.bytes(record(m, 64, Buffer.concat([attr(m, a), ids.done()])));
  }
  out.bytes(record(m, 80, new Bytes(m.littleEndian).u64(4).bytes(osRelease(m)).u8(0).done()));
  const tracing = tracingData(m);
  const padded = Math.ceil(tracing.length / 8) * 8;
  out.bytes(record(m, 66, new Bytes(m.littleEndian).u32(padded).done()));
  out.bytes(tracing).bytes(Buffer.alloc(padded - tracing.length));
  for (const r of file.records) out.bytes(r);
  return out.done();
}

/**
 * A zstd stream of raw blocks (no compressor needed): magic, a frame header with a window of 128 KiB and no content
 * size, then blocks of u24 `last | type << 1 | size << 3`, never the last one, as perf record leaves its stream open.
 */
export function zstdRaw(data: Buffer, begin: boolean): Buffer {
  const out: Buffer[] = begin ? [Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0x00, 0x38])] : [];
  for (let at = 0; at < data.length; at += 100_000) {
    const block = data.subarray(at, at + 100_000);
    const head = block.length << 3;
    out.push(Buffer.from([head & 0xff, (head >> 8) & 0xff, head >> 16]), block);
  }
  return Buffer.concat(out);
}

/** COMPRESSED (81) and COMPRESSED2 (83) records of these pieces. */
export function compressed(m: Machine, piece: Buffer): Buffer {
  return record(m, 81, piece);
}

export function compressed2(m: Machine, piece: Buffer): Buffer {
  const padded = Math.ceil((16 + piece.length) / 8) * 8;
  const b = new Bytes(m.littleEndian)
    .u64(piece.length)
    .bytes(piece)
    .bytes(Buffer.alloc(padded - 16 - piece.length));
  return record(m, 83, b.done());
}

/** A context switch: nothing but what every record carries, or (of a whole CPU) the other thread besides. */
export function switched(m: Machine, tid: number, time: bigint, cpu: number, wide = false): Buffer {
  const b = new Bytes(m.littleEndian);
  if (wide) b.u32(tid + 1).u32(tid + 1);
  return record(m, wide ? 15 : 14, trailer(b, 1, tid, time, cpu).done());
}

import { deflateSync } from 'node:zlib';

/** What kind of machine and file to write. */
export interface Machine {
  littleEndian: boolean;
  longSize: 4 | 8;
  pageSize: number;
}

export const X86: Machine = { littleEndian: true, longSize: 8, pageSize: 4096 };
export const S390: Machine = { littleEndian: false, longSize: 8, pageSize: 4096 };
export const ARM32: Machine = { littleEndian: true, longSize: 4, pageSize: 4096 };
export const PPC32: Machine = { littleEndian: false, longSize: 4, pageSize: 4096 };

/** Growing bytes in the machine's byte order. */
export class Bytes {
  #data = Buffer.alloc(1024);
  length = 0;

  constructor(readonly littleEndian: boolean) {}

  #grow(n: number): number {
    while (this.length + n > this.#data.length)
      this.#data = Buffer.concat([this.#data, Buffer.alloc(this.#data.length)]);
    this.length += n;
    return this.length - n;
  }

  u8(v: number): this {
    this.#data.writeUInt8(v, this.#grow(1));
    return this;
  }

  u16(v: number): this {
    const at = this.#grow(2);
    this.littleEndian ? this.#data.writeUInt16LE(v, at) : this.#data.writeUInt16BE(v, at);
    return this;
  }

  u32(v: number): this {
    const at = this.#grow(4);
    this.littleEndian ? this.#data.writeUInt32LE(v >>> 0, at) : this.#data.writeUInt32BE(v >>> 0, at);
    return this;
  }

  u64(v: bigint | number): this {
    const value = BigInt.asUintN(64, BigInt(v));
    const at = this.#grow(8);
    this.littleEndian ? this.#data.writeBigUInt64LE(value, at) : this.#data.writeBigUInt64BE(value, at);
    return this;
  }

  long(v: bigint | number, size: 4 | 8): this {
    return size === 8 ? this.u64(v) : this.u32(Number(BigInt.asUintN(32, BigInt(v))));
  }

  text(v: string): this {
    return this.bytes(Buffer.from(v, 'latin1'));
  }

  bytes(v: Uint8Array): this {
    const at = this.#grow(v.length);
    this.#data.set(v, at);
    return this;
  }

  align(n: number): this {
    this.#grow((n - (this.length % n)) % n);
    this.#data.fill(0, this.length - ((n - (this.length % n)) % n), this.length);
    return this;
  }

  /** Overwrites a u64 that was reserved before. */
  patch64(at: number, v: number): void {
    this.littleEndian
      ? this.#data.writeBigUInt64LE(BigInt(v), at)
      : this.#data.writeBigUInt64BE(BigInt(v), at);
  }

  done(): Buffer {
    return Buffer.from(this.#data.subarray(0, this.length));
  }
}

/** One sub-buffer, record by record. */
export class Page {
  readonly #body: Bytes;
  #lost: number | null = null;

  constructor(
    readonly machine: Machine,
    readonly time: bigint,
  ) {
    this.#body = new Bytes(machine.littleEndian);
  }

  #header(typeLength: number, delta: number): this {
    this.#body.u32(
      this.machine.littleEndian ? (delta << 5) | typeLength : (typeLength << 27) | (delta & 0x7ffffff),
    );
    return this;
  }

  /** A data record, `delta` after the record before it. */
  event(delta: number, payload: Uint8Array): this {
    const words = Math.ceil(payload.length / 4);
    if (words > 0 && words <= 28) this.#header(words, delta);
    else {
      this.#header(0, delta);
      this.#body.u32(payload.length + 4);
    }
    this.#body.bytes(payload).align(4);
    return this;
  }

  extend(delta: bigint): this {
    this.#header(30, Number(delta & 0x7ffffffn));
    this.#body.u32(Number(delta >> 27n));
    return this;
  }

  stamp(time: bigint): this {
    this.#header(31, Number(time & 0x7ffffffn));
    this.#body.u32(Number((time >> 27n) & 0xffffffffn));
    return this;
  }

  /** A discarded record of `size` bytes (with its length word). */
  discarded(delta: number, size: number): this {
    this.#header(29, delta);
    this.#body.u32(size).bytes(Buffer.alloc(size - 4, 0xaa));
    return this;
  }

  /** Padding to the end of the page. */
  rest(): this {
    return this.#header(29, 0);
  }

  word(w: number): this {
    this.#body.u32(w);
    return this;
  }

  /** Events were lost before this page; -1: the kernel did not say how many. */
  lost(count: number): this {
    this.#lost = count;
    return this;
  }

  done(): Buffer {
    const { littleEndian, longSize, pageSize } = this.machine;
    const body = this.#body.done();
    let commit = body.length;
    if (this.#lost !== null) commit += this.#lost < 0 ? 0x80000000 : 0xc0000000;
    const page = new Bytes(littleEndian).u64(this.time).long(commit, longSize).bytes(body);
    if (this.#lost !== null && this.#lost >= 0) page.long(this.#lost, longSize);
    return Buffer.concat([page.done(), Buffer.alloc(pageSize - page.length)]);
  }
}

/** A field of an event format: `[declaration, offset, size, signed]`. */
export type FormatField = [string, number, number, 0 | 1];

/** Text of a format file with the usual common fields. */
export function formatText(name: string, id: number, fields: FormatField[]): string {
  const common: FormatField[] = [
    ['unsigned short common_type', 0, 2, 0],
    ['unsigned char common_flags', 2, 1, 0],
    ['unsigned char common_preempt_count', 3, 1, 0],
    ['int common_pid', 4, 4, 1],
  ];
  const line = ([d, o, s, g]: FormatField) => `\tfield:${d};\toffset:${o};\tsize:${s};\tsigned:${g};\n`;
  const fmt = printFormat(fields);
  return `name: ${name}\nID: ${id}\nformat:\n${common.map(line).join('')}\n${fields.map(line).join('')}\n${fmt}\n`;
}

/** Values as the kernel's own events print them; trace-cmd takes the number formats of `report -R` from here. */
function printFormat(fields: FormatField[]): string {
  const formats: string[] = [];
  const values: string[] = [];
  for (const [declaration, , size] of fields) {
    const name = /(\w+)(\[.*\])?$/.exec(declaration)![1];
    if (declaration.includes('_loc ')) values.push(`__get_str(${name})`);
    else if (declaration.includes('[')) continue;
    else values.push(`REC->${name}`);
    formats.push(`${name}=${declaration.includes('_loc ') ? '%s' : size === 8 ? '0x%llx' : '%d'}`);
  }
  return `print fmt: "${formats.join(' ')}", ${values.join(', ')}`;
}

/** The fields every event begins with. */
export function eventHead(machine: Machine, id: number, pid: number): Bytes {
  return new Bytes(machine.littleEndian).u16(id).u8(0).u8(0).u32(pid);
}

export interface DatFile {
  machine: Machine;
  formats: { system: string; text: string }[];
  /** Pages of each CPU. */
  cpus: Page[][];
  kallsyms?: string;
  cmdlines?: string;
  options?: { id: number; data: Uint8Array }[];
  /** trace_clock text; v6 writes an empty TRACECLOCK option and the text behind the table. */
  clock?: string;
  instances?: { name: string; cpus: Page[][] }[];
}

function pageHeaderText({ longSize, pageSize }: Machine): string {
  const data = 8 + longSize;
  return (
    '\tfield: u64 timestamp;\toffset:0;\tsize:8;\tsigned:0;\n' +
    `\tfield: local_t commit;\toffset:8;\tsize:${longSize};\tsigned:1;\n` +
    '\tfield: int overwrite;\toffset:8;\tsize:1;\tsigned:1;\n' +
    `\tfield: char data;\toffset:${data};\tsize:${pageSize - data};\tsigned:0;\n`
  );
}

const EVENT_HEADER_TEXT =
  '# compressed entry header\n\ttype_len    :    5 bits\n\ttime_delta  :   27 bits\n\tarray       :   32 bits\n\n' +
  '\tpadding     : type == 29\n\ttime_extend : type == 30\n\ttime_stamp : type == 31\n\tdata max type_len  == 28\n';

function headerInfo(out: Bytes, machine: Machine): void {
  const page = pageHeaderText(machine);
  out.text('header_page\0').u64(page.length).text(page);
  out.text('header_event\0').u64(EVENT_HEADER_TEXT.length).text(EVENT_HEADER_TEXT);
}

function ftraceFormats(out: Bytes, file: DatFile): void {
  const formats = file.formats.filter((f) => f.system === 'ftrace');
  out.u32(formats.length);
  for (const { text } of formats) out.u64(text.length).text(text);
}

function eventFormats(out: Bytes, file: DatFile): void {
  const systems = [...new Set(file.formats.map((f) => f.system))].filter((s) => s !== 'ftrace');
  out.u32(systems.length);
  for (const system of systems) {
    const formats = file.formats.filter((f) => f.system === system);
    out.text(`${system}\0`).u32(formats.length);
    for (const { text } of formats) out.u64(text.length).text(text);
  }
}

function magic(out: Bytes, { littleEndian, longSize, pageSize }: Machine, version: string): void {
  out.bytes(Buffer.from([0x17, 0x08, 0x44])).text(`tracing${version}\0`);
  out
    .u8(littleEndian ? 0 : 1)
    .u8(longSize)
    .u32(pageSize);
}

/** Version 6. */
export function writeV6(file: DatFile): Buffer {
  const { machine } = file;
  const out = new Bytes(machine.littleEndian);
  magic(out, machine, '6');
  headerInfo(out, machine);
  ftraceFormats(out, file);
  eventFormats(out, file);
  const { kallsyms = '', cmdlines = '' } = file;
  out.u32(kallsyms.length).text(kallsyms).u32(0).u64(cmdlines.length).text(cmdlines);
  out.u32(file.cpus.length);
  out.text('options  \0');
  for (const { id, data } of file.options ?? []) out.u16(id).u32(data.length).bytes(data);
  const instanceAt: number[] = [];
  for (const { name } of file.instances ?? []) {
    out.u16(3).u32(8 + name.length + 1);
    instanceAt.push(out.length);
    out.u64(0).text(`${name}\0`);
  }
  if (file.clock !== undefined) out.u16(4).u32(0);
  out.u16(0).text('flyrecord\0');
  const patches: [number, Page[]][] = [];
  const table = (cpus: Page[][]) => {
    for (const pages of cpus) {
      patches.push([out.length, pages]);
      out.u64(0).u64(0);
    }
  };
  table(file.cpus);
  if (file.clock !== undefined) out.u64(file.clock.length).text(file.clock);
  file.instances?.forEach(({ cpus }, i) => {
    out.patch64(instanceAt[i], out.length);
    out.text('flyrecord\0');
    table(cpus);
  });
  for (const [at, pages] of patches) {
    out.align(machine.pageSize);
    out.patch64(at, out.length);
    for (const page of pages) out.bytes(page.done());
    out.patch64(at + 8, pages.length * machine.pageSize);
  }
  return out.done();
}

const SECTIONS: [number, (out: Bytes, file: DatFile) => void][] = [
  [16, (out, file) => headerInfo(out, file.machine)],
  [17, ftraceFormats],
  [18, eventFormats],
  [19, (out, { kallsyms = '' }) => out.u32(kallsyms.length).text(kallsyms)],
  [20, (out) => out.u32(0)],
  [21, (out, { cmdlines = '' }) => out.u64(cmdlines.length).text(cmdlines)],
];

/** Version 7, plain or with zlib. Instances share the clock. */
export function writeV7(file: DatFile, compression: 'none' | 'zlib' = 'none'): Buffer {
  const { machine } = file;
  const out = new Bytes(machine.littleEndian);
  magic(out, machine, '7');
  out.text(`${compression}\0`).text(compression === 'none' ? '\0' : '1.2\0');
  const start = out.length;
  out.u64(0);
  const options = new Bytes(machine.littleEndian);
  for (const [id, write] of SECTIONS) {
    const body = new Bytes(machine.littleEndian);
    write(body, file);
    options.u16(id).u32(8).u64(out.length);
    section(out, id, body.done(), compression);
  }
  for (const { id, data } of file.options ?? []) options.u16(id).u32(data.length).bytes(data);
  if (file.clock !== undefined) options.u16(4).u32(file.clock.length).text(file.clock);
  const clock = /\[(.*)\]/.exec(file.clock ?? '[local]')![1];
  for (const { name, cpus } of [{ name: '', cpus: file.cpus }, ...(file.instances ?? [])]) {
    const at = out.length;
    out
      .u16(3)
      .u16(compression === 'none' ? 0 : 1)
      .u32(0)
      .u64(0);
    const data = new Bytes(machine.littleEndian).u64(at).text(`${name}\0${clock}\0`);
    data.u32(machine.pageSize).u32(cpus.length);
    cpus.forEach((pages, cpu) => {
      out.align(machine.pageSize);
      const from = out.length;
      cpuData(out, pages, compression);
      data
        .u32(cpu)
        .u64(pages.length === 0 ? 0 : from)
        .u64(pages.length === 0 ? 0 : out.length - from);
    });
    options.u16(3).u32(data.length).bytes(data.done());
  }
  options.u16(0).u32(8).u64(0);
  out.patch64(start, out.length);
  section(out, 0, options.done(), compression);
  return out.done();
}

function section(out: Bytes, id: number, body: Buffer, compression: 'none' | 'zlib'): void {
  const packed = compression === 'none' ? body : deflateSync(body);
  out
    .u16(id)
    .u16(compression === 'none' ? 0 : 1)
    .u32(0);
  if (compression === 'none') out.u64(packed.length).bytes(packed);
  else
    out
      .u64(packed.length + 8)
      .u32(packed.length)
      .u32(body.length)
      .bytes(packed);
}

/** Chunks of two pages when compressed. */
function cpuData(out: Bytes, pages: Page[], compression: 'none' | 'zlib'): void {
  if (pages.length === 0) return;
  if (compression === 'none') {
    for (const page of pages) out.bytes(page.done());
    return;
  }
  out.u32(Math.ceil(pages.length / 2));
  for (let i = 0; i < pages.length; i += 2) {
    const data = Buffer.concat(pages.slice(i, i + 2).map((p) => p.done()));
    const packed = deflateSync(data);
    out.u32(packed.length).u32(data.length).bytes(packed);
  }
}

import { type DatFile, eventHead, formatText, type Machine, Page } from './dat-writer.js';

export const PROBE = 1001;
export const RETURN = 1002;
export const TRACEPOINT = 300;
export const FUNCTION = 1;
export const GRAPH_ENTRY = 11;
export const GRAPH_EXIT = 10;
export const PRINT = 5;

/** Address of `vmf_insert_pfn` in the sample's kallsyms; 32-bit kernels have the lower half. */
export const INSERT = 0xffffffff9d9772f0n;
export const ZAP = 0xffffffff9d9772b0n;

/** Formats with every kind of field, laid out as this machine's kernel does. */
export function sampleFormats(machine: Machine): { system: string; text: string }[] {
  const l = machine.longSize;
  return [
    {
      system: 'ftrace',
      text: formatText('function', FUNCTION, [
        ['unsigned long ip', 8, l, 0],
        ['unsigned long parent_ip', 8 + l, l, 0],
        ['unsigned long args[]', 8 + 2 * l, 0, 0],
      ]),
    },
    {
      system: 'ftrace',
      text: formatText('funcgraph_entry', GRAPH_ENTRY, [
        ['unsigned long func', 8, l, 0],
        ['int depth', 8 + l, 4, 1],
      ]),
    },
    {
      system: 'ftrace',
      text: formatText('funcgraph_exit', GRAPH_EXIT, [
        ['unsigned long func', 8, l, 0],
        ['long retval', 8 + l, l, 1],
        ['int depth', 8 + 2 * l, 4, 1],
      ]),
    },
    {
      system: 'ftrace',
      text: formatText('print', PRINT, [
        ['unsigned long ip', 8, l, 0],
        ['char buf[]', 8 + l, 0, 0],
      ]),
    },
    {
      system: 'vfio',
      text: formatText('insert', PROBE, [
        ['unsigned long __probe_ip', 8, l, 0],
        ['u64 addr', 8 + l, 8, 0],
        ['s32 order', 16 + l, 4, 1],
        ['u8 write', 20 + l, 1, 0],
        ['s16 delta', 22 + l, 2, 1],
      ]),
    },
    {
      system: 'vfio',
      text: formatText('insert_ret', RETURN, [
        ['unsigned long __probe_func', 8, l, 0],
        ['unsigned long __probe_ret_ip', 8 + l, l, 0],
        ['s64 ret', 8 + 2 * l, 8, 1],
      ]),
    },
    {
      system: 'sample',
      text: formatText('sample_event', TRACEPOINT, [
        ['char comm[16]', 8, 16, 0],
        ['__data_loc char[] name', 24, 4, 0],
        ['__rel_loc char[] tail', 28, 4, 0],
        ['unsigned int list[2]', 32, 8, 0],
        ['void * ptr', 40, l, 0],
      ]),
    },
  ];
}

export function sampleFile(machine: Machine, cpus: Page[][]): DatFile {
  const address = (a: bigint) => a.toString(16).slice(machine.longSize === 4 ? 8 : 0);
  return {
    machine,
    formats: sampleFormats(machine),
    cpus,
    kallsyms: `${address(ZAP)} T zap_page_range_single\n${address(INSERT)} T vmf_insert_pfn\n`,
    cmdlines: '42 CPU 0/KVM\n7 bash\n',
  };
}

/** A kprobe 4 bytes into vmf_insert_pfn. */
export function probe(m: Machine, pid: number, addr: bigint, order: number, ip = INSERT + 4n): Buffer {
  return eventHead(m, PROBE, pid).long(ip, m.longSize).u64(addr).u32(order).u8(1).u8(0).u16(0xffff).done();
}

export function returned(m: Machine, pid: number, ret: bigint): Buffer {
  return eventHead(m, RETURN, pid)
    .long(INSERT + 4n, m.longSize)
    .long(0x1234, m.longSize)
    .u64(ret)
    .done();
}

export function tracepoint(m: Machine, pid: number): Buffer {
  const head = eventHead(m, TRACEPOINT, pid).text('vfio lab'.padEnd(16, '\0'));
  const strings = 40 + m.longSize;
  // "name" and its NUL at `strings`; "tail" behind it, counted from the end of the word at 28.
  head.u32((5 << 16) | strings).u32((5 << 16) | (strings + 5 - 32));
  return head.u32(1).u32(0xfffffffe).long(0x1000, m.longSize).text('name\0tail\0').done();
}

/** Two CPUs with all kinds of record headers. */
export function everyKindOfRecord(m: Machine): DatFile {
  const cpu0 = [
    new Page(m, 1_000_000n)
      .event(0, probe(m, 42, 0x7f0000001234n, 9))
      .event(500, returned(m, 42, -22n))
      .extend(1n << 30n)
      .event(10, tracepoint(m, 7)),
    new Page(m, 2_000_000_000n)
      .discarded(5, 24)
      .event(5, probe(m, 0, 0xffff_ffff_ffff_f001n, -1))
      .rest(),
  ];
  const cpu1 = [
    new Page(m, 1_000_000n)
      .event(0, probe(m, 7, 0x1000n, 0))
      .stamp(1_500_000_000n)
      .event(0, returned(m, 99, 256n)),
    new Page(m, 3_000_000_000n).lost(17).event(0, probe(m, 7, 0n, 0, ZAP)),
    new Page(m, 3_000_000_100n).lost(-1).event(0, returned(m, 7, 0n)),
  ];
  return sampleFile(m, [cpu0, cpu1]);
}

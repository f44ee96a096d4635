import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { FieldKind } from '../../src/trace/record.js';
import { openTrace } from '../../src/trace/registry.js';
import { bytesSource } from '../helpers.js';
import { collect } from './collect.js';
import { readOne, readText, reportLine, tracefsLine } from './read-text.js';

const DECLS: [
  what: string,
  line: string,
  decl: [symbol: string | null, isReturn: boolean | null, shape: string, fields: string[]],
][] = [
  [
    'kprobe of tracefs',
    tracefsLine('p: (vmf_insert_pfn+0x4/0x20) vma=0xff12 addr=0x7fb0f8eb9000'),
    ['vmf_insert_pfn', false, 'probe', ['vma', 'addr']],
  ],
  [
    'kprobe in a module',
    tracefsLine('p: (vfio_pci_core_mmap+0x4/0x1d0 [vfio_pci_core]) vma=0xff12'),
    ['vfio_pci_core_mmap', false, 'probe', ['vma']],
  ],
  [
    'kprobe on a clone of a function',
    tracefsLine('p: (zap_pte_range.constprop.0+0x0/0x1170)'),
    ['zap_pte_range.constprop.0', false, 'probe', []],
  ],
  [
    'kretprobe of tracefs',
    tracefsLine('r: (vfio_pci_mmap_huge_fault+0x185/0x1d0 [vfio_pci_core] <- vmf_insert_pfn) ret=0x100'),
    ['vmf_insert_pfn', true, 'probe', ['ret']],
  ],
  [
    'kretprobe called from a trampoline',
    tracefsLine("r: ([unknown/kretprobe'd] <- vmf_insert_pfn_prot) ret=0x100"),
    ['vmf_insert_pfn_prot', true, 'probe', ['ret']],
  ],
  [
    'kprobe of trace-cmd',
    reportLine('p:                    (ffffffffa938a4c4) vma=0xff12'),
    [null, false, 'probe', ['vma']],
  ],
  [
    'kretprobe of trace-cmd',
    reportLine('r:                    (ffffffffa938a4c4 <- ffffffffa9388320) ret=0x100'),
    [null, true, 'probe', ['ret']],
  ],
  [
    'kprobe in raw fields',
    reportLine('p:                     __probe_ip=ffffffffa67b0390 mm=0xff3182df02d4c780'),
    [null, false, 'probe', ['mm']],
  ],
  [
    'kretprobe in raw fields',
    reportLine(
      'r:                     __probe_func=ffffffffa679c204 __probe_ret_ip=ffffffffa6798d2c moved=0x1000',
    ),
    [null, true, 'probe', ['moved']],
  ],
  [
    'option fields with a symbol',
    tracefsLine('p: __probe_ip=mmap_region+0x4/0x130 (-1255118924) file=0xff3c (4) len=0x1000 (4096)'),
    ['mmap_region', false, 'probe', ['file', 'len']],
  ],
  ['event probe', tracefsLine('e: (sched.sched_switch) next=0x1'), [null, false, 'probe', ['next']]],
  ['user probe', tracefsLine('readline: (0x48db60) s="x"'), [null, false, 'probe', ['s']]],
  [
    'tracepoint',
    tracefsLine('page_fault_user: address=0x41fc90 ip=0x41fc90 error_code=0x14'),
    [null, null, 'tracepoint', ['address', 'ip', 'error_code']],
  ],
  [
    'failed to parse',
    reportLine('ev:                   [FAILED TO PARSE] cpumask=ARRAY[0f, 00] freq=0x82208 load_len=4'),
    [null, null, 'tracepoint', ['cpumask', 'freq', 'load_len']],
  ],
  [
    'system call of trace-cmd',
    reportLine('sys_enter_mmap:       addr: 0x00000000, len: 0x00040000, prot: 0x00000003'),
    [null, null, 'tracepoint', ['addr', 'len', 'prot']],
  ],
  ['its return', reportLine('sys_exit_mmap:        0x7f8e4d922000'), [null, null, 'tracepoint', ['ret']]],
  [
    'function tracer',
    tracefsLine('vfio_pci_core_read <-vfs_read'),
    ['vfio_pci_core_read', false, 'function', []],
  ],
  [
    'function tracer with offsets',
    tracefsLine('copy_page_range+0x4/0x1920 <-copy_process+0x1443/0x27f0'),
    ['copy_page_range', false, 'function', []],
  ],
  [
    'function tracer with arguments',
    tracefsLine('vfs_write(file=0xffff8881, buf=0x7f00, count=16) <-ksys_write'),
    ['vfs_write', false, 'function', ['file', 'buf', 'count']],
  ],
  [
    'function of trace-cmd',
    reportLine('function:                vmf_insert_pfn'),
    ['vmf_insert_pfn', false, 'function', []],
  ],
  ['stack of tracefs', tracefsLine('<stack trace>'), [null, null, 'stack', []]],
  ['mark of tracefs', tracefsLine('tracing_mark_write: truth: step=open'), [null, null, 'marker', []]],
];

for (const [what, line, [symbol, isReturn, shape, fields]] of DECLS) {
  test(`declared: ${what}`, async () => {
    const { decl } = await readOne(line);
    assert.deepEqual(
      [decl.symbol, decl.isReturn, decl.shape, decl.fields],
      [symbol, isReturn === false && shape === 'function' ? false : isReturn, shape, fields],
    );
    if (shape === 'function') assert.equal(decl.name, symbol);
  });
}

test('a system call of tracefs: entry and return have one name', async () => {
  const { records } = await readText(
    tracefsLine('sys_mmap(addr: 0, len: 40000, prot: 3, off: 20000000000)') +
      tracefsLine('sys_mmap -> 0x7f02e53db000', 2) +
      tracefsLine('sys_mmap(addr: 7f02e53df000, len: 1a000, prot: 5, off: 4000)', 3) +
      tracefsLine('sys_mmap -> 0xfffffffffffffff4', 4),
  );
  assert.deepEqual(
    records.map((r) => [r.name, r.decl.isReturn, r.decl.fields]),
    [
      ['sys_mmap', false, ['addr', 'len', 'prot', 'off']],
      ['sys_mmap', true, ['ret']],
      ['sys_mmap', false, ['addr', 'len', 'prot', 'off']],
      ['sys_mmap', true, ['ret']],
    ],
  );
  assert.deepEqual(
    records.map((r) => r.args),
    [[0, 0x40000, 3, 0x20000000000], [0x7f02e53db000], [0x7f02e53df000, 0x1a000, 5, 0x4000], [-12]],
  );
});

test('the verbose option adds types to the arguments of system calls', async () => {
  const { decl, args } = await readOne(
    tracefsLine('sys_mmap(unsigned long addr: 0, unsigned long len: 40000, const char * name: 5)'),
  );
  assert.deepEqual(decl.fields, ['addr', 'len', 'name']);
  assert.deepEqual(args, [0, 0x40000, 5]);
});

const asked = async (line: string, kind: FieldKind): Promise<number[]> => {
  const { records } = await collect(await openTrace(bytesSource(line)), kind);
  return records[0].args;
};

const VALUES =
  'p: (f+0x4/0x20) a=0xfffffffffffff001 b=4097 c=-4096 d=-12 e=18446744073709551615 f=0x0 g="text" h={0x1,0x2} i=(fault) j=0x20000000001c86fc';

test('values as numbers: 64-bit hex with the top bit is negative, what is none is NaN', async () => {
  assert.deepEqual(await asked(tracefsLine(VALUES), 'number'), [
    -4095,
    4097,
    -4096,
    -12,
    2 ** 64,
    0,
    NaN,
    NaN,
    NaN,
    2 ** 61 + 0x1c86fc,
  ]);
});

test('values as pages: exact for all 64 bits', async () => {
  assert.deepEqual(await asked(tracefsLine(VALUES), 'page'), [
    2 ** 52 - 1,
    1,
    2 ** 52 - 1,
    2 ** 52 - 1,
    2 ** 52 - 1,
    0,
    NaN,
    NaN,
    NaN,
    0x20000000001c8,
  ]);
  assert.deepEqual(await asked(tracefsLine(VALUES), 'pages-up'), [
    2 ** 52,
    2,
    2 ** 52 - 1,
    2 ** 52,
    2 ** 52,
    0,
    NaN,
    NaN,
    NaN,
    0x20000000001c9,
  ]);
});

test('values without their top bits: a pfn_t carries flags', async () => {
  assert.equal((await asked(tracefsLine(VALUES), 'low52'))[9], 0x1c86fc);
});

test('values as pointers: equal ones have equal ids, which print as they came', async () => {
  const reader = await openTrace(
    bytesSource(
      tracefsLine('p: (f+0x4/0x20) a=0xff1285cec78fc9a0 b=0xff1285cec78fc9a1 c=0 d=18379203690386475424'),
    ),
  );
  const { records } = await collect(reader, 'pointer');
  const [a, b, c, d] = records[0].args;
  assert.notEqual(a, b);
  assert.equal(c, 0);
  assert.equal(reader.info.pointers.text(a), '0xff1285cec78fc9a0');
  assert.equal(reader.info.pointers.text(b), '0xff1285cec78fc9a1');
  assert.equal(reader.info.pointers.text(d), `0x${18379203690386475424n.toString(16)}`);
});

test('all fields as JSON shows them', async () => {
  assert.deepEqual((await readOne(tracefsLine(VALUES))).fields, {
    a: '0xfffffffffffff001',
    b: 4097,
    c: -4096,
    d: -12,
    e: '0xffffffffffffffff',
    f: '0x0',
    g: 'text',
    h: ['0x1', '0x2'],
    i: null,
    j: '0x20000000001c86fc',
  });
});

test('the fields option: hex and decimal', async () => {
  const { args, fields } = await readOne(
    tracefsLine(
      'p: __probe_ip=0xffffffffa67b0390 (-1501887600) mm=0xff3182df02d4c780 (-58121425842288768) len=0x1000 (4096) ok=(1)',
    ),
  );
  assert.deepEqual(args, [-58121425842288768, 4096, 1]);
  assert.deepEqual(fields, { mm: '0xff3182df02d4c780', len: '0x1000', ok: 1 });
});

test('strings with blanks, and with what looks like a field', async () => {
  const first = tracefsLine('p: (f+0x4/0x20) comm="sh" vma=0x10');
  const evil = tracefsLine('p: (f+0x4/0x20) comm="x vma=0x99 y" vma=0x20', 2);
  const worse = tracefsLine('p: (f+0x4/0x20) comm="x" vma=0x99" vma=0x30', 3);
  const { records, info } = await readText(first + evil + worse);
  assert.deepEqual(
    records.map((r) => r.args[1]),
    [0x10, 0x20, 0x30],
  );
  assert.deepEqual(
    records.map((r) => r.fields.vma),
    ['0x10', '0x20', '0x30'],
  );
  assert.equal(info.unparsed, 0);
});

test('a tracepoint with names that hold blanks', async () => {
  const line = (comm: string, us: number): string =>
    reportLine(`sched_switch:          prev_comm=${comm} prev_pid=6244 next_comm=Web Content next_pid=7`, us);
  const { records } = await readText(line('sh', 1) + line('a b c', 2));
  assert.deepEqual(
    records.map((r) => r.args[1]),
    [6244, 6244],
  );
  assert.deepEqual(
    records.map((r) => r.args[3]),
    [7, 7],
  );
  assert.equal(records[1].fields.prev_comm, 'a b c');
});

test('the same event name with other fields is another kind, both stay', async () => {
  const a = (us: number): string => tracefsLine('p: (f+0x4/0x20) vma=0x10 addr=0x1000', us);
  const b = (us: number): string => tracefsLine('p: (f+0x4/0x20) vma=0x11 addr=0x2000 pfn=0x5', us);
  const c = (us: number): string => tracefsLine('p: (f+0x4/0x20) addr=0x3000', us);
  const { records, decls } = await readText(a(1) + b(2) + a(3) + c(4) + b(5));
  assert.deepEqual(
    decls.map((d) => d.fields),
    [['vma', 'addr'], ['vma', 'addr', 'pfn'], ['addr']],
  );
  assert.deepEqual(
    records.map((r) => r.args),
    [[0x10, 0x1000], [0x11, 0x2000, 5], [0x10, 0x1000], [0x3000], [0x11, 0x2000, 5]],
  );
});

test('the same event name on another function is another kind', async () => {
  const { decls } = await readText(
    tracefsLine('p: (f+0x4/0x20) a=1') +
      tracefsLine('p: (f2+0x4/0x20) a=1', 2) +
      tracefsLine('p: (g+0x1/0x2 <- f) a=1', 3) +
      tracefsLine('p: (f+0x4/0x20) a=1', 4),
  );
  assert.deepEqual(
    decls.map((d) => [d.symbol, d.isReturn]),
    [
      ['f', false],
      ['f2', false],
      ['f', true],
    ],
  );
});

test('more forms of one name than any trace has are not declared for ever', async () => {
  let text = '';
  for (let i = 0; i < 100; i++) text += tracefsLine(`p: (f+0x4/0x20) a${i}=1`, i);
  const { decls, info } = await readText(text);
  assert.ok(decls.length < 50);
  assert.equal(info.records, 100);
  assert.equal(info.unparsed, 100 - decls.length);
  assert.ok(info.diagnostics.some((d) => d.code === 'odd-fields' && d.count === 100 - decls.length));
});

test('a task whose name looks like fields cannot hide the fields behind it', async () => {
  let text = reportLine('sched_switch:          prev_comm=sh prev_pid=1 next_pid=2');
  for (let i = 0; i < 100; i++)
    text += reportLine(`sched_switch:          prev_comm=a x${i}=7 prev_pid=${i} next_pid=3`, i);
  const { records, info } = await readText(text);
  assert.equal(records.length, 101);
  assert.equal(info.unparsed, 0);
  const fields = records.map((r) => r.args[r.decl.fields.indexOf('prev_pid')]);
  assert.deepEqual(fields.slice(1), [...Array(100).keys()]);
});

test('marks lose the symbol that trace-cmd and perf put before them', async () => {
  assert.equal(
    (await readOne(reportLine('print:                tracing_mark_write: truth: step=open'))).text,
    'truth: step=open',
  );
  assert.equal((await readOne(reportLine('bprint:               0xffffffffc0a1b2c0s: x=1'))).text, 'x=1');
  assert.equal((await readOne(tracefsLine('tracing_mark_write: truth: step=open'))).text, 'truth: step=open');
  assert.equal((await readOne(tracefsLine('0: truth: step=open'))).text, 'truth: step=open');
  assert.equal(
    (await readOne(reportLine('print:                 ip=ffffffffa67b2c84 buf=truth: step=open'))).text,
    'truth: step=open',
  );
});

test('the text of an event is its body', async () => {
  assert.equal((await readOne(tracefsLine('p: (f+0x4/0x20) a=1'))).text, '(f+0x4/0x20) a=1');
});

test('the latency tracers show context switches without a name', async () => {
  const { records } = await readText(
    ' stress-n-232       0dn.h413    1us+:      232:120:R   + [000]     217:  0:R cyclictest\n stress-n-232       0dn.h413    2us+:      232:120:R ==> [000]     217:  0:R cyclictest\n',
  );
  assert.deepEqual(
    records.map((r) => r.name),
    ['wakeup', 'context_switch'],
  );
});

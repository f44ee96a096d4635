import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { FormatName } from '../../src/trace/reader.js';
import { openTrace } from '../../src/trace/registry.js';
import { bytesSource } from '../helpers.js';
import { type Collected, type Collection, collect } from './collect.js';

const read = async (text: string, format?: FormatName): Promise<Collection> =>
  collect(await openTrace(bytesSource(text), format));

/** The only record of a text. */
async function one(
  line: string,
  format?: FormatName,
): Promise<Collected & { clock: Collection['info']['clock'] }> {
  const { records, info } = await read(`${line}\n`, format);
  assert.equal(records.length, 1, JSON.stringify(info.diagnostics));
  assert.equal(info.unparsed, 0);
  return { ...records[0], clock: info.clock };
}

const HEADS: [
  what: string,
  line: string,
  expected: [comm: string, pid: number, cpu: number, time: bigint, name: string],
][] = [
  [
    'trace-cmd 3.2 and older',
    '       trace-cmd-6244  [005] 162534.215742: sched_switch:         trace-cmd:6244 [120] x ==> swapper/5:0 [120]',
    ['trace-cmd', 6244, 5, 162534215742000n, 'sched_switch'],
  ],
  [
    'trace-cmd -t',
    '          <idle>-0     [005] 162534.215764200: cpu_idle:             state=2 cpu_id=5',
    ['<idle>', 0, 5, 162534215764200n, 'cpu_idle'],
  ],
  [
    'trace-cmd 3.3',
    '          <idle>-0     [005] dNh2. 223087.004012: sched_wakeup:         trace-cmd:89992 [120] CPU:005',
    ['<idle>', 0, 5, 223087004012000n, 'sched_wakeup'],
  ],
  [
    'trace-cmd 3.3 -R, hex flags',
    '       trace-cmd-6244  [005]-0x1 162534.215742: page_fault_user:       address= (0x401570)',
    ['trace-cmd', 6244, 5, 162534215742000n, 'page_fault_user'],
  ],
  [
    'trace-cmd -l',
    'trace-cm-6244    5d..4. 162534.215742: sched_switch:         trace-cmd:6244 [120] x ==> swapper/5:0 [120]',
    ['trace-cm', 6244, 5, 162534215742000n, 'sched_switch'],
  ],
  [
    'trace-cmd --ts-diff',
    '          <idle>-0     [005] 162534.215764: (+22400) cpu_idle:             state=2 cpu_id=5',
    ['<idle>', 0, 5, 162534215764000n, 'cpu_idle'],
  ],
  [
    'a count that touches the bracket',
    '              ls-4734  [002]106439675570920: bprint:               foo: x',
    ['ls', 4734, 2, 106439675570920n, 'bprint'],
  ],
  [
    'a count that touches the flags',
    '              ls-4734  [002] d..1.106439675570920: bprint:               foo: x',
    ['ls', 4734, 2, 106439675570920n, 'bprint'],
  ],
  [
    'a count that touches -l flags',
    '      ls-4734    2d..1.106439675570920: bprint:               foo: x',
    ['ls', 4734, 2, 106439675570920n, 'bprint'],
  ],
  [
    'several buffers',
    '  mmbuf:          vfiolab-314   [000] .....    36.280772: move_page_tables:     (ffffffff89f9c204) vma=0xff197095411299a0',
    ['vfiolab', 314, 0, 36280772000n, 'move_page_tables'],
  ],
  [
    'tracefs',
    '         vfiolab-246     [001] .....    44.345865: vma_complete: (vma_complete+0x0/0x2b0) mm=0xff3182df02d4c780',
    ['vfiolab', 246, 1, 44345865000n, 'vma_complete'],
  ],
  [
    'tracefs with thread groups',
    ' kworker/u17:1-959     (    959) [006] d..2.   538.064674: cpu_idle: state=2 cpu_id=6',
    ['kworker/u17:1', 959, 6, 538064674000n, 'cpu_idle'],
  ],
  [
    'an unknown thread group',
    '           <...>-285     (-------) [000] .....    55.375963: vma_complete: (vma_complete+0x0/0x2b0) mm=0xff31',
    ['<...>', 285, 0, 55375963000n, 'vma_complete'],
  ],
  [
    'seven flag characters',
    '          <idle>-0       [007] ...s2.. 52559.052473: myprobe: (tcp_v4_rcv+0x0/0xf90)',
    ['<idle>', 0, 7, 52559052473000n, 'myprobe'],
  ],
  [
    'four flag characters',
    '          kprobe-29475 [001] d... 6910688.229777: do_sys_open: (SyS_open+0x1e/0x20 <- do_sys_open)',
    ['kprobe', 29475, 1, 6910688229777000n, 'do_sys_open'],
  ],
  [
    'no flags',
    '         vfiolab-246     [001]     44.345865: vma_complete: (vma_complete+0x0/0x2b0) mm=0xff31',
    ['vfiolab', 246, 1, 44345865000n, 'vma_complete'],
  ],
  [
    'latency format',
    ' vfiolab-246       1d.... 2753337us+: page_fault_user: address=0x48fcc8 ip=0x4049c6 error_code=0x4',
    ['vfiolab', 246, 1, 2753337000n, 'page_fault_user'],
  ],
  [
    'verbose latency format',
    '         vfiolab     246   1 0 00000000 00000000 [02a4aa09] 2751.422ms (+0.125ms): vma_complete: (vma_complete+0x0/0x2b0) mm=0xff31',
    ['vfiolab', 246, 1, 44345865000n, 'vma_complete'],
  ],
  [
    'a six-digit pid',
    '         vfiolab-1234567 [001] .....    44.345865: vma_complete: (vma_complete+0x0/0x2b0) mm=0xff31',
    ['vfiolab', 1234567, 1, 44345865000n, 'vma_complete'],
  ],
  [
    'a thousand CPUs',
    '         vfiolab-246     [1023] .....    44.345865: vma_complete: (vma_complete+0x0/0x2b0) mm=0xff31',
    ['vfiolab', 246, 1023, 44345865000n, 'vma_complete'],
  ],
  [
    'blanks that were trimmed',
    'vfiolab-246 [001] 44.345865: vma_complete: (ffffffffa67b0390) mm=0xff31',
    ['vfiolab', 246, 1, 44345865000n, 'vma_complete'],
  ],
  [
    'a negative pid',
    '            comm--1     [001] 44.345865: vma_complete: (ffffffffa67b0390) mm=0xff31',
    ['comm', -1, 1, 44345865000n, 'vma_complete'],
  ],
  [
    'tai seconds',
    '         vfiolab-437   [001] ..... 1795402430.570718: vmf_insert_pfn:       (ffffffff9b98a4c4) vma=0x1',
    ['vfiolab', 437, 1, 1795402430570718000n, 'vmf_insert_pfn'],
  ],
];

for (const [what, line, [comm, pid, cpu, time, name]] of HEADS) {
  test(`head: ${what}`, async () => {
    const record = await one(line);
    assert.deepEqual(
      [record.comm, record.pid, record.cpu, record.time, record.name],
      [comm, pid, cpu, time, name],
    );
    assert.equal(record.t, 0);
    assert.equal(record.origin, 1);
  });
}

const ODD_COMMS = [
  'f2fs_gc-254:40',
  'Web Content',
  'CPU 0/KVM',
  'a-12 [001] x',
  'x: y-1',
  '<a>-7',
  '[kworker]',
  'comm=1',
  '-',
  'ümläut',
  '(1) [2]',
];

for (const comm of ODD_COMMS) {
  test(`the comm ${JSON.stringify(comm)} in the columns of a report, before and after an ordinary line`, async () => {
    const padded = ' '.repeat(16 - Buffer.byteLength(comm)) + comm;
    const odd = `${padded}-474   [003] .....    17.000001: insert_pfn_ret:       (ffffffffa938a1c0 <- ffffffffa938a465) ret=0x100\n`;
    const plain =
      '         vfiolab-246   [001] .....    17.000002: insert_pfn_ret:       (ffffffffa938a1c0 <- ffffffffa938a465) ret=0x100\n';
    const { records, info } = await read(`cpus=2\n${odd}${plain}${odd}`);
    assert.deepEqual(
      records.map((r) => [r.comm, r.pid, r.cpu]),
      [
        [comm, 474, 3],
        ['vfiolab', 246, 1],
        [comm, 474, 3],
      ],
    );
    assert.equal(info.unparsed, 0);
  });
}

test('what looks like a head in the payload does not count', async () => {
  const record = await one(
    '         vfiolab-246   [001]    44.345865: print:                tracing_mark_write: evil-12 [003] 1.000000: vmf_insert_pfn: (x+0x1/0x2) vma=0x1',
  );
  assert.deepEqual([record.comm, record.pid, record.name], ['vfiolab', 246, 'print']);
  assert.equal(record.text, 'evil-12 [003] 1.000000: vmf_insert_pfn: (x+0x1/0x2) vma=0x1');
});

test('a task that changes its name is known by the new one', async () => {
  const line = (comm: string, us: number): string =>
    `${comm.padStart(16)}-246   [001]    44.${us}: a_ret:       (ffffffffa938a1c0 <- ffffffffa938a465) ret=0x1\n`;
  const { records } = await read(line('sh', 100000) + line('vfiolab', 100001) + line('sh', 100002));
  assert.deepEqual(
    records.map((r) => r.comm),
    ['sh', 'vfiolab', 'sh'],
  );
});

const CLOCKS: [
  what: string,
  line: string,
  clock: [digits: number, unit: string, rounding: string],
  format?: FormatName,
][] = [
  ['microseconds of trace-cmd are rounded', '  ls-1   [000]     1.000001: a:   b=1', [6, 'ns', 'round']],
  ['nanoseconds are exact', '  ls-1   [000]     1.000000001: a:   b=1', [9, 'ns', 'exact']],
  ['counts have no unit', '  ls-1   [000]       1000000: a:   b=1', [0, 'count', 'exact']],
  ['microseconds of perf are cut off', '  ls     1 [000]     1.000001: x:a: b=1', [6, 'ns', 'truncate']],
  [
    'microseconds of a function graph are cut off',
    '  168.295582 |   1)     sh-113     |   2.915 us    |  f();',
    [6, 'ns', 'truncate'],
  ],
];

for (const [what, line, [digits, unit, rounding]] of CLOCKS) {
  test(`clock: ${what}`, async () => {
    const { info } = await read(`${line}\n`);
    assert.deepEqual([info.clock.digits, info.clock.unit, info.clock.rounding], [digits, unit, rounding]);
  });
}

test('times are relative to the first record, exact to the nanosecond far from it', async () => {
  const line = (time: string): string => `  ls-1   [000]  ${time}: a:   b=1\n`;
  const { records, info } = await read(
    line('1795402430.570718001') + line('1795402430.570718002') + line('1795412430.999999999'),
  );
  assert.equal(info.clock.base, 1795402430570718001n);
  assert.deepEqual(
    records.map((r) => r.t),
    [0, 1, 10000429281998],
  );
  assert.equal(info.clock.text(records[2].t), '1795412430.999999999');
});

test('counts of twenty digits keep their differences', async () => {
  const line = (count: string): string => `  ls-1   [000] ${count}: a:   b=1\n`;
  const { records, info } = await read(line('18446744073709551000') + line('18446744073709551615'));
  assert.equal(info.clock.base, 18446744073709551000n);
  assert.deepEqual(
    records.map((r) => r.t),
    [0, 615],
  );
});

test('line ends of another system', async () => {
  const { records } = await read(
    'cpus=1\r\n  ls-1   [000]     1.000001: a_ret:   (ffffffffa938a1c0 <- ffffffffa938a465) ret=0x10\r\n  ls-1   [000]     1.000002: a_ret:   (ffffffffa938a1c0 <- ffffffffa938a465) ret=0x11\r\n',
  );
  assert.deepEqual(
    records.map((r) => r.args),
    [[16], [17]],
  );
});

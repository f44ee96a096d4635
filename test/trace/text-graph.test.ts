import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readText, reportLine } from './read-text.js';

const HEADER =
  '# tracer: function_graph\n#\n#     TIME        CPU  TASK/PID         DURATION                  FUNCTION CALLS\n';

/** `name+` for a call, `name-` for a return, with time in us. */
const flow = (records: { decl: { shape: string }; name: string; t: number; pid: number }[]): string[] =>
  records.map(
    (r) =>
      `${r.name}${r.decl.shape === 'graph-entry' ? '+' : r.decl.shape === 'graph-exit' ? '-' : ''} ${r.t / 1000}`,
  );

test('calls and returns of tracefs, the returns named by depth', async () => {
  const { records, info } =
    await readText(`${HEADER}  172.849842 |   0)   zrlab-401    |               |  mmap_region(file=0xff241d3808eb0a80, addr=0x7ff0b0c62000, len=0x8000) {
  172.849858 |   0)   zrlab-401    |               |    zaprace_mmap [zaprace](filp=0xff241d3808eb0a80, vma=0xff241d38022df9c0) {
  172.849880 |   0)   zrlab-401    | + 19.759 us   |    }
  172.970459 |   0)   zrlab-401    | @ 120618.2 us |  }
`);
  assert.deepEqual(flow(records), [
    'mmap_region+ 0',
    'zaprace_mmap+ 16',
    'zaprace_mmap- 38',
    'mmap_region- 120617',
  ]);
  assert.deepEqual(records[0].decl, {
    name: 'mmap_region',
    system: null,
    symbol: 'mmap_region',
    isReturn: false,
    shape: 'graph-entry',
    fields: ['file', 'addr', 'len'],
  });
  assert.deepEqual(records[2].decl, {
    name: 'zaprace_mmap',
    system: null,
    symbol: 'zaprace_mmap',
    isReturn: true,
    shape: 'graph-exit',
    fields: [],
  });
  assert.deepEqual(records[1].fields, { filp: '0xff241d3808eb0a80', vma: '0xff241d38022df9c0' });
  assert.deepEqual(
    records.map((r) => [r.cpu, r.pid, r.comm]),
    Array(4).fill([0, 401, 'zrlab']),
  );
  assert.equal(info.unparsed, 0);
});

test('a leaf is a call and a return after its duration; another CPU comes in between', async () => {
  const { records } =
    await readText(`${HEADER}  168.000000 |   1)     sh-113     | + 62.915 us   |  copy_page_range(dst=0x1, src=0x2);
  168.000010 |   0)  other-7      |   1.000 us    |  f();
  168.000062 |   0)  other-7      |               |  g() {
  168.000100 |   1)     sh-113     |   1.000 us    |  h();
`);
  assert.deepEqual(flow(records), [
    'copy_page_range+ 0',
    'f+ 10',
    'f- 11',
    'g+ 62',
    'copy_page_range- 62.915',
    'h+ 100',
    'h- 101',
  ]);
  assert.equal(records[4].origin, records[0].origin);
});

test('the return of a leaf comes before the next record of its CPU, though rounding says otherwise', async () => {
  const { records } = await readText(`${HEADER}  168.000000 |   1)     sh-113     |   2.915 us    |  f();
  168.000002 |   1)     sh-113     |   1.000 us    |  g();
`);
  assert.deepEqual(flow(records), ['f+ 0', 'f- 2', 'g+ 2', 'g- 3']);
});

test('two tasks on one CPU keep their own calls', async () => {
  const { records } = await readText(`${HEADER}  1.000001 |   0)   a-1    |               |  f() {
  1.000002 |   0)   b-2    |               |  g() {
  1.000003 |   0)   a-1    |   2.000 us    |  }
  1.000004 |   0)   b-2    |   2.000 us    |  }
`);
  assert.deepEqual(flow(records), ['f+ 0', 'g+ 1', 'f- 2', 'g- 3']);
});

test('without the task column, the lines of context switches tell the task', async () => {
  const { records } = await readText(`# tracer: function_graph
  1.000001 |   0)               |  f() {
 ------------------------------------------
 0)  platfor-3210  =>  vmstat-2854
 ------------------------------------------

  1.000002 |   0)   1.000 us    |  g();
`);
  assert.deepEqual(
    records.map((r) => [r.name, r.pid, r.comm]),
    [
      ['f', -1, '<...>'],
      ['g', 2854, 'vmstat'],
      ['g', 2854, 'vmstat'],
    ],
  );
});

test('returned values, in every form', async () => {
  const tails = [
    '} /* f = -22 */',
    '} /* f ret=-22 */',
    '} /* = -22 */',
    '} /* f [mod] ret=-22 */',
    '} /* <-caller+0x1/0x2 ret=-22 */',
  ];
  for (const tail of tails) {
    const { records } = await readText(
      `${HEADER}  1.000001 |   0)   a-1    |               |  f() {\n  1.000002 |   0)   a-1    |   2.000 us    |  ${tail}\n`,
    );
    assert.deepEqual([records[1].name, records[1].decl.fields, records[1].args], ['f', ['ret'], [-22]], tail);
  }
  for (const leaf of ['f(); /* = 0x100 */', 'f(); /* <-caller ret=0x100 */', 'f(a=0x1); /* = 0x100 */']) {
    const { records } = await readText(`${HEADER}  1.000001 |   0)   a-1    |   2.000 us    |  ${leaf}\n`);
    assert.deepEqual([records[1].name, records[1].args], ['f', [256]], leaf);
  }
});

test('the tail names a return whose call was not seen', async () => {
  const { records, info } = await readText(
    `${HEADER}  1.000001 |   0)   a-1    |   2.000 us    |  } /* vfio_pci_core_mmap [vfio_pci_core] */\n  1.000002 |   0)   a-1    |   2.000 us    |  }\n`,
  );
  assert.deepEqual(flow(records), ['vfio_pci_core_mmap- 0']);
  assert.ok(info.diagnostics.some((d) => d.code === 'graph-exit-unnamed' && d.count === 1));
});

test('after lost events no return is named by an old call', async () => {
  const { records, losses } = await readText(
    `${HEADER}  1.000001 |   0)   a-1    |               |  f() {\nCPU:0 [LOST 3 EVENTS]\n  1.000002 |   0)   a-1    |   2.000 us    |  }\n`,
  );
  assert.deepEqual(flow(records), ['f+ 0']);
  assert.equal(losses.length, 1);
});

test('events and marks stand in a graph as comments', async () => {
  const { records } = await readText(`${HEADER}  1.000001 |   0)   a-1    |               |  f() {
  1.000002 |   0)   a-1    |               |  /* vmf_insert_pfn: (vmf_insert_pfn+0x4/0x20) vma=0xff12 */
  1.000003 |   0)   a-1    |               |    /* just a remark of trace_printk */
  1.000004 |   0)   a-1    |   2.000 us    |  }
`);
  assert.deepEqual(
    records.map((r) => [r.name, r.decl.shape]),
    [
      ['f', 'graph-entry'],
      ['vmf_insert_pfn', 'probe'],
      ['print', 'marker'],
      ['f', 'graph-exit'],
    ],
  );
  assert.deepEqual([records[1].decl.symbol, records[1].args], ['vmf_insert_pfn', [0xff12]]);
  assert.equal(records[2].text, 'just a remark of trace_printk');
});

test('interrupt arrows and overrun notes are no records', async () => {
  const { records, info } = await readText(
    `${HEADER}  1.000001 |   0)   a-1    |   ==========> |\n  1.000002 |   0)   a-1    |   <========== |\n  1.000003 |   0)   a-1    |   1.000 us    |  f();\n`,
  );
  assert.equal(records.length, 2);
  assert.equal(info.unparsed, 0);
});

test('a graph without times is told to be useless, and how to record it', async () => {
  const { info, records } = await readText(
    '# tracer: function_graph\n 0) + 33.230 us   |  vfio_pci_core_ioctl [vfio_pci_core]();\n 0)               |  vfio_pci_core_mmap [vfio_pci_core]() {\n',
  );
  assert.equal(records.length, 0);
  assert.equal(info.unparsed, 2);
  const [diagnostic] = info.diagnostics;
  assert.equal(diagnostic.code, 'graph-without-time');
  assert.match(diagnostic.message, /funcgraph-abstime/);
});

test("trace-cmd's graph events", async () => {
  const { records } = await readText(
    reportLine(
      'funcgraph_entry:                   |  vfio_pci_core_mmap(ff241d3802770000, ff241d3802042000, 1) {',
      1,
    ) +
      reportLine('funcgraph_entry:      + 12.008 us  |    cachemode2protval(pcm=2);', 2) +
      reportLine('funcgraph_exit:       ! 113.381 us |  } (ret=0x10)', 100),
  );
  assert.deepEqual(flow(records), [
    'vfio_pci_core_mmap+ 0',
    'cachemode2protval+ 1',
    'cachemode2protval- 13.008',
    'vfio_pci_core_mmap- 99',
  ]);
  assert.deepEqual(records[0].decl.fields, ['arg1', 'arg2', 'arg3']);
  assert.deepEqual(records[0].fields, {
    arg1: '0xff241d3802770000',
    arg2: '0xff241d3802042000',
    arg3: '0x1',
  });
  assert.deepEqual(records[3].args, [16]);
});

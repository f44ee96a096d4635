import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readOne, readText } from './read-text.js';

const HEADS: [
  what: string,
  line: string,
  expected: [comm: string, pid: number, cpu: number, time: bigint, system: string | null, name: string],
][] = [
  [
    'default',
    '         vfiolab   424 [000]   206.967353:              probe:vmf_insert_pfn: (ffffffffa938a4c4) arg1=0xff13',
    ['vfiolab', 424, 0, 206967353000n, 'probe', 'vmf_insert_pfn'],
  ],
  [
    'pid and tid, --ns',
    '          perf61   322/323   [001]    67.349842244:       exceptions:page_fault_user: address=0x7f35',
    ['perf61', 323, 1, 67349842244n, 'exceptions', 'page_fault_user'],
  ],
  [
    'misc',
    '          perf61   322/322   [001] K        67.349842244: exceptions:page_fault_user: address=0x7f35',
    ['perf61', 322, 1, 67349842244n, 'exceptions', 'page_fault_user'],
  ],
  [
    'misc of two letters',
    '          perf61   322/322   [001] K D      67.349842244: exceptions:page_fault_user: address=0x7f35',
    ['perf61', 322, 1, 67349842244n, 'exceptions', 'page_fault_user'],
  ],
  [
    'unpadded, with a callchain',
    'perf61   334 [001]    76.662934:                       exceptions:page_fault_user: address=0x7f33',
    ['perf61', 334, 1, 76662934000n, 'exceptions', 'page_fault_user'],
  ],
  [
    'without a CPU',
    'sh  6740   920.411765: probe:f: (ffffffffa938a4c4)',
    ['sh', 6740, -1, 920411765000n, 'probe', 'f'],
  ],
  [
    'with a period',
    '         swapper     0 [000]   962.621119:     250000 probe:f: (ffffffffa938a4c4)',
    ['swapper', 0, 0, 962621119000n, 'probe', 'f'],
  ],
  [
    'blanks and digits in the comm',
    '     DOM Worker 1 21528 [003]   962.621119: probe:f: (ffffffffa938a4c4)',
    ['DOM Worker 1', 21528, 3, 962621119000n, 'probe', 'f'],
  ],
  [
    'a bracket in the comm',
    '       [x] 12 [3]    77 [003]   962.621119: probe:f: (ffffffffa938a4c4)',
    ['[x] 12 [3]', 77, 3, 962621119000n, 'probe', 'f'],
  ],
];

for (const [what, line, expected] of HEADS) {
  test(`perf script: ${what}`, async () => {
    const { comm, pid, cpu, time, decl } = await readOne(`${line}\n`);
    assert.deepEqual([comm, pid, cpu, time, decl.system, decl.name], expected);
  });
}

const SAMPLE =
  'perf61   334 [001]    76.662934:                  probe:vmf_insert_pfn__return: (ffffffffa938a4c4 <- ffffffffa9388320) arg1=0x100\n';

test('callchains belong to their sample', async () => {
  const chain =
    '\tffffffffa70d2379 exc_page_fault+0x129 ([kernel.kallsyms])\n\t          27f43d [unknown] (/games/X4 Foundations/X4)\n\n';
  const { records, info } = await readText(
    `# captured on    : Mon Nov 23 05:38:09 2026\n# os release : 6.12.95+deb12-amd64\n${SAMPLE}${chain}${SAMPLE}${chain}`,
  );
  assert.equal(records.length, 2);
  assert.equal(info.unparsed, 0);
  assert.equal(info.release, '6.12.95+deb12-amd64');
  assert.deepEqual([records[0].decl.isReturn, records[0].decl.symbol, records[0].args], [true, null, [256]]);
});

test('lost samples are a loss, other records of perf are none', async () => {
  const { records, losses, info } = await readText(
    `${SAMPLE}         swapper     0 [003]    76.662935: PERF_RECORD_LOST lost 123\n         swapper     0 [003]    76.662936: PERF_RECORD_COMM exec: sh:6740/6740\n${SAMPLE}`,
  );
  assert.equal(records.length, 2);
  assert.deepEqual(
    losses.map(({ cpu, count, where, before }) => [cpu, count, where, before]),
    [[3, 123, 'gap', 1]],
  );
  assert.equal(info.unparsed, 0);
});

test('without times nothing can be judged, and that is said', async () => {
  await assert.rejects(
    readText(
      '         vfiolab   424 [000] probe:vmf_insert_pfn: (ffffffffa938a4c4) arg1=0xff13\n',
      'perf-script',
    ),
    (error: Error) => {
      assert.match(error.message, /no readable record/);
      assert.match(error.message, /-F \+time/);
      return true;
    },
  );
});

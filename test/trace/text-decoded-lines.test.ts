import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { FormatName, TraceInfo } from '../../src/trace/reader.js';
import type { EventDecl, FieldKind, Interest, Part, TraceSink } from '../../src/trace/record.js';
import { TextReader } from '../../src/trace/text/reader.js';
import { bytesSource } from '../helpers.js';
import { decodedWhile } from './decoded-count.js';

interface Taken {
  name: string;
  t: number;
  cpu: number;
  pid: number;
  comm: string;
  line: number;
  args: number[];
}

interface Options {
  kind?: FieldKind;
  format?: FormatName;
  lazy?: boolean;
  part?: (decl: EventDecl) => Part | undefined;
  wants?: (decl: EventDecl) => boolean;
  sink?: Partial<TraceSink>;
  decodeFrom?: number;
  wantText?: boolean;
  wantFields?: boolean;
}

/** Reads a text, every line of which may be decoded from the first on. */
async function read(
  lines: readonly string[],
  {
    kind = 'number',
    format = 'trace-cmd-report',
    lazy,
    part,
    wants = () => true,
    sink,
    decodeFrom = 0,
    ...wanted
  }: Options = {},
): Promise<{ records: Taken[]; decoded: number; info: TraceInfo }> {
  const records: Taken[] = [];
  const reader = new TextReader(bytesSource(`${lines.join('\n')}\n`, 1 << 20), format, decodeFrom);
  const decls = new Map<Interest, EventDecl>();
  const decoded = await decodedWhile(() =>
    reader.read({
      declare(decl) {
        if (!wants(decl)) return null;
        const fields = decl.fields.map((_, field) => ({ field, slot: field, kind, lazy }));
        const interest = { fields, wantText: false, wantFields: false, part: part?.(decl), ...wanted };
        decls.set(interest, decl);
        return interest;
      },
      record({ interest, t, cpu, pid, comm, origin, args, base, load }) {
        load();
        const values = interest.fields.map(({ slot }) => args[base + slot]);
        records.push({ name: decls.get(interest)!.name, t, cpu, pid, comm, line: origin, args: values });
      },
      lost() {},
      ...sink,
    }),
  );
  return { records, decoded, info: reader.info };
}

/** A line of trace-cmd report. */
const line = (body: string, us: number, { task = 'vfiolab-246', cpu = 1, flags = '....' } = {}): string => {
  const dash = task.lastIndexOf('-');
  const head = `${task.slice(0, dash).padStart(16)}-${task.slice(dash + 1).padEnd(5)}`;
  return `${head} [${String(cpu).padStart(3, '0')}] ${flags}    44.${String(us).padStart(6, '0')}: ${body}`;
};

const VALUES: readonly [kind: FieldKind, text: string, value: number][] = [
  ['number', '4096', 4096],
  ['number', '-22', -22],
  ['number', '0x10', 16],
  ['number', '0xffffffffffffffea', -22],
  ['number', '0xffffffea', 4294967274],
  ['number', '0x7fb0f8eb9fff', 0x7fb0f8eb9fff],
  ['number', '123456789012345', 123456789012345],
  ['number', '12ab', 0x12ab],
  ['number', 'DEAD', Number.NaN],
  ['number', '{1,2}', Number.NaN],
  ['page', '0x7fb0f8eb9fff', 0x7fb0f8eb9],
  ['page', '0xffffffffffffffff', 2 ** 52 - 1],
  ['page', '8191', 1],
  ['pages-up', '0x7fb0f8eb9001', 0x7fb0f8eba],
  ['pages-up', '0x2000', 2],
  ['low52', '0x2000000000280005', 0x280005],
  ['low52', '0xfffffffffffffff', 2 ** 52 - 1],
];

for (const [kind, text, value] of VALUES) {
  for (const lazy of [false, true]) {
    test(`${text} as ${kind}${lazy ? ', when somebody asks for it' : ''}: ${value}`, async () => {
      const lines = [1, 2, 3].map((us) => line(`f:                    (ffffffffa67b2c84) a=${text} b=7`, us));
      const { records, decoded } = await read(lines, { kind, lazy });
      const seven = { number: 7, page: 0, 'pages-up': 1, low52: 7, pointer: 1 }[kind];
      assert.deepEqual(
        records.map(({ args }) => args),
        [1, 2, 3].map(() => [value, seven]),
      );
      assert.equal(decoded, 2);
    });
  }
}

for (const odd of ['0x123456789abcdef01', '1234567890123456', '"a b"', '(12)', ' 12'])
  for (const lazy of [false, true])
    test(`${odd}${lazy ? ', when somebody asks for it' : ''}: such a value is left to the reader`, async () => {
      const lines = [1, 2, 3].map((us) => line(`f: (ffffffffa67b2c84) a=${odd} b=7`, us));
      const { records, decoded } = await read(lines, { lazy });
      const alone = await read(lines, { lazy, decodeFrom: Number.POSITIVE_INFINITY });
      assert.deepEqual(records, alone.records);
      assert.equal(records[2].args[1], 7);
      if (!lazy) assert.equal(decoded, 0);
    });

test('who wants the text of a record, or all of its fields, gets them from the reader', async () => {
  for (const wanted of [{ wantText: true }, { wantFields: true }]) {
    const { records, decoded } = await read(
      [1, 2, 3].map((us) => line(`f: a=${us}`, us)),
      wanted,
    );
    assert.deepEqual([records.map(({ args }) => args[0]), decoded], [[1, 2, 3], 0]);
  }
});

test('a second trace in the same text: an unwanted name shows what it is again', async () => {
  const head = (us: number): string =>
    `         vfiolab-246     [001] .....    44.${String(us).padStart(6, '0')}: `;
  const first = [1, 2, 3, 4, 5].map((us) => `${head(us)}g: x=1`);
  const { records } = await read([...first, '# tracer: nop', `${head(6)}g: y=2`, `${head(7)}g: y=3`], {
    format: 'tracefs',
    wants: ({ fields }) => fields.includes('y'),
  });
  assert.deepEqual(
    records.map(({ args }) => args),
    [[2], [3]],
  );
});

test('the result of a system call is none of an event of the same name', async () => {
  const { records } = await read([
    line('sys_exit_f: 0x5', 1),
    line('sys_exit_f: b c=7', 2),
    line('sys_exit_f: 0x6', 3),
  ]);
  assert.deepEqual(
    records.map(({ args }) => args),
    [[5], [7], [6]],
  );
});

test('the times of what nobody wants are not looked at, whatever its columns', async () => {
  const f = [5, 6, 7, 8, 9].map((us) => line('f: a=1', us));
  const lines = [line('g: b=0', 1), ...f, line('g: b=0', 2, { task: 'vfiolab-1234567' }), line('g: b=0', 3)];
  for (const decodeFrom of [0, Number.POSITIVE_INFINITY]) {
    const { info } = await read(lines, { wants: ({ name }) => name === 'f', decodeFrom });
    assert.deepEqual([info.records, info.diagnostics], [8, []]);
  }
});

test('pids of any width, flags and thread groups move the columns: the lines are decoded all the same', async () => {
  const heads = [
    '         vfiolab-9     [001] .....    44.000001:',
    '         vfiolab-99999 [001]    44.000002:',
    '         vfiolab-1234567 [001]    44.000003:',
    'a very long name-1234567 [011] d..2.    44.000004:',
    '       kworker/1-12    (     12) [001] ....    44.000005:',
    '          <idle>-0     [000] 123456.000000006:',
    '          <idle>-0     (-------) [4095] 123456.0000001:',
  ];
  const { records, decoded } = await read(heads.map((head) => `${head} f: a=0x1`));
  assert.equal(decoded, 6);
  assert.deepEqual(
    records.map(({ pid, cpu, comm, t, line }) => [pid, cpu, comm, t, line]),
    [
      [9, 1, 'vfiolab', 0, 1],
      [99999, 1, 'vfiolab', 1000, 2],
      [1234567, 1, 'vfiolab', 2000, 3],
      [1234567, 11, 'a very long name', 3000, 4],
      [12, 1, 'kworker/1', 4000, 5],
      [0, 0, '<idle>', 123411999999006, 6],
      [0, 4095, '<idle>', 123411999999100, 7],
    ],
  );
});

/** What is damaged in a line: every mark stays in its column. */
const DAMAGE: readonly [from: string, to: string][] = [
  [': f:', '; f:'],
  ['9: f:', '9:xf:'],
  ['9: f:', 'x: f:'],
  ['44.0', '44,0'],
  ['.0000', '.0x00'],
  [' 44.', 'x44.'],
  ['  44.', '   ..'],
  ['-246', '-   '],
  ['-246', '-2x6'],
  ['-246', ' 246'],
  ['246   [', '246 x ['],
  ['[001]', '(001)'],
  ['[001]', '[001)'],
  ['[001]', '[   ]'],
  ['[001]', '   []'],
  ['[001]', '(001]'],
  ['-246   [', '-  ['],
  ['[001]', '[0x1]'],
  ['] ....', '] ..?.'],
  ['] ....', '] ... .'],
  ['] ....  ', '] ......'],
  ['] ....', '] .   '],
  ['vfiolab', 'vfi\nlab'],
];
for (const [from, to] of DAMAGE)
  test(`a head with ${JSON.stringify(to)} in place of ${JSON.stringify(from)} is left to the reader`, async () => {
    const run = (us: number, a: number): string[] =>
      [0, 1, 2, 3, 4].map((i) => line(`f: a=${a}`, us + i)).concat(line('g: b=0', us + 5));
    const good = line('f: a=9', 9);
    const bad = good.replace(from, to);
    assert.notEqual(bad, good);
    const lines = [...run(1, 1), bad, ...run(10, 2)];
    const wants = ({ name }: EventDecl): boolean => name === 'f';
    const { decoded, records, info } = await read(lines, { wants });
    const alone = await read(lines, { wants, decodeFrom: Number.POSITIVE_INFINITY });
    assert.deepEqual(records, alone.records);
    assert.deepEqual([info.records, info.unparsed], [alone.info.records, alone.info.unparsed]);
    assert.deepEqual(info.diagnostics, alone.info.diagnostics);
    // (A line that another tool may have written has the next one read one by one as well.)
    assert.ok(decoded >= 6 && decoded <= 4 + 6, `${decoded}`);
    // What nobody wants is told apart from what is no line in the same way.
    const unwanted = lines.map((text) => text.replace('f: a', 'g: a'));
    const counts = async (decodeFrom: number): Promise<number[]> => {
      const { info } = await read(unwanted, { wants: () => false, decodeFrom });
      return [info.records, info.unparsed];
    };
    assert.deepEqual(await counts(0), await counts(Number.POSITIVE_INFINITY));
  });

for (const head of ['         vfiolab-246', ''])
  test(`a line that ends before its time: ${JSON.stringify(head)}`, async () => {
    const good = [1, 2, 3, 4, 5].map((us) => line('f: a=0x1', us));
    const { decoded, records } = await read([...good, head, ...good.map((_, i) => line('f: a=0x2', 10 + i))]);
    assert.equal(decoded, 4 + 5);
    assert.equal(records.length, 10);
  });

test('a probe that is hit at another place, or with other fields, is another kind', async () => {
  const bodies = [
    'f: (vmf_insert_pfn+0x4/0x20) a=?',
    'f: (vmf_insert_pfn+0x8/0x20) a=?',
    'f: (insert_pfn+0x4/0x20) a=?',
    'f: (insert_pfn_prot+0x4/0x20) a=?',
    'f: (insert_pfn+0x4/0x20) a=?',
    'f: (insert_pfn+0x4/0x20) b=?',
    'f: (insert_pfn+0x4/0x20) b=? c=1',
    'f: (caller+0x1/0x2 [mod] <- insert_pfn) ret=?',
    'f: (other+0x1/0x2 <- insert_pfn) ret=?',
    'f: (other+0x1/0x2 <- vmf_insert_pfn) ret=?',
    'f: (ffffffffa67b2c84) a=?',
    'f: (ffffffffa67b2c85) a=?',
    'f: (ffff+0x1/0x2) a=?',
    'f: (ffffffffa67b2c84) a=?',
    'f: (ffffffffa67b2c84 <- ffffffffa67b2c85) a=?',
    'f: (ffffffffa67b2c14 <- 0) a=?',
    'f: (other+0x1/0x2 <- insert_pfn) ret=?',
    'f: (other+0x1/0x2 <= insert_pfn) ret=?',
    'f: (other+0x1/0x2 <- insert_pfn) ret=?',
    'f: (other+0x1/0x2 <-_insert_pfn) ret=?',
  ];
  const decls: string[] = [];
  const wants = (decl: EventDecl): boolean => {
    decls.push(`${decl.symbol} ${decl.isReturn} ${decl.fields.join()}`);
    return true;
  };
  const { records, decoded } = await read(
    bodies.map((body, i) => line(body.replace('?', `${i + 1}`), i + 1)),
    { wants },
  );
  assert.deepEqual(
    records.map(({ args }) => args[0]),
    bodies.map((_, i) => i + 1),
  );
  assert.equal(decoded, 4);
  assert.deepEqual(decls, [
    'vmf_insert_pfn false a',
    'insert_pfn false a',
    'insert_pfn_prot false a',
    'insert_pfn false b',
    'insert_pfn false b,c',
    'insert_pfn true ret',
    'vmf_insert_pfn true ret',
    'null false a',
    'ffff false a',
    'null true a',
    'null null ret',
  ]);
});

test('what nobody wants is passed over, and counted', async () => {
  const lines = [1, 2, 3, 4, 5].flatMap((us) => [
    line('g: x=1', 2 * us),
    line('h:    text of any kind', 2 * us + 1),
  ]);
  const { records, info, decoded } = await read(lines, { wants: ({ name }) => name === 'f' });
  assert.deepEqual([records.length, info.records, decoded], [0, 10, 8]);
});

test('a time that goes back, and a CPU beyond the decoder’s table, are left to the reader', async () => {
  const run = (us: number): [us: number, cpu: number][] => [0, 1, 2, 3, 4].map((i) => [us + i, 1]);
  const expected = [
    ...run(1),
    [4, 1],
    ...run(10),
    [13, 2],
    ...run(20),
    [25, 4096],
    ...run(30),
    [33, 4096],
  ] as const;
  const { records, decoded, info } = await read(expected.map(([us, cpu]) => line('f: a=0x1', us, { cpu })));
  assert.deepEqual(
    records.map(({ t, cpu }) => [t / 1000 + 1, cpu]),
    expected,
  );
  assert.deepEqual(
    info.diagnostics.map(({ code, message, count, origin }) => [
      code,
      /by (\d+)/.exec(message)?.[1],
      count,
      origin,
    ]),
    [
      ['time-backwards', '1000', 1, 6],
      ['cpu-disorder', undefined, 2, 12],
    ],
  );
  assert.equal(decoded, 4 + 5 + 5);
});

test('names of tasks: more than are kept, all of them right', async () => {
  const tasks = Array.from({ length: 94_000 }, (_, i) =>
    i % 4 === 0 ? 'stays-4' : `t${i % 92_000}-${i % 3}`,
  );
  const { records, decoded } = await read(tasks.map((task, i) => line('f: a=0x1', i, { task })));
  assert.deepEqual(
    records.map(({ comm, pid }) => `${comm}-${pid}`),
    tasks,
  );
  assert.ok(decoded > 93_000, `${decoded}`);
});

test('lines that end in CR and LF', async () => {
  const bodies = [
    'f: a=0x1',
    'f: a=0x1',
    'f: a=x',
    'g: (ffffffffa67b2c84)',
    'g: (ffffffffa67b2c84)',
    'f: a=0x2',
  ];
  const { records } = await read(bodies.map((body, i) => `${line(body, i)}\r`));
  assert.deepEqual(
    records.map(({ args }) => args),
    [[1], [1], [Number.NaN], [], [], [2]],
  );
});

test('the name of a task changes, to a part of what it was', async () => {
  const names = ['abc', 'abc', 'ab', 'ab', 'abcd', '', 'abcdefghijklmnop', 'abcdefghijklmno'];
  const { records, decoded } = await read(names.map((name, i) => line('f: a=0x1', i, { task: `${name}-1` })));
  assert.deepEqual(
    records.map(({ comm }) => comm),
    names,
  );
  assert.equal(decoded, names.length - 1);
});

test('more words, and more forms, than the decoder has room for', async () => {
  const lines = Array.from({ length: 10_000 }, (_, i) => line(`event_${i >> 1}: a${i >> 1}=${i}`, i));
  const { records, decoded } = await read(lines);
  assert.deepEqual(
    records.map(({ name, args }) => [name, args[0]]),
    lines.map((_, i) => [`event_${i >> 1}`, i]),
  );
  assert.ok(decoded > 3000 && decoded <= 4096, `${decoded}`);
});

test('longer names, and longer keys, than any event has', async () => {
  const keys = await read([1, 2, 3].map((us) => line(`f: ${'x'.repeat(4100)}=${us}`, us)));
  assert.deepEqual(
    keys.records.map(({ args }) => args),
    [[1], [2], [3]],
  );
  assert.equal(keys.decoded, 0);
  const { info } = await read([line(`${'f'.repeat(1024)}: a=1`, 1), line(`${'f'.repeat(1023)}: a=1`, 2)]);
  assert.deepEqual([info.records, info.unparsed], [1, 1]);
});

test('a line longer than a block, between others', async () => {
  const good = (from: number): string[] => [0, 1, 2, 3, 4].map((i) => line(`f: a=${from + i}`, from + i));
  const long = line(`f: a=6 ${'x'.repeat(600_000)}`, 6);
  const { records, decoded } = await read([...good(1), long, ...good(7)]);
  assert.deepEqual(
    records.map(({ line, args }) => [line, args[0]]),
    Array.from({ length: 11 }, (_, i) => [i + 1, i + 1]),
  );
  assert.equal(decoded, 4 + 5);
});

test('trace_pipe: a cut record with another behind it is found in lines that nobody wants', async () => {
  const head = (us: number): string => `         vfiolab-246     (    246) [001] .....    44.00000${us}: `;
  const lines = [
    `${head(1)}g: x=1`,
    `${head(2)}g: x=1`,
    `${head(3)}g: x=1${head(4)}f: a=0x4`,
    `${head(5)}g: x=[1]`,
  ];
  const lost: number[] = [];
  const { records, decoded } = await read(lines, {
    format: 'tracefs',
    wants: ({ name }) => name === 'f',
    sink: { lost: ({ cpu }) => void lost.push(cpu) },
  });
  assert.deepEqual(
    records.map(({ t, args }) => [t, args[0]]),
    [[3000, 4]],
  );
  assert.deepEqual([lost, decoded], [[1], 1]);
});

test('perf script: columns of its own; a thread that perf does not know is left to the reader', async () => {
  const tasks = [
    '         vfiolab   424',
    '        a b c 12   424',
    '         vfiolab 1/425',
    'abcdefghijklmnopqr 424',
    '         vfiolab   425',
    '               :-1',
    '         vfiolab   426',
  ];
  const { records, decoded } = await read(
    tasks.map((task, i) => `${task.padEnd(22)} [001]    44.00000${i}: probe:f: (ffffffffa938a4c4) a=0x${i}`),
    { format: 'perf-script' },
  );
  assert.deepEqual(
    records.map(({ pid, comm, cpu, t }) => [pid, comm, cpu, t]),
    [
      [424, 'vfiolab', 1, 0],
      [424, 'a b c 12', 1, 1000],
      [425, 'vfiolab', 1, 2000],
      [424, 'abcdefghijklmnopqr', 1, 3000],
      [425, 'vfiolab', 1, 4000],
      [-1, '', 1, 5000],
      [426, 'vfiolab', 1, 6000],
    ],
  );
  assert.equal(decoded, 5);
});

test('perf script: a damaged CPU', async () => {
  const lines = [1, 2, 3, 4, 5, 6, 7].map(
    (us) => `         vfiolab   424 [001]    44.00000${us}: probe:f: (ffffffffa938a4c4) a=0x${us}`,
  );
  for (const cpu of ['(001]', '[0x1]', '   []']) {
    const bad = lines.with(3, lines[3].replace('[001]', cpu));
    const [decoded, alone] = await Promise.all(
      [0, Number.POSITIVE_INFINITY].map((decodeFrom) => read(bad, { format: 'perf-script', decodeFrom })),
    );
    assert.deepEqual(decoded.records, alone.records);
    assert.equal(decoded.info.unparsed, alone.info.unparsed);
  }
});

test('other columns, and wider flags: decoded from the second line of them on', async () => {
  const layouts = [
    '         vfiolab-246   [001] ....    44.000001: f: a=0x1',
    '         vfiolab-246   [001] d..2.1.    44.000001: f: a=0x1',
    '  mmbuf:          vfiolab-246   [001] ....    44.000001: f: a=0x1',
  ];
  const { records, decoded } = await read(layouts.flatMap((text) => Array<string>(6).fill(text)));
  assert.equal(records.length, 18);
  assert.equal(decoded, 3 * 5);
});

test('the return of a function that called nothing comes when it is due, between the lines of other CPUs', async () => {
  const events = (us: number): string[] => [0, 1, 2, 3, 4].map((i) => line(`f: a=${us + i}`, us + i));
  const lines = [
    ...events(1),
    line('funcgraph_entry:        7.500 us   |  leaf();', 10, { cpu: 0 }),
    ...events(15),
  ];
  const [decoded, alone] = await Promise.all(
    [0, Number.POSITIVE_INFINITY].map((decodeFrom) => read(lines, { decodeFrom })),
  );
  assert.deepEqual(decoded.records, alone.records);
  assert.deepEqual(
    decoded.records.slice(5).map(({ name, t }) => [name, t / 1000 + 1]),
    [
      ['leaf', 10],
      ['f', 15],
      ['f', 16],
      ['f', 17],
      ['leaf', 17.5],
      ['f', 18],
      ['f', 19],
    ],
  );
});

test('the text of a mark that nobody wants goes on in the next line', async () => {
  const lines = [1, 2, 3].flatMap((us) => [line('print: the first line', us), `of ${us}`]);
  const { info } = await read(lines, { wants: () => false });
  assert.deepEqual([info.records, info.unparsed], [3, 0]);
});

test('a buffer’s name before the comm is none of it', async () => {
  const tasks = ['  mmbuf:          vfiolab', '  mmbuf: kworker/u17:1234', 'longbuf:kworker/u17:12345'];
  const { records, decoded } = await read(
    tasks.map((task, i) => `${task}-246   [001]    44.00000${i}: f: a=0x${i}`),
  );
  assert.deepEqual(
    records.map(({ comm }) => comm),
    ['vfiolab', 'kworker/u17:1234', 'worker/u17:12345'],
  );
  assert.equal(decoded, 2);
});

test('calls that ran through are offered at once, as those of binary traces', async () => {
  const call = (us: number): string[] =>
    [...'abc'].map((name, i) => line(`${name}: (ffffffffa67b2c84) x=0x${us + i}`, us + i));
  const shown: number[][] = [];
  const { records, info } = await read([...call(1), ...call(4), ...call(7)], {
    part: ({ name }) => ({ a: 1, b: 2, c: 3 })[name] as Part,
    sink: {
      call(bracket) {
        const { rows, values, count } = bracket;
        shown.push([...rows.subarray(0, count)].map((row) => values[row] / 1000 + 1));
        return shown.length > 1;
      },
    },
  });
  assert.deepEqual(shown, [
    [4, 5, 6],
    [7, 8, 9],
  ]);
  // The first one is left, the second taken; those of the first three lines have shown what they are.
  assert.deepEqual(
    records.map(({ args }) => args[0]),
    [1, 2, 3, 4, 5, 6],
  );
  assert.equal(info.records, 9);
});

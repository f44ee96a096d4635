import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CommTable } from '../../src/trace/binary/comms.js';
import { parseEventFormat } from '../../src/trace/binary/event-format.js';
import { SymbolTable } from '../../src/trace/binary/kallsyms.js';
import { GuestTimebase, TscTimebase } from '../../src/trace/dat/timebase.js';
import { seeded } from './random.js';

test('kallsyms: only code, only near its start, modules unsorted, aliases by the first name', () => {
  const text = [
    '0000000000000000 A fixed_percpu_data',
    'ffffffff9d000000 T _text',
    'ffffffff9d977000 D some_data',
    'ffffffff9d9772f0 T vma_interval_tree_insert',
    'ffffffff9d9772f0 T vma_interval_tree_alias',
    'ffffffffc03d0600 t vfio_pci_mmap_huge_fault\t[vfio_pci_core]',
    'ffffffffc03d05e0 t __pfx_vfio\t[vfio_pci_core]',
    'not a line',
    'ffffffffc03d05f0 w weak_one\t[vfio_pci_core]',
    '',
  ].join('\n');
  const table = new SymbolTable(Buffer.from(text));
  assert.equal(table.lookup(0xffffffff, 0x9d9772f4), 'vma_interval_tree_insert');
  assert.equal(table.lookup(0xffffffff, 0xc03d0604), 'vfio_pci_mmap_huge_fault');
  assert.equal(table.lookup(0xffffffff, 0xc03d05f0), 'weak_one');
  assert.equal(table.lookup(0xffffffff, 0xc03d0601 + 16), null);
  assert.equal(table.lookup(0xffffffff, 0x9d977004), null);
  assert.equal(table.lookup(0, 8), null);
  assert.equal(new SymbolTable(Buffer.alloc(0)).lookup(0xffffffff, 0), null);
});

test('kallsyms: a large text is searched, with modules in any order behind the sorted core', () => {
  const address = (n: number) => (0xffffffff81000000n + BigInt(n)).toString(16);
  const lines = ['0000000000000000 A fixed_percpu_data', '0000000000001000 D cpu_debug_store'];
  // Long runs of data symbols between the functions.
  for (let i = 0; i < 20_000; i++) lines.push(`${address(i * 64)} ${i % 1000 < 300 ? 'T' : 'd'} core_${i}`);
  for (const m of [7, 3, 9, 1])
    for (let i = 0; i < 500; i++)
      lines.push(`${address(0x3f000000 + m * 0x10000 + i * 32)} t mod${m}_${i}\t[mod${m}]`);
  lines.push('ffffffffc0ffee00 t bpf_prog_6deef7357e7b4530\t[bpf]');
  const text = lines.join('\n');
  assert.ok(text.length > 600_000);
  const table = new SymbolTable(Buffer.from(text));
  const at = (n: number) => table.lookup(0xffffffff, (0x81000000 + n) >>> 0);
  for (const i of [0, 1, 299, 1000, 7123, 15_200, 19_299]) {
    assert.equal(at(i * 64), `core_${i}`);
    assert.equal(at(i * 64 + 5), `core_${i}`);
    assert.equal(at(i * 64 + 17), null);
  }
  assert.equal(at(300 * 64), null);
  assert.equal(table.lookup(0xffffffff, 0x81000000 + 999 * 64, 0x100000), 'core_299');
  for (const m of [7, 3, 9, 1])
    for (const i of [0, 250, 499]) assert.equal(at(0x3f000000 + m * 0x10000 + i * 32 + 4), `mod${m}_${i}`);
  assert.equal(table.lookup(0xffffffff, 0xc0ffee00), 'bpf_prog_6deef7357e7b4530');
  assert.equal(table.lookup(0, 0x1000), null);
});

test('kallsyms: what is found in the lines of a small text is what is found when all of it was read', () => {
  const pick = seeded(7);
  let found = 0;
  for (let round = 0; round < 40; round++) {
    const addresses = Array.from({ length: 60 }, () => 0xffffff00 - pick(600));
    if (round % 2 === 0) addresses.sort((a, b) => a - b);
    const lines = addresses.map((lo, i) => {
      const rubbish = [
        'x',
        'ffffffff',
        `ffffffff${lo.toString(16)}T no_blank`,
        `ffffffff${lo.toString(16)} T `,
      ];
      if (pick(20) === 0) return rubbish[pick(rubbish.length)];
      return `ffffffff${lo.toString(16)} ${'tTwWidDbB'[pick(9)]} symbol_${i}${pick(3) === 0 ? '\t[mod]' : ''}`;
    });
    const text = Buffer.from(lines.join('\n'));
    const whole = new SymbolTable(text);
    for (let i = 0; i < 100; i++) whole.lookup(1, 4096);
    for (let i = 0; i < 100; i++) {
      const lo = 0xffffff10 - pick(640);
      const name = new SymbolTable(text).lookup(0xffffffff, lo);
      assert.equal(
        name,
        whole.lookup(0xffffffff, lo),
        `round ${round}: ${lo.toString(16)} in\n${lines.join('\n')}`,
      );
      if (name !== null) found++;
    }
  }
  assert.ok(found > 500);
});

test('comms: the last line of a pid wins, a comm may hold blanks', () => {
  const comms = new CommTable();
  comms.addSaved('5 old\n5 CPU 0/KVM\n1029 other\nrubbish\n');
  assert.equal(comms.get(5), 'CPU 0/KVM');
  // The same cache slot as 5.
  assert.equal(comms.get(1029), 'other');
  assert.equal(comms.get(5), 'CPU 0/KVM');
  assert.equal(comms.get(6), '<...>');
  assert.equal(comms.get(0), '<idle>');
  assert.equal(comms.get(-1), '<...>');
  comms.set(6, 'new');
  assert.equal(comms.get(6), 'new');
});

test('event formats: types, arrays, located strings, old kernels without signed', () => {
  const format = parseEventFormat(
    `name: odd
ID: 77
format:
	field:unsigned short common_type;	offset:0;	size:2;

	field:__data_loc char[] name;	offset:8;	size:4;	signed:1;
	field:__rel_loc unsigned long[] mask;	offset:12;	size:4;	signed:0;
	field:u32 nums[2][2];	offset:16;	size:16;	signed:0;
	field:const char * fmt;	offset:32;	size:8;
	field:unsigned int flags;	offset:40;	size:4;
	field:pid_t pid;	offset:44;	size:4;
	field:char buf[];	offset:48;	size:0;	signed:1;

print fmt: "%d", REC->pid
`,
    'sys',
    8,
  )!;
  assert.equal(format.id, 77);
  assert.deepEqual(
    format.common.map((f) => f.name),
    ['common_type'],
  );
  const shown = format.fields.map((f) => [f.name, f.array, f.elementSize, f.signed, f.isText, f.isPointer]);
  assert.deepEqual(shown, [
    ['name', 'data', 1, true, true, false],
    ['mask', 'relative', 8, false, false, false],
    ['nums', 'fixed', 4, false, false, false],
    ['fmt', null, 8, false, false, true],
    ['flags', null, 4, false, false, false],
    ['pid', null, 4, true, false, false],
    ['buf', 'fixed', 1, true, true, false],
  ]);
  assert.equal(parseEventFormat('name: x\n', '', 8), null);
  assert.equal(parseEventFormat('', '', 8), null);
});

test('TSC2NSEC: exact for any base, distance, mult and shift', () => {
  const random = seeded(1);
  const bits = (n: number) => {
    let value = 0n;
    for (let i = 0; i < n; i++) value = (value << 1n) | BigInt(random(2));
    return value;
  };
  for (let i = 0; i < 20000; i++) {
    const base = bits(random(64));
    const mult = Number(bits(1 + random(32))) || 1;
    const shift = random(33);
    const raw = Number(bits(random(53))) * (random(4) === 0 ? -1 : 1);
    if (base + BigInt(raw) < 0n) continue;
    const timebase = new TscTimebase(base, { mult, shift });
    const expected = ((base + BigInt(raw)) * BigInt(mult)) >> BigInt(shift);
    const difference = expected - timebase.base;
    // Beyond 2^53 ns no double is exact.
    if (difference > 2n ** 53n || difference < -(2n ** 53n)) continue;
    assert.equal(BigInt(timebase.toTime(raw)), difference, `(${base} + ${raw}) * ${mult} >> ${shift}`);
  }
});

test('TIME_SHIFT: a guest CPU is moved by its samples, interpolated where the trace says so', () => {
  const sample = (time: bigint, offset: bigint) => ({ time, offset, scaling: 1n, fraction: 0n });
  const cpus = [[sample(0n, 500n)], [sample(1000n, 100n), sample(2000n, 200n), sample(3000n, 400n)], []];
  const steps = new GuestTimebase(1000n, { interpolate: false, cpus }, null);
  assert.equal(steps.base, 1500n);
  assert.equal(steps.toTime(0, 0), 0);
  assert.equal(steps.toTime(1500, 1), 2500 + 200 - 1500);
  assert.equal(steps.toTime(0, 2), -500);
  const lines = new GuestTimebase(1000n, { interpolate: true, cpus }, null);
  assert.equal(lines.toTime(1500, 1), 2500 + 300 - 1500);
  assert.equal(lines.toTime(5000, 1), 6000 + 1000 - 1500);
});

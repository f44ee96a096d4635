import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { parseDefinition } from '../../src/probes/recipe/parse.js';
import { command } from './in-process.js';
import { fixture } from './process.js';

const folder = mkdtempSync(join(tmpdir(), 'zaptrace-probes-'));
after(() => rmSync(folder, { recursive: true, force: true }));

function file(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

const definitions = (script: string): string[] =>
  script.split('\n').filter((line) => parseDefinition(line) !== null);

test('a script for trace-cmd that finds out on the target is the default', async () => {
  const { code, stdout, stderr } = await command(['probes']);
  assert.equal(code, 0);
  assert.equal(stderr, '');
  assert.match(stdout, /^#!\/bin\/sh\n# Records what `zaptrace check` needs\./);
  assert.match(stdout, /trace-cmd record/);
  assert.match(stdout.replaceAll('\n# ', ' '), /It can decide: install-after-zap, .*Not: access-after-zap/);
});

test('the head tells what each level proves, by the grading of check', async () => {
  const state = await command(['probes', '--level', 'state']);
  assert.match(state.stdout, /It shows when a device is blocked and why, and decides no rule/);
  const full = await command(['probes', '--level', 'full']);
  assert.match(full.stdout, /It can decide: install-after-zap/);
});

test('options are refused with what would be right', async () => {
  for (const [args, message] of [
    [
      ['--driver', 'vfio'],
      /no probe map for the driver 'vfio' \(did you mean 'vfio-pci'\?\); known: .*FILE\.json/,
    ],
    [['--kernel', 'new'], /'new' is not a kernel version; expected one like 6\.12/],
    [['--kernel', '6.1', '--generation', 'G2'], /--kernel and --generation exclude each other/],
    [['--kernel', '6.1', '--form', 'btf'], /C names in probes need Linux 6\.6 or newer/],
    [['--tool', 'tracecmd'], /'tracecmd' is not a value of --tool \(did you mean 'trace-cmd'\?\)/],
    [['--instance', 'a/b'], /'a\/b' cannot be the name of an instance/],
    [['--driver', 'no-such.json'], /cannot read 'no-such\.json'/],
    [['--check', '/no/such/trace'], /no such file/],
  ] as const) {
    const { code, stderr, stdout } = await command(['probes', ...args]);
    assert.equal(code, 2, stderr);
    assert.match(stderr, message);
    assert.equal(stdout, '');
  }
});

test('a generation stands for its kernels', async () => {
  const { stdout } = await command(['probes', '--generation', 'G2', '--tool', 'tracefs']);
  const text = definitions(stdout).join('\n');
  assert.match(text, /zaptrace\/vfio_pci_zap_and_vma_lock /);
  assert.ok(!text.includes('vfio_pci_mmap_huge_fault'));
  // 5.13 to 6.9 have several layouts
  assert.match(
    stdout.replaceAll('\n# ', ' '),
    /Left out, as their struct offsets are not known for 5\.13 to 6\.9: .*vm_pgoff/,
  );
});

const map = {
  name: 'foo',
  module: 'foo',
  functions: [
    {
      symbols: ['foo_mmap'],
      role: 'mmap',
      params: 'filp vma',
      args: { vma: 'vma', mapping: 'vma->vm_file->f_mapping' },
      result: 'errno',
    },
  ],
};

test("a driver's own map is recorded along with the core kernel", async () => {
  const path = file('foo.json', JSON.stringify(map));
  const { code, stdout } = await command([
    'probes',
    '--driver',
    path,
    '--kernel',
    '6.12',
    '--tool',
    'tracefs',
  ]);
  assert.equal(code, 0);
  assert.match(stdout, /f:zaptrace\/foo_mmap foo_mmap vma=\$arg2:x64 f_mapping=vma->vm_file->f_mapping:x64/);
  assert.match(stdout, /zaptrace\/unmap_mapping_range /);
  assert.match(stdout, /module foo 'modprobe foo' foo_mmap/);
});

test('a map that is none is refused, with every place that is wrong, also by check', async () => {
  const path = file(
    'bad.json',
    JSON.stringify({ ...map, functions: [{ ...map.functions[0], role: 'mmpa', params: 'filp' }] }),
  );
  for (const args of [
    ['probes', '--driver', path],
    ['check', '--probe-map', path, path],
  ]) {
    const { code, stderr } = await command(args);
    assert.equal(code, 2);
    assert.match(
      stderr,
      /bad\.json' is not a probe map:\n {2}functions\[0\]\.role: expected one of mmap, .*found "mmpa"\n {2}functions\[0\]\.args\.vma: "vma" starts with 'vma'/,
    );
  }
});

test('--check of a list of definitions: what it could decide at best', async () => {
  const script = (await command(['probes', '--kernel', '6.12', '--tool', 'tracefs'])).stdout;
  const all = definitions(script);
  const whole = await command(['probes', '--check', file('all', all.join('\n'))]);
  assert.match(whole.stdout, /^This recording can decide 6 of 7 rules\n/);
  assert.ok(!whole.stdout.includes('Add to dynamic_events'));
  assert.equal(whole.code, 0);

  const without = all.filter((line) => !/zap_page_range_single|zap_vma_ptes/.test(line));
  const less = await command(['probes', '--kernel', '6.12', '--check', file('less', without.join('\n'))]);
  assert.match(less.stdout, /zap-skipped-vma +(unavailable|partial)/);
  assert.match(
    less.stdout,
    /Add to dynamic_events\n(.*\n)*f:zaptrace\/zap_page_range_single zap_page_range_single vma=\$arg1:x64/,
  );
  assert.equal(less.code, 3);
});

test('--check sees what a definition lacks', async () => {
  const lines = [
    'p:x/unmap_mapping_range unmap_mapping_range',
    'p:x/vmf_insert_pfn vmf_insert_pfn vma=$arg1:x64 addr=$arg2:x64',
    'r:x/vmf_insert_pfn_ret vmf_insert_pfn',
  ];
  const { stdout } = await command(['probes', '--check', file('lacks', lines.join('\n')), '-f', 'json']);
  const record = JSON.parse(stdout);
  const notes = Object.fromEntries(
    record.probes.map((p: { symbol: string; notes: string[] }) => [p.symbol, p.notes]),
  );
  assert.deepEqual(notes.unmap_mapping_range, ['returns are not recorded', 'without mapping']);
  assert.deepEqual(notes.vmf_insert_pfn, ['the return value is not recorded']);
  assert.ok(record.rules.every((r: { coverage: string }) => r.coverage !== 'checked'));
  assert.ok(
    record.lines.some((l: string) =>
      l.startsWith('f:zaptrace/unmap_mapping_range unmap_mapping_range mapping=$arg1:x64'),
    ),
  );
  assert.ok(record.lines.some((l: string) => l.includes('vmf_insert_pfn_ret')));
});

test('--check of a trace with its definitions and profile: what never fired, what was lost', async () => {
  const trace = [
    '# tracer: nop',
    '#',
    '            task-101     [001] .....   100.000001: vmf_insert_pfn: (vmf_insert_pfn+0x4/0x40) vma=0xffff888100000100 addr=0x7f0000001000',
    '            task-101     [001] .....   100.000003: vmf_insert_pfn_ret: (zaprace_fault+0x4/0x40 <- vmf_insert_pfn) ret=0x100',
    '',
  ].join('\n');
  const lines = [
    'p:zaptrace/vmf_insert_pfn vmf_insert_pfn vma=$arg1:x64 addr=$arg2:x64',
    'r256:zaptrace/vmf_insert_pfn_ret vmf_insert_pfn ret=$retval:x32',
    'p:zaptrace/unmap_mapping_range unmap_mapping_range mapping=$arg1:x64 holebegin=$arg2:x64 holelen=$arg3:x64',
    'p:other/something something',
  ];
  const profile =
    '  vmf_insert_pfn                              1               0\n  vmf_insert_pfn_ret                          1               4\n  unmap_mapping_range                         0               0\n';
  const { stdout, code } = await command([
    'probes',
    '--check',
    file('trace.txt', trace),
    file('dynamic_events', lines.join('\n')),
    file('kprobe_profile', profile),
    '-f',
    'json',
  ]);
  const record = JSON.parse(stdout);
  assert.deepEqual(
    record.inputs.map((i: { kind: string }) => i.kind),
    ['trace', 'definitions', 'profile'],
  );
  const notes = Object.fromEntries(
    record.probes.map((p: { symbol: string; notes: string[] }) => [p.symbol, p.notes]),
  );
  assert.deepEqual(notes.vmf_insert_pfn, ['4 returns lost (raise maxactive: r256, f256)']);
  assert.ok(notes.unmap_mapping_range.includes('never fired'));
  assert.ok(record.remarks.includes('1 probes are of functions that no probe map knows'));
  assert.equal(code, 3);
});

test('--check of the directory that a recording script has made', async () => {
  const directory = mkdtempSync(join(folder, 'capture-'));
  writeFileSync(join(directory, 'dynamic_events'), 'p:zaptrace/exit_mmap exit_mmap mm=$arg1:x64\n');
  writeFileSync(join(directory, 'kprobe_profile'), '');
  const { stdout } = await command(['probes', '--check', directory, '-f', 'json']);
  const record = JSON.parse(stdout);
  assert.deepEqual(
    record.inputs.map((i: { kind: string }) => i.kind),
    ['definitions', 'profile'],
  );
  assert.deepEqual(
    record.probes.map((p: { symbol: string }) => p.symbol),
    ['exit_mmap'],
  );
  const empty = await command(['probes', '--check', mkdtempSync(join(folder, 'empty-'))]);
  assert.equal(empty.code, 2);
  assert.match(empty.stderr, /no recording in the directory/);
});

test('the coverage of --check is that of check', async () => {
  const path = fixture('race.report.txt');
  const report = JSON.parse((await command(['check', '-f', 'json', path])).stdout);
  const recording = JSON.parse((await command(['probes', '--check', path, '-f', 'json'])).stdout);
  const coverage = Object.fromEntries(
    recording.rules.map((r: { rule: string; coverage: string }) => [r.rule, r.coverage]),
  );
  assert.deepEqual(coverage, report.summary.coverage);
});

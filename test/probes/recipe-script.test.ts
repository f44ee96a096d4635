import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { BUILTIN_MAPS } from '../../src/probes/maps/index.js';
import type { Level } from '../../src/probes/recipe/definition.js';
import { ANY_KERNEL, parseKernels } from '../../src/probes/recipe/kernel.js';
import { parseDefinition } from '../../src/probes/recipe/parse.js';
import { recipe } from '../../src/probes/recipe/recipe.js';
import type { Tool } from '../../src/probes/recipe/script.js';
import { mapsFor, select } from '../../src/probes/recipe/select.js';
import type { FormChoice } from '../../src/probes/recipe/table.js';
import { FakeTracefs } from './fake-tracefs.js';

interface What {
  tool?: Tool;
  driver?: string;
  level?: Level;
  kernel?: string;
  form?: FormChoice;
  pids?: number[];
}

function script({
  tool = 'tracefs',
  driver = 'vfio-pci',
  level = 'verdict',
  kernel,
  form = 'auto',
  pids = [],
}: What): string {
  const kernels = kernel === undefined ? null : parseKernels(kernel);
  const selection = select(mapsFor([driver], BUILTIN_MAPS), level, kernels ?? ANY_KERNEL);
  return recipe(tool, { selection, form, kernels, pids, instance: 'zaptrace', about: ['test'] });
}

/** Functions that a real kernel has, by its BTF. */
const functionsOf = (version: string): string[] =>
  Object.keys(JSON.parse(readFileSync(`fixtures/btf/${version}.json`, 'utf8')).functions).map((name) =>
    name.startsWith('vfio') || name.startsWith('__vfio') ? `${name} [vfio_pci_core]` : name,
  );

function onKernel(
  release: string,
  version: string,
  use: (fs: FakeTracefs) => void,
  extra: string[] = [],
  without: string[] = [],
): void {
  const fs = new FakeTracefs(release, [
    ...functionsOf(version).filter((f) => !without.includes(f)),
    ...extra,
  ]);
  try {
    use(fs);
  } finally {
    fs.remove();
  }
}

const SHELLS: string[][] = [['sh'], ['bash', '--posix'], ['busybox', 'sh'], ['dash']].filter(
  ([program, ...rest]) => spawnSync(program, [...rest, '-c', 'true']).status === 0,
);

for (const shell of SHELLS) {
  test(`${shell.join(' ')}: defines by symbol what the kernel has, records, takes all away`, () => {
    onKernel('7.3.4+deb13-amd64', '7.3', (fs) => {
      const text = script({});
      const start = fs.run(text, ['start'], shell);
      assert.equal(
        start.stderr.replace(/\d+ events/, 'N events'),
        `zaptrace-record: N events defined\nzaptrace-record: recording into ${fs.root}/instances/zaptrace\n`,
      );
      assert.equal(start.code, 0);
      const events = fs.defined.map((line) => parseDefinition(line)?.decl.name);
      assert.ok(events.length > 50, `${events.length} events`);
      assert.ok(events.includes('zap_vma_range_batched') && events.includes('vfio_pci_vmf_insert_pfn_ret'));
      assert.ok(!events.includes('zap_page_range_single'), 'a function that this kernel does not have');
      assert.equal(new Set(events).size, events.length, 'each event once');
      assert.equal(fs.read('instances/zaptrace/trace_clock'), 'mono\n');
      assert.equal(fs.read('instances/zaptrace/buffer_size_kb'), '16384\n');
      assert.equal(fs.read('instances/zaptrace/tracing_on'), '1\n');

      const stop = fs.run(text, ['stop'], shell);
      assert.match(stop.stderr, /out\/trace.txt: 1 events; next: zaptrace check/);
      assert.equal(fs.read('instances/zaptrace/tracing_on'), '0\n');
      assert.match(fs.read('out/dynamic_events'), /zaptrace\/unmap_mapping_range /);
      assert.match(fs.read('out/kernel'), /7\.3\.4/);
      const removed = fs.defined.filter((line) => line.startsWith('-:'));
      assert.deepEqual(
        removed,
        events.map((event) => `-:zaptrace/${event}`),
      );
    });
  });

  test(`${shell.join(' ')}: run records while a command runs, and ends as it ended`, () => {
    onKernel('6.12.95', '6.12', (fs) => {
      const run = fs.run(script({}), ['run', 'sh', '-c', 'echo traced; exit 7'], shell);
      assert.equal(run.stdout, 'traced\n');
      assert.equal(run.code, 7);
      assert.ok(fs.has('out/trace.txt'));
    });
  });

  test(`${shell.join(' ')}: raw offsets are filled in by kernel, unknown ones left out`, () => {
    for (const [release, version, pgoff, mapping] of [
      ['6.1.0-50-amd64', '6.1', '+104', '+216(+112($arg2))'],
      ['6.12.95+deb12-amd64', '6.12', '+120', '+24(+128($arg2))'],
      ['6.8.0-45-generic', '6.1', '+128', null],
    ] as const) {
      onKernel(release, version, (fs) => {
        assert.equal(fs.run(script({ form: 'raw' }), ['start'], shell).code, 0);
        const line = fs.defined.find((l) => l.startsWith('p:zaptrace/vfio_pci_core_mmap '));
        assert.ok(line?.includes(`vm_pgoff=${pgoff}($arg2):x64`), line);
        if (mapping === null) assert.ok(!line?.includes('f_mapping'), line);
        else assert.ok(line?.includes(`f_mapping=${mapping}:x64`), line);
        for (const l of fs.defined) assert.ok(!l.includes('@') && parseDefinition(l) !== null, l);
      });
    }
  });
}

test('there is a shell to try the scripts with', () => assert.notEqual(SHELLS.length, 0));

test('a clone of a function is probed without arguments: they may be others', () => {
  onKernel(
    '6.12.95',
    '6.12',
    (fs) => {
      fs.run(script({}), ['start']);
      const lines = fs.defined.filter((l) => l.includes('hot_reset') || l.includes('/vmf_insert_mixed'));
      assert.deepEqual(lines, [
        'f:zaptrace/vmf_insert_mixed vmf_insert_mixed.isra.0',
        'f256:zaptrace/vmf_insert_mixed_ret vmf_insert_mixed.isra.0%return ret=$retval:x32',
        'f:zaptrace/vfio_pci_dev_set_hot_reset vfio_pci_dev_set_hot_reset.constprop.0',
        'f256:zaptrace/vfio_pci_dev_set_hot_reset_ret vfio_pci_dev_set_hot_reset.constprop.0%return',
      ]);
    },
    ['vfio_pci_dev_set_hot_reset.constprop.0 [vfio_pci_core]', 'vmf_insert_mixed.isra.0'],
    ['vmf_insert_mixed'],
  );
});

test('the prototype of a function goes by the version, where it has changed', () => {
  const define = (release: string, version: string, event: string): string | undefined => {
    let line: string | undefined;
    onKernel(
      release,
      version,
      (fs) => {
        assert.equal(fs.run(script({}), ['start']).code, 0);
        line = fs.defined.find((l) => l.startsWith(`f:zaptrace/${event} `));
      },
      ['vfio_pci_core_mmap [vfio_pci_core]'],
    );
    return line;
  };
  // of 6.19 and 7.0 only vmlinux is in the fixtures
  assert.match(define('6.12.95', '6.12', 'move_page_tables') ?? '', / vma=\$arg1:x64 new_vma=\$arg3:x64 /);
  assert.match(define('7.3.4', '7.3', 'move_page_tables') ?? '', / vma=pmc->old:x64 new_vma=pmc->new:x64 /);
  assert.match(define('6.19.14', '6.19', 'remap_pfn_range_complete') ?? '', / start=\$arg2:x64 /);
  assert.match(define('7.0.13', '7.0', 'remap_pfn_range_complete') ?? '', / start=action->remap.start:x64 /);
});

test('what cannot work is said before anything is defined', () => {
  const fs = new FakeTracefs(
    '6.12.95',
    functionsOf('6.12').filter((f) => !f.includes('vfio')),
  );
  const { code, stderr } = fs.run(script({}), ['start']);
  assert.equal(code, 1);
  assert.match(stderr, /no function of vfio_pci_core is there: load it first \(modprobe vfio_pci_core\)/);
  assert.deepEqual(fs.defined, []);
  fs.remove();
});

test('probes of an earlier recording are not touched', () => {
  onKernel('6.12.95', '6.12', (fs) => {
    fs.run('mkdir -p "$TRACEFS/events/zaptrace"', []);
    const { code, stderr } = fs.run(script({}), ['start']);
    assert.equal(code, 1);
    assert.match(stderr, /probes of an earlier recording are still there: sh .*recipe\.sh clean/);
    assert.deepEqual(fs.defined, []);
  });
});

test('a kernel without a function that matters is told, with what it costs', () => {
  const fs = new FakeTracefs(
    '6.12.95',
    functionsOf('6.12').filter((f) => !/zap_page_range_single|zap_vma/.test(f)),
  );
  const { code, stderr } = fs.run(script({}), ['start']);
  assert.equal(code, 0);
  assert.match(
    stderr,
    /no probe for the zap of one VMA: this kernel has none of zap_page_range_single .*; some rules cannot be decided/,
  );
  fs.remove();
});

test('a script for one kernel holds finished definitions and nothing of other kernels', () => {
  const text = script({ kernel: '6.12' });
  const lines = text.split('\n').filter((l) => parseDefinition(l) !== null);
  assert.ok(lines.length > 50);
  assert.ok(
    lines.every((l) => !l.includes('@') && /^f(256)?:zaptrace\//.test(l)),
    'fprobes with C names',
  );
  assert.ok(!text.includes('zap_vma_range_batched'));
  const old = script({ kernel: '5.10' })
    .split('\n')
    .filter((l) => parseDefinition(l) !== null);
  assert.ok(
    old.every((l) => /^(p|r256):zaptrace\//.test(l) && !l.includes('->')),
    'registers and offsets',
  );
  assert.ok(old.some((l) => l.includes('vm_pgoff=+152($arg1):x64')));
  const unlimited = script({ kernel: '7.3' });
  assert.ok(unlimited.includes('f:zaptrace/vmf_insert_pfn_ret vmf_insert_pfn%return ret=$retval:x32'));
});

test('void functions are never asked for a value, and nothing is printed by its C type', () => {
  for (const kernel of ['6.1', '6.12', '7.3']) {
    for (const line of script({ kernel, level: 'full' }).split('\n')) {
      if (parseDefinition(line) === null) continue;
      assert.ok(!line.includes('$arg*'), line);
      assert.ok(
        !/unmap_mapping_range|zap_(?!and_vma_lock)|_remove|link_file|memory_lock/.test(line) ||
          !line.includes('$retval'),
        line,
      );
      for (const arg of line.split(' ').slice(2)) assert.match(arg, /:[usx](8|16|32|64)$/, line);
    }
  }
});

test('levels hold what they say', () => {
  const events = (level: Level): string[] =>
    script({ kernel: '6.12', level })
      .split('\n')
      .flatMap((l) => parseDefinition(l)?.decl.name ?? []);
  assert.ok(
    events('state').includes('vfio_basic_config_write') && !events('state').includes('vmf_insert_pfn'),
  );
  assert.ok(events('verdict').includes('vmf_insert_pfn') && !events('verdict').includes('unmap_single_vma'));
  assert.ok(events('full').includes('unmap_single_vma'));
  assert.match(
    script({ kernel: '6.12', level: 'full' }),
    /TRACEPOINTS="exceptions\/page_fault_user .*syscalls\/sys_enter_mmap syscalls\/sys_exit_mmap/,
  );
  assert.match(script({ kernel: '6.12', level: 'verdict' }), /TRACEPOINTS=""/);
});

test('processes are named by their threads, with a warning about all others', () => {
  onKernel('6.12.95', '6.12', (fs) => {
    const text = script({ pids: [process.pid] });
    assert.match(
      text.replaceAll('\n# ', ' '),
      /every process that maps, zaps or configures the device must be/,
    );
    fs.run(text, ['start']);
    assert.ok(fs.read('instances/zaptrace/set_event_pid').split(' ').includes(String(process.pid)));
    assert.equal(fs.read('instances/zaptrace/options/event-fork'), '1\n');
  });
});

test('nvgrace-gpu brings vfio-pci with it, and its populating mmap is not probed where it no longer populates', () => {
  const text = script({ driver: 'nvgrace-gpu' });
  assert.match(text, /kernel=0\.\.6018 f:zaptrace\/nvgrace_gpu_mmap /);
  assert.match(text, /vfio_basic_config_write/);
  assert.ok(!script({ driver: 'nvgrace-gpu', kernel: '6.19' }).includes('/nvgrace_gpu_mmap '));
});

for (const tool of ['tracefs', 'trace-cmd', 'perf'] as const) {
  test(`${tool}: usage when it is not told what to do`, () => {
    onKernel('6.12.95', '6.12', (fs) => {
      const { code, stderr } = fs.run(script({ tool }), []);
      assert.equal(code, 2);
      assert.match(stderr, /sh SCRIPT run COMMAND/);
      assert.deepEqual(fs.defined, []);
    });
  });
}

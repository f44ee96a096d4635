import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { proven, said } from './expect.js';
import type { Item, Result } from './recording.js';
import { isLoss, judge } from './recording.js';
import { eachSeed } from './runs.js';
import type { Bug } from './simulator/driver.js';
import { Random } from './simulator/scheduler.js';
import { simulate } from './simulator.js';
import { interleave, lose, rename, shuffleTies } from './transform.js';

const BUGS: Bug[] = [
  null,
  'fault-drops-lock',
  'list-misses-copies',
  'zaps-half',
  'zap-without-lock',
  'populates-in-mmap',
];
const bugOf = (seed: number): Bug => BUGS[seed % BUGS.length];

/** All that a finding says, without the names of pointers and tasks. */
const gist = (result: Result): string[] =>
  result.findings
    .map((f) =>
      [
        f.rule.id,
        f.severity,
        f.confidence,
        f.page,
        f.pages,
        f.t,
        f.exposed,
        f.endedBy,
        f.fingerprint,
        f.doubts.join('+'),
      ].join(' '),
    )
    .sort();

/**
 * Pages by rule and cause of the zap, whatever their certainty. Not by what installed them: a fault on a page that is
 * certainly present has installed nothing (kernel facts §4, trap 6), on one that is present perhaps it may have, and
 * whether the one or the other is settled by what the rest of the trace shows to be recorded.
 */
function pages(...results: Result[]): Map<string, number> {
  const sums = new Map<string, number>();
  for (const { rule, zap, pages } of results.flatMap((result) => result.findings)) {
    const key = `${rule.id} ${zap?.cause}`;
    sums.set(key, (sums.get(key) ?? 0) + pages);
  }
  return new Map([...sums].sort());
}

describe('what does not change a trace does not change its findings', () => {
  it('other pointers, pids, names of tasks, and times', () => {
    eachSeed((seed, style) => {
      const { trace } = simulate({ seed, style, bug: bugOf(seed) });
      const before = judge(trace);
      const after = judge(
        rename(trace, { pointers: 0x7777_0000n, pids: 5000, comm: 'evil\u001b[31m', time: 987_654_321_000 }),
      );
      assert.deepEqual(gist(after), gist(before));
      assert.deepEqual([after.verdict, after.reasons], [before.verdict, before.reasons]);
      assert.deepEqual([...after.coverage], [...before.coverage]);
    });
  });

  it('two machines` devices in one trace: the union of the findings', () => {
    eachSeed((seed, style) => {
      // (Not how certain they are: what is recorded of one machine settles doubts whether it would be of the other.)
      const one = simulate({ seed, style, bug: bugOf(seed) }).trace;
      const b = simulate({ seed: seed + 100_000, style, bug: bugOf(seed + 1) }).trace;
      const other = rename(b, { pointers: 0x10_0000_0000n, pids: 100_000, comm: 'other', time: 333 });
      assert.deepEqual(pages(judge(interleave(one, other))), pages(judge(one), judge(other)));
    });
  });

  it('the order of equal µs on different CPUs: no verdict becomes more certain', () => {
    eachSeed((seed, style) => {
      const random = new Random(seed);
      const { trace } = simulate({ seed, style, bug: bugOf(seed), cpus: 4, rounds: 3 });
      const [a, b] = [judge(trace, { digits: 6 }), judge(shuffleTies(trace, random), { digits: 6 })];
      assert.equal(b.verdict, a.verdict);
    });
  });
});

describe('what is missing makes nothing more certain', () => {
  it('correct drivers, lost records: never a confirmed error, never clean', () => {
    eachSeed((seed, style) => {
      const random = new Random(seed);
      const { trace, machine } = simulate({
        seed,
        style,
        bug: null,
        devices: 1 + (seed % 2),
        admins: 1 + (seed % 3),
      });
      const lossy = lose(trace, random.int(1, 4), random, machine.cpus);
      const result = judge(lossy);
      assert.notEqual(result.verdict, 'violation', said(result).join());
      if (lossy.some(isLoss) && result.analysis.vmas > 0) assert.notEqual(result.verdict, 'clean');
    });
  });

  it('a mark of loss alone: violation and clean may become inconclusive, nothing else', () => {
    eachSeed((seed, style) => {
      const random = new Random(seed);
      const { trace, machine } = simulate({ seed, style, bug: bugOf(seed), rounds: 3 });
      const before = judge(trace).verdict;
      const marked: Item[] = [...trace];
      const at = random.int(0, trace.length - 1);
      const cpu = random.int(-1, machine.cpus - 1);
      marked.splice(at, 0, {
        t: trace[at].t,
        cpu,
        lost: random.pick([-1, 7]),
        where: random.pick(['gap', 'start', 'total']),
      });
      const after = judge(marked).verdict;
      assert.ok(after === before || after === 'inconclusive', `${before} became ${after}`);
    });
  });

  it('correct drivers, cut at the end or at the beginning: nothing above note', () => {
    eachSeed((seed, style) => {
      const random = new Random(seed);
      const admins = 1 + (seed % 3);
      const { trace } = simulate({ seed, style, bug: null, admins });
      const at = random.int(1, trace.length - 1);
      for (const part of [trace.slice(0, at), trace.slice(at)]) {
        const result = judge(part);
        // Who blocks and enables at the same time leaves it open which came last.
        const findings = admins === 1 ? said(result) : proven(result);
        assert.deepEqual(findings, [], result.findings.map((f) => f.message).join('\n'));
      }
    });
  });

  it('correct drivers, any choice of probes: nothing is proven', () => {
    eachSeed((seed, style) => {
      const random = new Random(seed);
      const without: string[] = [];
      const entryOnly: string[] = [];
      const returnOnly: string[] = [];
      for (const symbol of SYMBOLS) {
        const dice = random.unit();
        if (dice < 0.2) without.push(symbol);
        else if (dice < 0.3) entryOnly.push(symbol);
        else if (dice < 0.4) returnOnly.push(symbol);
      }
      const probes = { without, entryOnly, returnOnly, returnArguments: random.chance(0.5) };
      const result = simulate({ seed, style, bug: null, admins: 1 + (seed % 3), probes }).judge();
      assert.deepEqual(proven(result), [], JSON.stringify(probes));
    });
  });
});

/** Functions that a recording may leave out. */
const SYMBOLS = [
  'vfio_pci_core_mmap',
  'vfio_pci_mmap_huge_fault',
  '__vfio_pci_memory_enabled',
  'zaprace_mmap',
  'zaprace_fault',
  'zaprace_zap',
  'zaprace_unzap',
  'vmf_insert_pfn',
  'unmap_mapping_range',
  'zap_page_range_single',
  'vfio_basic_config_write',
  'vfio_pm_config_write',
  'vfio_pci_core_ioctl',
  'vfio_pci_core_ioctl_feature',
  'vfio_pci_zap_and_down_write_memory_lock',
  'vma_interval_tree_insert',
  'vma_interval_tree_insert_after',
  'vma_interval_tree_remove',
  'unmap_page_range',
  'remove_vma',
  'copy_page_range',
  'move_page_tables',
  'exit_mmap',
];

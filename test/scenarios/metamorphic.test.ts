import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { chooseProbes, describedBy } from './choice.js';
import type { Probes } from './dsl.js';
import { proven, said } from './expect.js';
import type { Kernel } from './objects.js';
import type { Item, Result } from './recording.js';
import { isLoss, judge } from './recording.js';
import { eachSeed } from './runs.js';
import type { Bug, Style } from './simulator/driver.js';
import { Random } from './simulator/scheduler.js';
import { simulate } from './simulator.js';
import { interleave, lose, rename, shuffleTies, withoutReturns } from './transform.js';

const BUGS: Bug[] = [
  null,
  'fault-drops-lock',
  'list-misses-copies',
  'zaps-half',
  'zap-without-lock',
  'populates-in-mmap',
];
/** Those that leave stray PTEs. */
const LEAKS: Exclude<Bug, null>[] = [
  'fault-drops-lock',
  'fault-ignores-block',
  'list-misses-copies',
  'zaps-half',
  'populates-in-mmap',
  'action-populates',
];
const bugOf = (seed: number, style: Style): Bug =>
  style === 'list' ? (seed % 2 === 0 ? null : 'fault-drops-list-lock') : BUGS[seed % BUGS.length];
/** Several who block and enable, now and then two devices that hot resets reset together, and a machine that is busy. */
const crowd = (seed: number) => ({
  admins: 1 + (seed % 3),
  devices: seed % 5 === 0 ? 2 : 1,
  hotResets: seed % 5 === 0,
  preempts: seed % 2 === 0,
});
/** Kernels that have such a driver. */
const kernelsOf = (style: Style): readonly Kernel[] => (style === 'list' ? ['6.1'] : ['6.1', '6.12', '7.3']);

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
      const { trace } = simulate({ seed, style, bug: bugOf(seed, style) });
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
      const one = simulate({ seed, style, bug: bugOf(seed, style) }).trace;
      const b = simulate({ seed: seed + 100_000, style, bug: bugOf(seed + 1, style) }).trace;
      const other = rename(b, { pointers: 0x10_0000_0000n, pids: 100_000, comm: 'other', time: 333 });
      assert.deepEqual(pages(judge(interleave(one, other))), pages(judge(one), judge(other)));
    });
  });

  it('the order of equal µs on different CPUs: no verdict becomes more certain', () => {
    eachSeed((seed, style) => {
      const random = new Random(seed);
      const { trace } = simulate({ seed, style, bug: bugOf(seed, style), cpus: 4, rounds: 3 });
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
      const { trace, machine } = simulate({ seed, style, bug: bugOf(seed, style), rounds: 3 });
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

  /** Correct drivers, recorded by such probes, as text and as trace.dat. */
  const provesNothing = (probesOf: (random: Random) => Required<Probes>): void =>
    eachSeed((seed, style) => {
      const random = new Random(seed);
      const probes = probesOf(random);
      const kernel = random.pick(kernelsOf(style));
      const { trace } = simulate({ seed, style, bug: null, kernel, ...crowd(seed), probes });
      for (const described of [undefined, describedBy(kernel, probes)])
        assert.deepEqual(proven(judge(trace, { described })), [], JSON.stringify(probes));
    });

  it('correct drivers, any choice of probes: nothing is proven', () => {
    provesNothing((random) => chooseProbes(random, 0.2, 0.1));
  });

  it('correct drivers, any choice of probes and of their fields: nothing is proven', () => {
    provesNothing((random) => chooseProbes(random, random.pick([0, 0.1, 0.3]), random.pick([0, 0.05]), 0.15));
  });

  it('correct drivers, returns that no probe saw (nmissed), and nothing tells: nothing is proven', () => {
    eachSeed((seed, style) => {
      const random = new Random(seed);
      const probes = chooseProbes(random, random.pick([0, 0.1]), random.pick([0, 0.05]));
      const kernel = random.pick(kernelsOf(style));
      const { trace } = simulate({ seed, style, bug: null, kernel, ...crowd(seed), probes });
      const missed = random.pick([0.01, 0.05, 0.2]);
      const rest = withoutReturns(trace, missed, random);
      assert.deepEqual(proven(judge(rest)), [], JSON.stringify({ missed, probes }));
    });
  });

  it('correct drivers, all of that together, and times of a µs: nothing is proven', () => {
    const failedOnce = [17300, 143090, 149760, 157652, 210242, 219189];
    const nothingProven = (seed: number, style: Style): void => {
      const random = new Random(seed);
      const probes = chooseProbes(
        random,
        random.pick([0, 0.05, 0.2]),
        random.pick([0, 0.05, 0.1]),
        random.pick([0, 0.1]),
      );
      const kernel = random.pick(kernelsOf(style));
      const machine = { cpus: random.pick([2, 3, 4]), rounds: random.int(1, 4), ...crowd(seed) };
      const { trace } = simulate({ seed, style, bug: null, kernel, ...machine, probes });
      let rest: Item[] = trace;
      if (random.chance(0.2)) {
        const at = random.int(1, rest.length - 1);
        rest = random.chance(0.5) ? rest.slice(0, at) : rest.slice(at);
      }
      rest = withoutReturns(rest, random.pick([0, 0, 0.02, 0.1]), random);
      const lossy = random.chance(0.3) && rest.length > 0;
      if (lossy) rest = lose(rest, random.int(1, 3), random, machine.cpus);
      const digits = random.pick([6, 9] as const);
      const skew = random.pick([0, 0, 1500]);
      const described = random.chance(0.5) ? describedBy(kernel, probes) : undefined;
      const result = judge(rest, { digits, skew, described });
      // (A loss takes back what has been told before it was known.)
      const findings = lossy && result.verdict !== 'violation' ? [] : proven(result);
      assert.deepEqual(findings, [], JSON.stringify({ kernel, digits, skew, described, probes }));
    };
    eachSeed(nothingProven, undefined, failedOnce);
  });

  it('drivers that leak, any choice of fields: never clean', () => {
    eachSeed((seed) => {
      const random = new Random(seed);
      const bug = random.pick(LEAKS.filter((leak) => leak !== 'list-misses-copies'));
      const action = bug === 'action-populates';
      const style: Style = action || random.chance(0.5) ? 'zaprace' : 'vfio';
      const kernel = action ? '7.3' : random.pick(['6.1', '6.12', '7.3'] as const);
      const probes = chooseProbes(random, random.pick([0, 0.1]), 0, 0.1);
      const { trace, truth } = simulate({ seed, style, bug, kernel, probes, rounds: random.int(1, 4) });
      if (!truth.windows.some((window) => truth.strays(window, 2000).length > 0)) return;
      for (const described of [undefined, describedBy(kernel, probes)]) {
        const { verdict } = judge(trace, { described });
        assert.notEqual(verdict, 'clean', JSON.stringify({ bug, kernel, probes, described }));
      }
    });
  });

  it('lists that lose what mremap or fork makes, or what a late fault inserts, any choice of probes and fields: never clean', () => {
    eachSeed(
      (seed, style) => {
        const random = new Random(seed);
        const how = random.pick(['moves', 'opensFirst', 'fault-drops-list-lock'] as const);
        const bug = how === 'fault-drops-list-lock' ? how : null;
        const probes = chooseProbes(
          random,
          random.pick([0, 0.05, 0.2]),
          random.pick([0, 0.05]),
          random.pick([0, 0.1]),
        );
        const { trace, truth } = simulate({
          seed,
          style,
          bug,
          moves: how === 'moves',
          opensFirst: how === 'opensFirst',
          probes,
          rounds: random.int(1, 4),
        });
        if (!truth.windows.some((window) => truth.strays(window, 2000).length > 0)) return;
        for (const described of [undefined, describedBy('6.1', probes)]) {
          // (Text without what would show a mremap or fork tells nothing of whether it would be there.)
          if (bug === null && described === undefined && probes.without.length + probes.returnOnly.length > 0)
            continue;
          const { verdict } = judge(trace, { described });
          assert.notEqual(verdict, 'clean', JSON.stringify({ how, probes, described }));
        }
      },
      ['list'],
    );
  });

  it('drivers that leak for any time at all, with times of a µs: never clean', () => {
    eachSeed((seed, style) => {
      const bug = style === 'list' ? 'fault-drops-list-lock' : LEAKS[seed % LEAKS.length];
      if (style === 'vfio' && bug.includes('populates')) return;
      const { trace, truth } = simulate({ seed, style, bug, cpus: 4, rounds: 3 });
      if (truth.windows.every((window) => truth.strays(window, 0).length === 0)) return;
      assert.notEqual(judge(trace, { digits: 6 }).verdict, 'clean', JSON.stringify({ seed, style, bug }));
    });
  });

  it('drivers that leak, any choice of probes, as text or as trace.dat: never clean', () => {
    eachSeed((seed) => {
      const random = new Random(seed);
      const bug = random.pick(LEAKS);
      const action = bug === 'action-populates';
      const list = bug === 'list-misses-copies';
      const style: Style = !list && (action || random.chance(0.5)) ? 'zaprace' : 'vfio';
      const kernel = action ? '7.3' : list ? '6.1' : random.pick(['6.1', '6.12', '7.3'] as const);
      const probes = chooseProbes(random, random.pick([0, 0.05, 0.2]), random.pick([0, 0.05, 0.1]));
      const { trace, truth } = simulate({ seed, style, bug, kernel, probes, rounds: random.int(1, 4) });
      if (!truth.windows.some((window) => truth.strays(window, 2000).length > 0)) return;
      for (const described of [undefined, describedBy(kernel, probes)]) {
        // Text without what would show a fork tells nothing of whether it would be there.
        if (list && described === undefined && probes.without.length + probes.returnOnly.length > 0) continue;
        const { verdict } = judge(trace, { described });
        assert.notEqual(verdict, 'clean', JSON.stringify({ bug, kernel, probes, described }));
      }
    });
  });
});

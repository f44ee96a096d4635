import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { proven, said } from './expect.js';
import type { Result } from './recording.js';
import { eachSeed } from './runs.js';
import type { Bug, Style } from './simulator/driver.js';
import type { SimOptions, Simulation } from './simulator.js';
import { simulate } from './simulator.js';

/** The clock's error that the analysis assumes for mono. */
const EPSILON = 1000;
/** Those that zap by the rmap. */
const STYLES: Style[] = ['vfio', 'zaprace'];

/** What the rules about stray PTEs say of one zap, in pages. */
function claimed(result: Result, recordedBegin: number): { confirmed: number; possible: number } {
  const sum = { confirmed: 0, possible: 0 };
  for (const { rule, zap, pages, confidence } of result.findings) {
    const stray = ['install-after-zap', 'zap-missed-unlinked-vma', 'zap-skipped-vma', 'partial-zap'].includes(
      rule.id,
    );
    if (stray && zap !== null && zap.begin === recordedBegin) sum[confidence] += pages;
  }
  return sum;
}

/** confirmed ≤ true strays ≤ confirmed + possible, for every zap, but for `slack`. Returns the number of true strays. */
function bracket(simulation: Simulation, result: Result, slack = 0): number {
  const { truth, trace } = simulation;
  const base = trace[0].t;
  let strays = 0;
  for (const window of truth.windows) {
    const { confirmed, possible } = claimed(result, window.recordedBegin - base);
    const atLeast = truth.strays(window, 2 * EPSILON).length;
    const atMost = truth.atMost(window).length;
    strays += atLeast;
    const story = `zap at ${window.recordedBegin}: ${confirmed} confirmed, ${possible} possible, truth ${atLeast} to ${atMost}`;
    assert.ok(confirmed <= atMost + slack, `too many: ${story}`);
    assert.ok(atLeast <= confirmed + possible + slack, `too few: ${story}`);
  }
  return strays;
}

describe('a correct driver never gets a finding', () => {
  const correct = (options: Partial<SimOptions>) => (seed: number, style: Style) => {
    const result = simulate({ seed, style, bug: null, ...options }).judge();
    assert.deepEqual(said(result), [], result.findings.map((f) => f.message).join('\n'));
    assert.notEqual(result.verdict, 'violation');
  };

  it('one device', () => eachSeed(correct({})));
  it('three devices', () => eachSeed(correct({ devices: 3, processes: 3 })));
  it('Linux 7.3', () => eachSeed(correct({ kernel: '7.3' }), STYLES));
  it('Linux 6.10: a fault inserts the whole VMA, page by page', () =>
    eachSeed(correct({ prefault: true }), ['vfio']));
  it('many CPUs whose clocks differ by less than a lock takes to change hands', () =>
    eachSeed(correct({ cpus: 8, skew: 200, handover: 250, devices: 2 })));
  it('markers of accesses', () => eachSeed(correct({ markers: true })));
  it('fork opens a VMA before it copies: a zap by the rmap does not mind', () =>
    eachSeed(correct({ opensFirst: true }), STYLES));
  it('tasks that lose their CPU for long, whatever they are doing', () =>
    eachSeed(correct({ preempts: true, devices: 2, processes: 3 })));

  it('hot resets of three devices, some of which find a lock taken', () =>
    eachSeed(
      (seed, style) => {
        const options = { seed, style, bug: null, devices: 3, hotResets: true };
        const result = simulate(options).judge();
        assert.deepEqual(proven(result), [], result.findings.map((f) => f.message).join('\n'));
        assert.notEqual(result.verdict, 'violation');
      },
      ['vfio', 'list'],
    ));

  it('tasks that block and enable one device at the same time: nothing is proven', () =>
    eachSeed((seed, style) => {
      const result = simulate({ seed, style, bug: null, admins: 3 }).judge();
      assert.deepEqual(proven(result), []);
      assert.notEqual(result.verdict, 'violation');
    }));
});

describe('a driver that zaps by a list, as vfio-pci did up to Linux 6.9', () => {
  const skips = (options: Partial<SimOptions>): void => {
    let strays = 0;
    const rules = new Set<string>();
    eachSeed(
      (seed, style) => {
        const simulation = simulate({ seed, style, bug: null, processes: 3, ...options });
        const result = simulation.judge();
        strays += bracket(simulation, result);
        for (const { rule, confidence } of result.findings)
          if (confidence === 'confirmed') rules.add(rule.id);
      },
      ['list'],
    );
    assert.ok(strays > 0, 'the simulator makes no strays');
    // (What it holds is moved and copied further while the device is blocked.)
    assert.deepEqual([...rules].sort(), ['install-after-zap', 'zap-skipped-vma']);
  };

  it('what mremap makes is on no list: skipped, as the page tables say', () => skips({ moves: true }));
  it('what fork makes, if it opens a VMA before it copies, as Linux 6.9 does', () =>
    skips({ opensFirst: true }));
});

describe('a driver that inserts the whole VMA in a fault, as vfio-pci of 6.10', () => {
  for (const bug of ['fault-drops-lock', 'fault-ignores-block', 'zaps-half'] as const) {
    it(`${bug}: the findings bracket the page tables`, () => {
      let strays = 0;
      eachSeed(
        (seed, style) => {
          const simulation = simulate({ seed, style, bug, prefault: true });
          strays += bracket(simulation, simulation.judge());
        },
        ['vfio'],
      );
      assert.ok(strays > 0, 'the simulator makes no strays');
    });
  }
});

describe('a driver with one bug gets that finding, and the findings bracket the page tables', () => {
  const bugs: [Exclude<Bug, null>, string, Style[]][] = [
    ['fault-drops-lock', 'install-after-zap', STYLES],
    ['fault-ignores-block', 'install-after-zap', STYLES],
    ['populates-in-mmap', 'zap-missed-unlinked-vma', ['zaprace']],
    ['action-populates', 'install-after-zap', ['zaprace']],
    ['list-misses-copies', 'zap-skipped-vma', STYLES],
    ['zaps-half', 'partial-zap', STYLES],
    ['zap-without-lock', 'install-zap-overlap', STYLES],
    ['fault-drops-list-lock', 'install-after-zap', ['list']],
  ];
  for (const [bug, rule, styles] of bugs) {
    it(bug, () => {
      let strays = 0;
      let found = 0;
      eachSeed((seed, style) => {
        const simulation = simulate({ seed, style, bug, processes: 3 });
        const result = simulation.judge();
        strays += bracket(simulation, result);
        found += result.findings.filter((finding) => finding.rule.id === rule).length;
      }, styles);
      assert.ok(found > 0, 'the bug is never found');
      if (bug !== 'zap-without-lock') assert.ok(strays > 0, 'the simulator makes no strays');
    });
  }
});

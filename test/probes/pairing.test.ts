import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { NOPAGE } from '../scenarios/actor.js';
import type { Probes } from '../scenarios/dsl.js';
import { expectClean, expectFindings, expectVerdict, said } from '../scenarios/expect.js';
import type { Item } from '../scenarios/recording.js';
import { inOrder, isLoss, judge } from '../scenarios/recording.js';
import type { Stage } from '../scenarios/stage.js';
import { stage } from '../scenarios/stage.js';

const confirmed = (staged: Stage): string[] =>
  said(staged.s.judge()).filter((line) => line.endsWith('confirmed'));

/** Blocked [40, 180], an insert [66, 67] in between. */
function violation(probes: Probes = {}): Stage {
  const staged = stage('6.12', probes);
  const { dev, vma, user, admin } = staged;
  admin.memoryOff(40, dev, [vma]);
  user.refused(52, vma, 3).faultIn(65, vma, 0);
  admin.memoryOn(180, dev);
  return staged;
}

function correct(probes: Probes = {}): Stage {
  const staged = stage('6.12', probes);
  const { dev, vma, user, admin } = staged;
  user.handler(30, 100, vma, 1).insert(85, 88, vma, 1); // waits from before the zap until it may go on
  admin.memoryOff(40, dev, [vma]).memoryOn(80, dev);
  user.faultIn(110, vma, 0);
  admin.memoryOff(120, dev, [vma]);
  user.refused(140, vma, 1);
  admin.memoryOn(150, dev);
  return staged;
}

describe('entries and returns', () => {
  it('nested wrappers pair by function, not by order', () => {
    expectClean(correct().s.judge());
  });

  it('a missed return of an insert: its success is unknown', () => {
    const { s, dev, vma, user, admin } = stage();
    admin.memoryOff(40, dev, [vma]);
    user.refused(52, vma, 3);
    user.handler(65, 69, vma, 0).insert(66, 67, vma, 0, NOPAGE, 0, { lostReturn: true });
    admin.memoryOn(180, dev);
    const result = s.judge();
    expectVerdict(result, 'inconclusive');
    assert.ok(
      result.reasons.some((reason) => /missed/.test(reason)),
      result.reasons.join(),
    );
  });

  it('a missed return of the zap: what was there is not certain to have survived', () => {
    const { s, dev, vma, user, admin } = stage();
    admin.memoryOff(26, dev, [vma]).memoryOn(34, dev);
    user.faultIn(40, vma, 0);
    admin.commandWrite(50, 60, dev, 0).zap(52, 58, dev, { lostReturn: true }).visit(54, 56, vma);
    admin.memoryOn(180, dev);
    const result = s.judge();
    assert.deepEqual(
      said(result).filter((line) => line.endsWith('confirmed')),
      [],
    );
    expectVerdict(result, 'inconclusive');
  });

  it('a missed return of a visit', () => {
    const { s, dev, vma, user, admin } = stage();
    admin.commandWrite(50, 60, dev, 0).zap(52, 58, dev).visit(54, 56, vma, 0, 16, { lostReturn: true });
    user.refused(70, vma, 0);
    admin.memoryOn(180, dev);
    const result = s.judge();
    expectFindings(result);
    expectVerdict(result, 'inconclusive');
  });

  it('a missed entry of an insert: its return alone proves nothing', () => {
    const { s, dev, vma, user, admin } = stage();
    admin.memoryOff(40, dev, [vma]);
    user.refused(52, vma, 3);
    user.insert(66, 67, vma, 0, NOPAGE, 0, { lostEntry: true });
    admin.memoryOn(180, dev);
    const result = s.judge();
    assert.deepEqual(
      said(result).filter((line) => line.endsWith('confirmed')),
      [],
    );
    expectVerdict(result, 'inconclusive');
  });

  it('entry probes only: an insert in a window is possible, nothing is clean', () => {
    const staged = violation({ entryOnly: ['vmf_insert_pfn', 'vfio_pci_mmap_huge_fault'] });
    assert.deepEqual(confirmed(staged), []);
    expectVerdict(staged.s.judge(), 'inconclusive');
  });

  it('entry probes only, correct driver: nothing above note, not clean', () => {
    const { s } = correct({ entryOnly: ['vmf_insert_pfn', 'vfio_pci_mmap_huge_fault'] });
    const result = s.judge();
    expectFindings(result);
    expectVerdict(result, 'inconclusive');
  });

  it('entry probes only everywhere, correct driver: nothing above note', () => {
    const entryOnly = [
      'vmf_insert_pfn',
      'vfio_pci_mmap_huge_fault',
      'unmap_mapping_range',
      'zap_page_range_single',
      'vfio_basic_config_write',
      'vfio_pci_zap_and_down_write_memory_lock',
      'vfio_pci_core_mmap',
    ];
    const result = correct({ entryOnly }).s.judge();
    expectFindings(result);
    expectVerdict(result, 'inconclusive');
  });

  it('return probes that carry the arguments, no entries: correct driver, nothing above note', () => {
    const returnOnly = ['vmf_insert_pfn', 'unmap_mapping_range', 'zap_page_range_single'];
    const result = correct({ returnOnly, returnArguments: true }).s.judge();
    expectFindings(result);
    assert.notEqual(result.verdict, 'violation');
  });

  it('return probes that carry the arguments: the insert is seen, its beginning is not', () => {
    const staged = violation({ returnOnly: ['vmf_insert_pfn'], returnArguments: true });
    const result = staged.s.judge();
    assert.equal(result.analysis.installs >= 2, true);
    // inside a handler that began after the zap, the insert did, too
    assert.deepEqual(said(result), ['install-after-zap confirmed']);
  });

  it('arguments at both ends are no conflict', () => {
    expectClean(correct({ returnArguments: true }).s.judge());
    assert.deepEqual(confirmed(violation({ returnArguments: true })), ['install-after-zap confirmed']);
  });

  it('the same pid on two CPUs at once cannot be: the calls of a task stay in order', () => {
    const { s, dev, vma, user, admin } = stage();
    user.handler(30, 33, vma, 1, NOPAGE, 0, { endCpu: 3 }).on(3).insert(31, 32, vma, 1);
    admin.memoryOff(40, dev, [vma]).memoryOn(80, dev);
    user.on(2).faultIn(90, vma, 0);
    expectClean(s.judge());
  });
});

describe('names of events make no difference', () => {
  const renamed = (
    items: readonly Item[],
    rename: (name: string, isReturn: boolean) => string,
    keepSymbol: boolean,
  ): Item[] =>
    items.map((item) => {
      if (isLoss(item) || item.symbol === null) return item;
      const name = rename(item.symbol, item.isReturn === true);
      const known = keepSymbol
        ? { symbol: item.symbol, isReturn: item.isReturn }
        : { symbol: null, isReturn: null };
      return { ...item, ...known, name };
    });
  const forms: [string, (name: string, isReturn: boolean) => string, boolean][] = [
    [
      'own names, function in the parenthesis',
      (name, isReturn) => `e${name.length}${name.slice(-3)}${isReturn ? 'x' : ''}`,
      true,
    ],
    ['fprobe defaults', (name, isReturn) => `${name}__${isReturn ? 'exit' : 'entry'}`, false],
    ['perf probe', (name, isReturn) => (isReturn ? `${name}__return` : name), false],
    ['kprobe defaults', (name, isReturn) => `${isReturn ? 'r' : 'p'}_${name}_0`, false],
  ];
  for (const [what, rename, keep] of forms) {
    it(what, () => {
      const bad = judge(inOrder(renamed(violation().s.items, rename, keep)));
      assert.deepEqual(said(bad), ['install-after-zap confirmed']);
      expectClean(judge(inOrder(renamed(correct().s.items, rename, keep))));
    });
  }
});

describe('a function on which there are two events', () => {
  /** Each record again by another recorder's event: at once, or at a return before it; with these of its fields. */
  const doubled = (items: readonly Item[], returnsFirst: boolean, bare: boolean): Item[] =>
    items.flatMap((item) => {
      if (isLoss(item) || item.symbol === null) return [item];
      const other = { ...item, name: `fprobe_${item.name}` };
      const own = bare && item.isReturn === false ? { ...item, fields: {} } : item;
      return returnsFirst && item.isReturn ? [other, own] : [own, other];
    });

  for (const returnsFirst of [false, true]) {
    it(`tells each call once${returnsFirst ? ', with returns that nest' : ''}`, () => {
      const bad = judge(doubled(violation().s.trace(), returnsFirst, false));
      assert.deepEqual(said(bad), ['install-after-zap confirmed']);
      const good = judge(doubled(correct().s.trace(), returnsFirst, false));
      expectClean(good);
      assert.equal(good.zaps.length, 2);
    });
  }

  it('what the first does not carry, the second adds', () => {
    const bad = judge(doubled(violation({ without: ['vma_interval_tree_insert'] }).s.trace(), false, true));
    assert.deepEqual(
      bad.findings.map((f) => f.rule.id),
      ['install-after-zap'],
    );
  });
});

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { scenario } from '../scenarios/dsl.js';
import { expectFindings, expectVerdict, only } from '../scenarios/expect.js';
import type { VmaObject } from '../scenarios/objects.js';
import * as zaprace from '../scenarios/zaprace.js';

/** A child that a list-based zap does not know; nothing in it is ever unmapped. `again`: with so many further zaps like this. */
function skipped(
  again = 0,
  between: (t: number, s: ReturnType<typeof scenario>, child: VmaObject) => void = () => {},
) {
  const s = scenario('6.1');
  const dev = s.device();
  const parent = s.vma(dev, s.process(100));
  const child = s.vma(dev, s.process(101), { start: parent.start });
  s.cpu(0).task(100).map(1, parent).handler(10, 20, parent, 0).remap(12, 18, parent).fork(30, child, parent);
  const admin = s.cpu(1).task(200);
  for (let t = 50; t <= 50 + again * 500; t += 500) {
    admin
      .commandWrite(t, t + 30, dev, 0)
      .call('vfio_pci_zap_and_vma_lock', t + 2, t + 12, { vdev: dev.vdev, try: 0 }, 1)
      .visit(t + 4, t + 8, parent);
    admin.memoryOn(t + 250, dev);
    between(t + 300, s, child);
  }
  s.goesOn();
  return s;
}

const skips = (judged: ReturnType<ReturnType<typeof skipped>['judge']>): string[] =>
  judged.findings.filter(({ rule }) => rule.id === 'zap-skipped-vma').map(({ severity }) => severity);

describe('what a trace does not hold', () => {
  it('no munmap in the trace, and nothing tells that it would show: the child may be gone, a note', () => {
    const result = skipped().judge();
    expectFindings(result);
    expectVerdict(result, 'inconclusive');
    const finding = only(result, 'zap-skipped-vma');
    assert.deepEqual([finding.severity, finding.confidence], ['note', 'possible']);
    assert.match(finding.missing.join(' '), /probe vma_interval_tree_remove/);
  });

  it('of a VMA of which nothing shows that it is still there, no more is told after eight zaps', () => {
    assert.deepEqual(skips(skipped(7).judge()), Array(8).fill('note'));
    const result = skipped(40).judge();
    assert.deepEqual(skips(result), Array(8).fill('note'));
    expectVerdict(result, 'inconclusive');
    // What is there is told of: where munmap is recorded, and where the VMA is used in between.
    const proven = skipped(40).judge({ described: ['vma_interval_tree_remove', 'exit_mmap'] });
    assert.deepEqual(skips(proven), Array(41).fill('error'));
    const used = skipped(40, (t, s, child) => {
      if (t % 2000 === 350)
        s.cpu(2)
          .task(101)
          .handler(t, t + 10, child, 5)
          .remap(t + 2, t + 8, child);
    });
    assert.deepEqual(skips(used.judge()), Array(41).fill('note'));
    // It shows later that munmap is recorded: what was told before is proven, and what comes is told of again.
    const late = skipped(20, (t, s) => {
      if (t === 350 + 500 * 12)
        s.cpu(3)
          .task(300)
          .call('vma_interval_tree_remove', t, t + 1, { vma: s.pointer(), root: s.pointer() });
    });
    assert.equal(skips(late.judge()).length, 8 + 8);
  });

  for (const event of ['vma_interval_tree_remove', 'unmap_page_range', 'remove_vma']) {
    it(`a trace.dat that describes ${event}: nothing was unmapped, proven`, () => {
      const result = skipped().judge({ described: [event, 'exit_mmap'] });
      expectFindings(result, 'zap-skipped-vma confirmed');
      expectVerdict(result, 'violation');
    });
  }

  it('a block that another function would end: a note, until that one is seen or described', () => {
    const leak = () => {
      const s = scenario('6.12');
      const dev = s.device();
      const vma = s.vma(dev, s.process(100));
      const user = s.cpu(0).task(100);
      zaprace.mmap(user, 10, 12, vma).link(13, vma);
      const after = zaprace.zap(s.cpu(1).task(200), 50, dev, [vma]) + 20;
      user.insert(after + 1, after + 2, vma, 0);
      zaprace.fault(user, after, after + 4, vma, 0);
      return { s, dev, end: after + 20 };
    };
    const open = leak().s.judge();
    expectFindings(open);
    expectVerdict(open, 'inconclusive');
    assert.match(only(open, 'install-after-zap').missing.join(' '), /probe the functions that unblock it/);
    expectFindings(leak().s.judge({ described: ['zaprace_unzap'] }), 'install-after-zap confirmed');
    const { s, dev, end } = leak();
    zaprace.unzap(s.cpu(1).task(200), end, dev);
    expectFindings(s.judge(), 'install-after-zap confirmed');
  });
});

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { scenario } from '../scenarios/dsl.js';
import { expectFindings, expectVerdict, said } from '../scenarios/expect.js';
import type { Stage } from '../scenarios/stage.js';
import { stage } from '../scenarios/stage.js';
import * as zr from '../scenarios/zaprace.js';

/** A certain violation: zap [42, 46] on CPU 1, insert [66, 67] on CPU 0, enabled again at 180; busy CPU 2 at 5, 100, 250. */
function violation(): Stage {
  const staged = stage();
  const { s, dev, vma, user, admin } = staged;
  admin.memoryOff(40, dev, [vma]);
  user.refused(52, vma, 3).faultIn(65, vma, 0);
  admin.memoryOn(180, dev);
  const other = s.device('other');
  const busy = s.cpu(2).task(300);
  for (const t of [5, 100, 250]) busy.query(t, other, 1);
  return staged;
}

/** A correct run of the same shape. */
function correct(): Stage {
  const staged = stage();
  const { dev, vma, user, admin } = staged;
  admin.memoryOff(40, dev, [vma]);
  user.refused(52, vma, 3);
  admin.memoryOn(180, dev);
  user.faultIn(200, vma, 0);
  return staged;
}

const confirmed = (s: Stage['s']): string[] => said(s.judge()).filter((line) => line.endsWith('confirmed'));

describe('lost events', () => {
  it('none: the violation is certain', () => {
    expectFindings(violation().s.judge(), 'install-after-zap confirmed');
  });

  it('before everything that matters: the violation stays', () => {
    const { s } = violation();
    s.lost(9, 0);
    expectVerdict(s.judge(), 'violation');
  });

  it('after the window, on a CPU that was seen in between: the violation stays', () => {
    const { s } = violation();
    s.cpu(0).task(100).query(190, s.device('x'), 1);
    s.lost(300, 0);
    s.cpu(0).task(100).query(301, s.device('y'), 1);
    expectVerdict(s.judge(), 'violation');
  });

  it('between zap and insert: inconclusive', () => {
    for (const cpu of [0, 1, -1]) {
      const { s } = violation();
      s.lost(60, cpu);
      assert.deepEqual(confirmed(s), [], `CPU ${cpu}`);
      expectVerdict(s.judge(), 'inconclusive');
    }
  });

  it('marked after the insert, but the gap began before it: inconclusive', () => {
    const { s } = violation();
    s.lost(99, 2); // CPU 2 was silent from 5 to 100: an unblock may be missing
    expectVerdict(s.judge(), 'inconclusive');
  });

  it('marked after the window, but the gap began before it: inconclusive', () => {
    const { s } = violation();
    s.lost(249, 2);
    // CPU 2 was seen at 100, after the insert: it cannot have hidden what came before
    expectVerdict(s.judge(), 'violation');
    const early = violation();
    early.s.lost(190, 3);
    early.s.cpu(3).task(301).query(200, early.s.device('x'), 1);
    expectVerdict(early.s.judge(), 'inconclusive');
  });

  it('an unblock that is lost does not make the next zap of another cause block', () => {
    const { s, dev, vma, user, admin } = stage();
    admin.memoryOff(40, dev, [vma]);
    user.refused(52, vma, 3);
    s.lost(70, 1); // MEM=1 is in there
    admin.query(71, s.device('x'), 1);
    // a reset zaps, and memory is enabled after it
    admin.call('vfio_pci_core_ioctl', 80, 100, { vdev: dev.vdev, cmd: 0x3b6f }, 0).zapOf(82, dev, [vma]);
    user.faultIn(120, vma, 0);
    assert.deepEqual(confirmed(s), []);
  });

  it('after the loss, a block of its own makes a violation certain again', () => {
    const { s, dev, vma, user, admin } = stage();
    s.lost(30, 1);
    admin.query(31, s.device('x'), 1);
    admin.memoryOff(40, dev, [vma]);
    user.refused(52, vma, 3).faultIn(65, vma, 0);
    admin.memoryOn(180, dev);
    expectVerdict(s.judge(), 'violation');
  });

  it('a zap whose visit may have been lost skips nothing for certain', () => {
    const { s, dev, vma, user, admin } = stage();
    admin.memoryOff(26, dev, [vma]).memoryOn(34, dev);
    user.faultIn(40, vma, 0);
    admin.commandWrite(60, 80, dev, 0).zap(62, 76, dev);
    s.lost(75, 1);
    admin.memoryOn(180, dev);
    assert.deepEqual(confirmed(s), []);
    expectVerdict(s.judge(), 'inconclusive');
  });

  it('a munmap that may have been lost leaves no certain survivor', () => {
    const { s, dev, vma, user, admin } = stage();
    admin.memoryOff(26, dev, [vma]).memoryOn(34, dev);
    user.faultIn(40, vma, 0);
    s.lost(50, 0);
    user.query(51, s.device('x'), 1);
    admin.memoryOff(60, dev);
    admin.memoryOn(180, dev);
    assert.deepEqual(confirmed(s), []);
    expectVerdict(s.judge(), 'inconclusive');
  });

  it('the rmap insertion may have been lost: populate in .mmap and a zap without children is not certain', () => {
    const s = scenario('6.12');
    const dev = s.device();
    const vma = s.vma(dev, s.process(100), { pgoff: 0 });
    const user = s.cpu(0).task(100);
    zr.mmap(user, 10, 14, vma).remap(11, 13, vma);
    s.lost(20, 0);
    user.query(21, s.device('x'), 1);
    zr.zap(s.cpu(1).task(200), 50, dev);
    assert.deepEqual(confirmed(s), []);
  });

  it('an overwritten start hides what CPUs did that show up late', () => {
    const { s } = violation();
    s.lost(0, -1, -1, 'start');
    const late = s.cpu(3).task(301);
    late.query(170, s.device('x'), 1);
    expectVerdict(s.judge(), 'inconclusive');
  });

  it('an overwritten start that is over before the zap changes nothing', () => {
    const { s } = violation();
    s.lost(0, -1, -1, 'start');
    s.cpu(1).task(200).query(30, s.device('x'), 1);
    expectVerdict(s.judge(), 'violation');
  });

  it('a mark with a count of 0 is no loss', () => {
    const { s } = correct();
    s.lost(60, 0, 0);
    expectVerdict(s.judge(), 'clean');
  });

  it('correct runs: a mark anywhere never makes a finding, and never stays clean once VMAs live', () => {
    for (let t = 0; t <= 210; t += 3) {
      for (const cpu of [-1, 0, 1]) {
        const { s } = correct();
        s.lost(t, cpu, t % 2 === 0 ? 5 : -1);
        const result = s.judge();
        expectFindings(result);
        if (t > 10) expectVerdict(result, 'inconclusive');
      }
    }
  });

  it('violations: a mark anywhere never turns them into clean', () => {
    for (let t = 0; t <= 260; t += 3) {
      for (const cpu of [-1, 0, 1, 2]) {
        const { s } = violation();
        s.lost(t, cpu);
        assert.notEqual(s.judge().verdict, 'clean', `mark at ${t} on CPU ${cpu}`);
      }
    }
  });
});

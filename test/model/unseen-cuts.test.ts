import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Actor } from '../scenarios/actor.js';
import type { Probes } from '../scenarios/dsl.js';
import { expectFindings, proven } from '../scenarios/expect.js';
import type { VmaObject } from '../scenarios/objects.js';
import type { Result } from '../scenarios/recording.js';
import { type Stage, stage } from '../scenarios/stage.js';

interface Cut extends Stage {
  parent: VmaObject;
  /** What is left of the VMA, and what was split off it: a vm_area_struct of its own. */
  lower: VmaObject;
  upper: VmaObject;
  second: Actor;
}

/** What fork copies tells the range of a child's VMA, which munmap or mprotect at 40 is to split; a page in each half. */
function populated({ returnOnly = [], ...probes }: Probes): Cut {
  // (Its place in the rmap would tell less of it, and first.)
  const only = [...returnOnly, 'vma_interval_tree_insert_after'];
  const { s, dev, vma: parent, user: forks, admin } = stage('6.12', { ...probes, returnOnly: only });
  const vma = s.vma(dev, s.process(101), { start: parent.start });
  forks.fork(24, vma, parent);
  const user = s.cpu(3).task(101);
  user.faultIn(30, vma, 2).faultIn(34, vma, 12);
  const lower = { ...vma, pages: 8 };
  const upper = s.vma(dev, vma.mm, { start: vma.start + 8, pages: 8, pgoff: vma.pgoff + 8 });
  return { s, dev, vma, user, admin, parent, lower, upper, second: s.cpu(2).task(201) };
}

/** The upper half gets into the rmap, the lower one leaves it and comes back. */
const split = ({ user, vma, lower, upper }: Cut): Actor =>
  user.link(40, upper).unlink(40.2, vma).link(40.4, lower);

const nothingProven = (result: Result): void => assert.deepEqual(proven(result), []);

describe('a VMA that is split where the records do not tell that', () => {
  it('pages that munmap takes from a VMA of which nothing is known are gone from the one that had them', () => {
    const cut = populated({
      without: ['vma_interval_tree_insert', 'vma_interval_tree_remove'],
      lacking: ['vm_start'],
    });
    const { s, dev, user, admin, parent, lower, upper } = cut;
    user.unmapPages(40, upper).free(42, upper);
    admin.memoryOff(60, dev, [parent, lower]);
    nothingProven(s.judge());
  });

  it('they are not, where it is another process that unmaps the same addresses', () => {
    const without = ['vma_interval_tree_insert', 'vma_interval_tree_remove'];
    const { s, dev, vma, parent, admin } = populated({ without });
    const elsewhere = s.vma(dev, s.process(300), { start: vma.start, pgoff: 0 });
    s.cpu(4).task(300).unmapPages(40, elsewhere).free(42, elsewhere);
    admin.commandWrite(58, 74, dev, 0x400).zap(60, 70, dev).visit(62, 64, parent).visit(65, 67, vma, 0, 8);
    expectFindings(s.judge(), 'partial-zap confirmed');
  });

  it('it comes back into the rmap, where neither its removal nor its end is recorded', () => {
    const { s, dev, vma, user, admin } = stage('6.12', {
      without: ['vma_interval_tree_remove'],
      lacking: ['vm_end'],
    });
    // (What mremap moves tells the range.)
    const moved = s.vma(dev, vma.mm);
    user
      .link(24, moved)
      .movePages(25, 27, vma, moved)
      .unmapPages(28, vma)
      .free(29, vma)
      .faultIn(34, moved, 12);
    const lower = { ...moved, pages: 8 };
    const upper = s.vma(dev, vma.mm, { start: moved.start + 8, pages: 8, pgoff: moved.pgoff + 8 });
    user.link(40, upper).link(40.4, lower);
    admin.memoryOff(60, dev, [lower, upper]);
    nothingProven(s.judge());
  });

  it('the same where its return into the rmap does not tell which VMA that was', () => {
    const cut = populated({
      without: ['vma_interval_tree_remove'],
      returnOnly: ['vma_interval_tree_insert'],
      lacking: ['vm_end'],
    });
    const { s, dev, admin, parent, lower, upper } = cut;
    split(cut);
    admin.memoryOff(60, dev, [parent, lower, upper]);
    nothingProven(s.judge());
  });

  it('two zaps of which only the entries are recorded: the later one has walked what is left, the earlier one, too', () => {
    const probes = { entryOnly: ['unmap_mapping_range'], lacking: ['vm_end'] };
    const { s, dev, vma, user, admin } = stage('6.12', probes);
    const [second, moved] = [s.cpu(2).task(201), s.vma(dev, vma.mm)];
    user.link(24, moved).movePages(25, 27, vma, moved).unmapPages(28, vma).unlink(28.5, vma).free(29, vma);
    user.faultIn(34, moved, 12);
    const lower = { ...moved, pages: 8 };
    user.unlink(40.2, moved).link(40.4, lower);
    for (const [who, t] of [
      [admin, 60],
      [second, 70],
    ] as const)
      who.zap(t, null, dev).visit(t + 4, t + 6, lower);
    // (That they do something else tells that their zaps are over.)
    const elsewhere = s.device('other');
    for (const who of [admin, second]) who.map(90, s.vma(elsewhere, s.process(who.pid)));
    user.munmap(150, lower);
    nothingProven(s.judge());
  });
});

describe('an mmap whose return is missing', () => {
  const without = ['vfio_pci_mmap_huge_fault', 'vma_interval_tree_insert', 'zap_page_range_single'];

  it('may be over, and its VMA in the rmap, when a page is inserted that no handler is recorded around', () => {
    const { s, dev, vma, user, admin } = stage('6.12', { without });
    const late = s.vma(dev, vma.mm);
    user.mmap(40, 44, late, 0, { lostReturn: true }).insert(50, 52, late, 3);
    admin.memoryOff(60, dev);
    nothingProven(s.judge());
  });

  it('is not over when it returns after the zap', () => {
    const { s, dev, vma, user, admin } = stage('6.12', { without });
    const late = s.vma(dev, vma.mm);
    user.mmap(40, 80, late).insert(50, 52, late, 3);
    admin.memoryOff(60, dev);
    assert.equal(proven(s.judge()).length, 1);
  });
});

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { FALLBACK, NOPAGE } from '../scenarios/actor.js';
import { scenario } from '../scenarios/dsl.js';
import type { VmaObject } from '../scenarios/objects.js';
import { BAR2 } from '../scenarios/objects.js';
import { chains, type FaultsOf, faultsOf, reasons } from './faults-stage.js';

const M2 = 512;
const G = 262_144;
/** A multiple of 1 GiB. */
const START = 0x7_f000_0000;

type At = Partial<Omit<VmaObject, 'dev' | 'mm'>>;

interface Attempt {
  page: number;
  /** Orders that are refused before the last one. */
  refused: readonly number[];
  order: number;
  /** The query under the lock is seen in the refused calls too. */
  underLock?: boolean;
  ret?: number;
}

/** One VMA, faults on its pages as a 6.12 kernel records them. */
function faults(at: At, attempts: readonly Attempt[]): FaultsOf {
  const s = scenario('6.12');
  const dev = s.device();
  const vma = s.vma(dev, s.process(100), { start: START, ...at });
  const task = s.cpu(0).task(100);
  task.map(10, vma);
  let t = 100;
  for (const { page, refused, order, underLock, ret = NOPAGE } of attempts) {
    for (const other of refused) {
      task.handler(t, t + 2, vma, page, FALLBACK, other);
      if (underLock) task.query(t + 1, dev, 1);
      t += 5;
    }
    task.handler(t, t + 4, vma, page, ret, order);
    if (ret === NOPAGE) task.query(t + 1, dev, 1).insert(t + 2, t + 3, vma, page, NOPAGE, order);
    t += 10;
  }
  return faultsOf(s);
}

const one = (at: At, attempts: readonly Attempt[]) => faults(at, attempts).vmas[0];

describe('why an order was not used', () => {
  it('address and pfn disagree modulo the order', () => {
    const vma = one({ start: START + 1, pages: 4 * M2 }, [{ page: M2, refused: [9], order: 0 }]);
    assert.deepEqual(reasons(vma), ['9 address-misaligned 1']);
    assert.equal(vma.alignment?.against, 'pfn');
    assert.deepEqual([vma.alignment?.offset, vma.alignment?.shift], ['0x0', '0x1ff000']);
    assert.deepEqual([vma.fewest?.own, vma.fewest?.best], [4 * M2, 4]);
    assert.match(
      vma.advice[0],
      /map it at a multiple of 2M, such as 0x7f0000200000 .* 4 faults instead of 2,048/,
    );
  });

  it('the head and the tail of a VMA reach beyond it', () => {
    const vma = one({ start: START + 256, pgoff: BAR2 + 256, pages: 3 * M2 }, [
      { page: 0, refused: [18, 9], order: 0 },
      { page: 256, refused: [9], order: 0 },
    ]);
    // pfns of the scenario start at a multiple of 1 GiB: here the VMA's start agrees with the file offset only
    assert.deepEqual(reasons(vma), ['18 vma-too-small 1', '9 pfn-misaligned 2']);
    const aligned = one({ start: START, pages: M2 + 256 }, [
      { page: 0, refused: [18], order: 9 },
      { page: M2, refused: [9], order: 0 },
    ]);
    assert.deepEqual(reasons(aligned), ['18 vma-too-small 1', '9 crosses-vma 1']);
    assert.deepEqual(aligned.advice, []);
  });

  it('the file offset is all that is known: that is said', () => {
    const s = scenario('6.12', { without: ['vmf_insert_pfn'] });
    const dev = s.device();
    const vma = s.vma(dev, s.process(100), { start: START + 1, pages: 4 * M2 });
    s.cpu(0).task(100).map(10, vma).handler(20, 22, vma, M2, FALLBACK, 9).handler(25, 27, vma, M2);
    const [record] = faultsOf(s).vmas;
    assert.equal(record.alignment?.against, 'pgoff');
    assert.equal(record.pfn, null);
    assert.deepEqual(reasons(record), ['9 address-misaligned 1']);
  });

  it('neither pfn nor file offset is known', () => {
    const s = scenario('6.12', {
      without: ['vmf_insert_pfn', 'vfio_pci_core_mmap', 'vma_interval_tree_insert'],
    });
    const dev = s.device();
    const vma = s.vma(dev, s.process(100), { start: START + 1, pages: 4 * M2 });
    const task = s.cpu(0).task(100);
    const range = { vm_start: vma.start * 4096, vm_end: (vma.start + vma.pages) * 4096 };
    const fields = { vma: vma.pointer, addr: (vma.start + M2) * 4096, ...range, order: 9 };
    task.call('vfio_pci_mmap_huge_fault', 20, 22, fields, FALLBACK);
    const [record] = faultsOf(s).vmas;
    assert.deepEqual(reasons(record), ['9 unknown 1']);
    assert.equal(record.fewest, null);
    assert.equal(record.alignment, null);
  });

  it('only the fault address is off the boundary: early 6.12 handlers', () => {
    const vma = one({ pages: 2 * M2 }, [{ page: M2 + 3, refused: [9], order: 0 }]);
    assert.deepEqual(reasons(vma), ['9 fault-address 1']);
  });

  it('refused under the lock: no case for the order', () => {
    const vma = one({ pages: 2 * G }, [{ page: 0, refused: [18], order: 9, underLock: true }]);
    assert.deepEqual(reasons(vma), ['18 order-unsupported 1']);
  });

  it('everything fits and it is refused all the same', () => {
    const vma = one({ pages: 2 * G }, [{ page: 0, refused: [18], order: 9 }]);
    assert.deepEqual(reasons(vma), ['18 handler-refused 1']);
    assert.deepEqual(chains(vma), ['18>9 installed 1']);
  });

  it('not asked for: a page table was there', () => {
    const vma = one({ pages: 2 * M2 }, [
      { page: 0, refused: [18], order: 9 },
      { page: M2, refused: [], order: 0 },
      { page: M2 + 1, refused: [], order: 0 },
    ]);
    assert.deepEqual(reasons(vma), ['18 vma-too-small 1', '9 not-asked 2']);
  });

  it('a kernel that never asks for huge orders is no reason per fault, but is told', () => {
    const { vmas, trace } = faults({ pages: 2 * M2 }, [{ page: 0, refused: [], order: 0 }]);
    assert.deepEqual(reasons(vmas[0]), []);
    assert.equal(trace.huge_orders_asked, false);
  });
});

describe('a 2 GiB BAR', () => {
  const touchAll = (at: At, order: number): FaultsOf => {
    const pages = 2 * G;
    const attempts = Array.from({ length: pages / 2 ** order }, (_, i) => ({
      page: i * 2 ** order,
      refused: [],
      order,
    }));
    return faults({ pages, ...at }, attempts);
  };

  it('takes 1,024 faults of 2 MiB where it is aligned to that, and could take 2', () => {
    const { vmas, trace } = touchAll({ start: START + M2 }, 9);
    assert.deepEqual([trace.faults, trace.installing, trace.orders?.[9].installs], [1024, 1024, 1024]);
    assert.deepEqual([vmas[0].fewest?.own, vmas[0].fewest?.best], [1024, 2]);
    assert.match(
      vmas[0].advice[0],
      /2 faults instead of 1,024, about 8.00 us in the handler instead of 4.10 ms/,
    );
  });

  it('takes 2 of 1 GiB where it is aligned to that, and nothing is left to ask for', () => {
    const { vmas, trace } = touchAll({}, 18);
    assert.deepEqual([trace.faults, trace.orders?.[18]], [2, { installs: 2, pages: 2 * G }]);
    assert.deepEqual([vmas[0].fewest?.own, vmas[0].fewest?.best, vmas[0].advice], [2, 2, []]);
  });
});

describe('chains', () => {
  it('a second pass without the VMA lock is the same chain', () => {
    const vma = one({ start: START + 1, pages: 4 * M2 }, [
      { page: 0, refused: [18, 9, 9], order: 0 },
      { page: M2, refused: [18, 9, 18, 9], order: 0 },
    ]);
    assert.deepEqual(chains(vma), ['18>9>0 installed 2']);
    assert.equal(vma.calls, 9);
    assert.equal(vma.faults, 2);
  });

  it('without its end it is unfinished, and no fault', () => {
    const s = scenario('6.12');
    const vma = s.vma(s.device(), s.process(100), { pages: 2 * M2 });
    const task = s.cpu(0).task(100);
    task.map(10, vma).handler(20, 22, vma, 0, FALLBACK, 18).faultIn(30, vma, M2, 9);
    task.handler(40, 42, vma, 5, FALLBACK, 9);
    const [record] = faultsOf(s).vmas;
    assert.deepEqual(chains(record).sort(), ['18 unfinished 1', '9 installed 1', '9 unfinished 1']);
    assert.deepEqual([record.calls, record.faults, record.unfinished], [3, 1, 2]);
  });
});

describe('page sizes', () => {
  it('orders of 64K pages are seen as such', () => {
    const s = scenario('6.12');
    const vma = s.vma(s.device(), s.process(100), { start: START * 16, pages: 16 * 2 ** 13 });
    const task = s.cpu(0).task(100);
    task.map(10, vma).handler(20, 25, vma, 0, NOPAGE, 13).insert(21, 22, vma, 0, NOPAGE, 9);
    const { vmas, trace } = faultsOf(s);
    assert.deepEqual([trace.page_size, trace.page_size_from], [65_536, 'trace']);
    assert.deepEqual(vmas[0].orders?.[13], { installs: 1, pages: 16 * 2 ** 13 });
    assert.equal(vmas[0].fewest?.own, 1);
  });

  it('nothing tells: 4K is assumed, and said so; the kernel release tells', () => {
    const s = scenario('6.12');
    const vma = s.vma(s.device(), s.process(100));
    s.cpu(0).task(100).map(10, vma).faultIn(20, vma, 0);
    assert.deepEqual(pageSize(faultsOf(s)), [4096, 'assumed']);
    assert.deepEqual(pageSize(faultsOf(s, { release: '6.12.0+64k' })), [65_536, 'trace']);
  });
});

const pageSize = ({ trace }: FaultsOf) => [trace.page_size, trace.page_size_from];

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { NOPAGE, SIGBUS } from '../scenarios/actor.js';
import { type Probes, scenario } from '../scenarios/dsl.js';
import { chains, faultsOf } from './faults-stage.js';

const OOM = 0x1;
const RETRY = 0x400;
const HANDLERS = ['vfio_pci_mmap_huge_fault', 'vfio_pci_mmap_page_fault', 'vfio_pci_mmap_fault'];
const INSERTS = ['vmf_insert_pfn', 'vmf_insert_pfn_pmd', 'vmf_insert_pfn_pud'];

/** A VMA, three faults, memory off with a refused fault, memory on, one fault again. */
function story(probes: Probes = {}, kernel: '6.12' | '7.3' = '6.12') {
  const s = scenario(kernel, probes);
  const dev = s.device();
  const vma = s.vma(dev, s.process(100), { pages: 64 });
  const task = s.cpu(0).task(100);
  task.map(10, vma);
  for (const [i, page] of [0, 5, 9].entries()) {
    task.handler(20 + 10 * i, 26 + 10 * i, vma, page).query(22 + 10 * i, dev, 1);
    task.insert(23 + 10 * i, 24 + 10 * i, vma, page);
  }
  s.cpu(1).task(200).memoryOff(100, dev, [vma]);
  task.refused(150, vma, 5);
  s.cpu(1).task(200).memoryOn(200, dev);
  task.handler(220, 226, vma, 5).query(222, dev, 1).insert(223, 224, vma, 5);
  return s;
}

describe('what faults came to', () => {
  it('counts faults, blocked ones, refaults and times', () => {
    const { vmas, trace, devices } = faultsOf(story());
    const [vma] = vmas;
    assert.deepEqual([vma.faults, vma.installing, vma.blocked, vma.refaults, vma.wasted], [5, 4, 1, 1, 0]);
    assert.deepEqual(vma.orders?.[0], { installs: 4, pages: 4 });
    assert.deepEqual(chains(vma), ['0 installed 4', '0 sigbus 1']);
    const { handler, lock_wait, insert, zap_visit } = vma.latency;
    assert.deepEqual([handler?.n, handler?.median_ns, handler?.max_ns], [5, 6000, 6000]);
    // entry to the query under the lock, which is recorded at its return
    assert.deepEqual([lock_wait?.n, lock_wait?.max_ns], [5, 2000]);
    assert.deepEqual([insert?.n, insert?.median_ns], [4, 1000]);
    assert.deepEqual([zap_visit?.n, zap_visit?.median_ns], [1, 2000]);
    assert.equal(trace.latency.zap?.n, 1);
    assert.equal(trace.latency.window?.median_ns, 98_000); // zap at 102, memory on at 200
    assert.deepEqual(trace.missing, []);
    assert.equal(devices.length, 1);
    assert.deepEqual({ ...devices[0].orders }, { ...trace.orders });
  });

  it('a second task that finds the entry present has wasted its fault', () => {
    const s = scenario('6.12');
    const vma = s.vma(s.device(), s.process(100));
    s.cpu(0).task(100).map(10, vma).faultIn(20, vma, 3);
    s.cpu(1).task(101).faultIn(21.5, vma, 3);
    const [record] = faultsOf(s).vmas;
    assert.deepEqual([record.faults, record.installing, record.wasted], [2, 1, 1]);
    assert.deepEqual(record.orders?.[0], { installs: 1, pages: 1 });
    assert.deepEqual(chains(record), ['0 installed 1', '0 present 1']);
  });

  it('a driver that fills the whole VMA takes one fault, and wastes the others', () => {
    const s = scenario('6.1');
    const vma = s.vma(s.device(), s.process(100), { pages: 64 });
    const [a, b] = [s.cpu(0).task(100), s.cpu(1).task(101)];
    a.map(10, vma).handler(20, 30, vma, 7).remap(22, 28, vma);
    b.handler(21, 32, vma, 9);
    const [record] = faultsOf(s).vmas;
    assert.equal(record.populates, 'vma');
    assert.deepEqual([record.faults, record.installing, record.wasted], [2, 1, 1]);
    assert.deepEqual(record.orders?.[0], { installs: 1, pages: 64 });
    assert.deepEqual([record.fewest?.own, record.fewest?.best], [1, 1]);
  });

  it('a driver that fills it in mmap takes none', () => {
    const s = scenario('6.12');
    const vma = s.vma(s.device(), s.process(100), { pages: 64 });
    s.cpu(0).task(100).mmap(10, 20, vma).remap(12, 18, vma).link(21, vma);
    const { vmas, trace } = faultsOf(s);
    assert.equal(vmas[0].populates, 'mmap');
    assert.deepEqual(vmas[0].orders?.[0], { installs: 1, pages: 64 });
    assert.equal(vmas[0].fewest?.own, 0);
    assert.equal(trace.faults, null, 'no handler is recorded, so faults are unknown');
  });

  it('RETRY is no fault, OOM is one', () => {
    const s = scenario('6.12');
    const vma = s.vma(s.device(), s.process(100));
    const task = s.cpu(0).task(100).map(10, vma);
    task.handler(20, 22, vma, 1, RETRY).faultIn(30, vma, 1).handler(40, 42, vma, 2, OOM);
    const [record] = faultsOf(s).vmas;
    assert.deepEqual([record.calls, record.faults, record.retried, record.out_of_memory], [3, 2, 1, 1]);
  });

  it('wrappers are one call: page_fault calls huge_fault', () => {
    const s = scenario('7.3');
    const vma = s.vma(s.device(), s.process(100));
    const task = s.cpu(0).task(100).map(10, vma);
    const fields = { vma: vma.pointer, addr: vma.start * 4096 };
    task.call('vfio_pci_mmap_page_fault', 19, 24, fields, NOPAGE).faultIn(20, vma, 0);
    const [record] = faultsOf(s).vmas;
    assert.deepEqual([record.calls, record.faults, record.installing], [1, 1, 1]);
  });

  it('a split VMA keeps the range that its faults were of', () => {
    const s = scenario('6.12');
    const dev = s.device();
    const vma = s.vma(dev, s.process(100), { pages: 1024 });
    const task = s.cpu(0).task(100).map(10, vma).faultIn(20, vma, 0, 9);
    task.unlink(30, vma);
    task.link(31, { ...vma, pages: 256 });
    const [record] = faultsOf(s).vmas;
    assert.equal(record.pages, 1024);
    assert.equal(record.fewest?.own, 2);
  });

  it('only what happens in the span counts', () => {
    const { vmas } = faultsOf(story(), { since: '+0.000135', until: '+0.000150' });
    assert.deepEqual([vmas[0].faults, vmas[0].blocked, vmas[0].installing], [1, 1, 0]);
  });

  it('lost events break durations, not counts', () => {
    const s = scenario('6.12');
    const vma = s.vma(s.device(), s.process(100));
    const task = s.cpu(0).task(100).map(10, vma);
    task.handler(20, null, vma, 1, NOPAGE);
    s.lost(21, 0, 7);
    task.faultIn(30, vma, 2);
    const { vmas, trace } = faultsOf(s);
    assert.equal(trace.lost, 7);
    assert.equal(vmas[0].latency.handler?.n, 1);
    assert.deepEqual([vmas[0].calls, vmas[0].faults, vmas[0].unknown], [2, 1, 1]);
  });
});

describe('what was not recorded is not 0', () => {
  const missing = (probes: Probes) => faultsOf(story(probes));
  const codes = (probes: Probes) => missing(probes).trace.missing.map(({ code }) => code);

  it('no handler: faults are unknown, installs are not', () => {
    const { trace, vmas } = missing({ without: HANDLERS });
    assert.deepEqual(codes({ without: HANDLERS }), ['handler']);
    for (const record of [trace, vmas[0]]) {
      assert.deepEqual(
        [
          record.calls,
          record.faults,
          record.installing,
          record.blocked,
          record.fallbacks,
          record.chains,
          record.rate_per_s,
        ],
        [null, null, null, null, null, null, null],
      );
      assert.equal(record.latency.handler, null);
    }
    assert.equal(vmas[0].latency.insert?.n, vmas[0].orders?.[0].installs);
    assert.match(trace.missing[0].text, /vfio_pci_mmap_huge_fault/);
  });

  it('no inserts: installs are those of the handlers, insert times are unknown', () => {
    const { trace, vmas } = missing({ without: INSERTS });
    assert.deepEqual(codes({ without: INSERTS }), ['insert']);
    assert.deepEqual(vmas[0].orders?.[0], { installs: 4, pages: 4 });
    assert.equal(trace.latency.insert, null);
    assert.equal(vmas[0].pfn, null);
  });

  it('neither: installs are unknown', () => {
    const { trace } = missing({ without: [...HANDLERS, ...INSERTS] });
    assert.deepEqual(
      trace.missing.map(({ code }) => code),
      ['handler', 'insert'],
    );
    assert.equal(trace.orders, null);
  });

  it('entries only: no times, no results', () => {
    const { trace } = missing({ entryOnly: [...HANDLERS, ...INSERTS] });
    assert.ok(trace.missing.some(({ code }) => code === 'handler-return'));
    assert.ok(trace.missing.some(({ code }) => code === 'insert-return'));
    assert.equal(trace.latency.handler, null);
    assert.equal(trace.latency.insert, null);
    assert.equal(trace.calls, 5);
  });

  it('nothing under the lock, no zap, no per-VMA zap', () => {
    assert.deepEqual(codes({ without: ['__vfio_pci_memory_enabled', ...INSERTS] }), ['lock', 'insert']);
    const { trace } = missing({ without: ['unmap_mapping_range', 'zap_page_range_single'] });
    assert.deepEqual(
      trace.missing.map(({ code }) => code),
      ['zap'],
    );
    assert.deepEqual([trace.zaps, trace.pages_cleared], [null, null]);
    assert.deepEqual(codes({ without: ['zap_page_range_single'] }), ['visit']);
  });

  it('an empty trace misses all of it', () => {
    const { trace, vmas } = faultsOf(scenario());
    assert.deepEqual(
      trace.missing.map(({ code }) => code),
      ['handler', 'insert', 'zap'],
    );
    assert.deepEqual([trace.faults, trace.orders, trace.zaps, vmas.length], [null, null, null, 0]);
  });

  it('a clock without unit has ticks, and no rate; rounded times are said to be', () => {
    const { trace } = faultsOf(story(), { unit: 'count' });
    assert.deepEqual([trace.unit, trace.rate_per_s], ['ticks', null]);
    assert.equal(faultsOf(story(), { digits: 6 }).trace.resolution_ns, 1000);
  });

  it('SIGBUS without a reason is still a blocked fault', () => {
    const s = scenario('6.12');
    const vma = s.vma(s.device(), s.process(100));
    s.cpu(0).task(100).map(10, vma).handler(20, 22, vma, 0, SIGBUS);
    assert.equal(faultsOf(s).vmas[0].blocked, 1);
  });
});

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { scenario } from '../scenarios/dsl.js';
import { faultsOf } from './faults-stage.js';

/** A VMA with pages 0 and 5, zapped at 100 for 100 µs; then `after` says what is touched when. */
function zapped(
  after: (at: {
    fault(t: number, page: number): void;
    off(t: number): void;
    munmap(t: number): void;
  }) => void,
) {
  const s = scenario('6.12');
  const dev = s.device();
  const vma = s.vma(dev, s.process(100), { pages: 16 });
  const task = s.cpu(0).task(100).map(10, vma).faultIn(20, vma, 0).faultIn(30, vma, 5);
  const zapper = s.cpu(1).task(200);
  zapper.memoryOff(100, dev, [vma]).memoryOn(200, dev);
  after({
    fault: (t, page) => void task.faultIn(t, vma, page),
    off: (t) => void zapper.memoryOff(t, dev, [vma]).memoryOn(t + 50, dev),
    munmap: (t) => void task.munmap(t, vma),
  });
  return faultsOf(s);
}

describe('what a zap costs', () => {
  it('entries and pages, its time, the blocked window, and the refaults until all is back', () => {
    const { zaps, trace } = zapped(({ fault }) => {
      fault(300, 5);
      fault(310, 9); // not of the working set: a fault on the way
      fault(320, 0);
      fault(330, 10);
    });
    assert.equal(zaps.length, 1);
    const [zap] = zaps;
    assert.deepEqual(zap.entries, { 0: 2 });
    assert.deepEqual([zap.cause, zap.pages_cleared, zap.visits], ['memory-disabled', 2, 1]);
    // memoryOff: write at 100, lock at 101, zap 102 to 106; memory on at 200
    assert.deepEqual([zap.zap_ns, zap.lock_wait_ns, zap.window_ns], [4000, 1000, 98_000]);
    // the third insert returns at 322
    assert.deepEqual(zap.refault, {
      faults: 3,
      handler_ns: 9000,
      pages: 2,
      pages_back: 2,
      back_ns: 122_000,
      ended: 'back',
    });
    assert.deepEqual(
      { ...trace.refault_sums, time_back: null },
      { zaps: 1, back: 1, faults: 3, pages: 2, pages_back: 2, time_back: null },
    );
    assert.equal(trace.refault_sums.time_back?.median_ns, 122_000);
  });

  it('the next zap ends the wait for the pages', () => {
    const { zaps } = zapped(({ fault, off }) => {
      fault(300, 5);
      off(400);
    });
    assert.deepEqual(
      [zaps[0].refault?.ended, zaps[0].refault?.pages_back, zaps[0].refault?.back_ns],
      ['next-zap', 1, null],
    );
    assert.deepEqual([zaps[1].pages_cleared, zaps[1].refault?.ended], [1, 'trace-end']);
  });

  it('what is unmapped will not come back', () => {
    const { zaps } = zapped(({ fault, munmap }) => {
      fault(300, 5);
      munmap(400);
    });
    assert.deepEqual(
      [zaps[0].refault?.ended, zaps[0].refault?.pages_back, zaps[0].refault?.pages],
      ['unmapped', 1, 2],
    );
  });

  it('nothing comes before the trace ends', () => {
    const { zaps } = zapped(() => {});
    assert.deepEqual([zaps[0].refault?.ended, zaps[0].refault?.faults], ['trace-end', 0]);
  });

  it('a zap that clears nothing is followed by no refaults', () => {
    const s = scenario('6.12');
    const dev = s.device();
    const vma = s.vma(dev, s.process(100));
    s.cpu(0).task(100).map(10, vma);
    s.cpu(1).task(200).memoryOff(100, dev, [vma]).memoryOn(200, dev);
    const [zap] = faultsOf(s).zaps;
    assert.deepEqual([zap.pages_cleared, zap.refault, zap.entries], [0, null, {}]);
  });

  it('two zaps of one window: the last one has the refaults of both', () => {
    const s = scenario('6.12');
    const dev = s.device();
    const vma = s.vma(dev, s.process(100));
    const task = s.cpu(0).task(100).map(10, vma).faultIn(20, vma, 0);
    s.cpu(1).task(200).memoryOff(100, dev, [vma]).memoryOff(150, dev, [vma]).memoryOn(200, dev);
    task.faultIn(300, vma, 0);
    const { zaps } = faultsOf(s);
    assert.deepEqual(
      zaps.map(({ zap, refault }) => [zap, refault?.ended ?? null]),
      [
        ['zap1', null],
        ['zap2', 'back'],
      ],
    );
  });

  it('a device that stays blocked has no refaults', () => {
    const s = scenario('6.12');
    const dev = s.device();
    const vma = s.vma(dev, s.process(100));
    s.cpu(0).task(100).map(10, vma).faultIn(20, vma, 0);
    s.cpu(1).task(200).memoryOff(100, dev, [vma]);
    const { zaps, trace } = faultsOf(s);
    assert.deepEqual([zaps[0].refault, zaps[0].window_ns, zaps[0].pages_cleared], [null, null, 1]);
    assert.equal(trace.latency.window, null);
  });

  it('devices have books of their own', () => {
    const s = scenario('6.12');
    const devs = [s.device('a'), s.device('b')];
    const vmas = devs.map((dev) => s.vma(dev, s.process(100)));
    const task = s.cpu(0).task(100);
    for (const [i, vma] of vmas.entries()) task.map(10 + 10 * i, vma).faultIn(40 + 10 * i, vma, 0);
    s.cpu(1).task(200).memoryOff(100, devs[0], [vmas[0]]).memoryOn(200, devs[0]);
    task.faultIn(300, vmas[1], 1);
    task.faultIn(310, vmas[0], 0);
    const { zaps, devices } = faultsOf(s);
    assert.equal(zaps[0].refault?.faults, 1, 'the fault on the other device is none of this zap');
    assert.deepEqual(
      devices.map(({ vmas: n, zaps: z }) => [n, z]),
      [
        [1, 1],
        [1, 0],
      ],
    );
  });

  it('huge entries are one each, and bring all their pages back', () => {
    const s = scenario('6.12');
    const dev = s.device();
    const vma = s.vma(dev, s.process(100), { pages: 1024 });
    const task = s.cpu(0).task(100).map(10, vma).faultIn(20, vma, 0, 9).faultIn(30, vma, 512, 9);
    s.cpu(1).task(200).memoryOff(100, dev, [vma]).memoryOn(200, dev);
    task.faultIn(300, vma, 0, 9).faultIn(310, vma, 512, 9);
    const [zap] = faultsOf(s).zaps;
    assert.deepEqual([zap.entries, zap.pages_cleared], [{ 9: 2 }, 1024]);
    assert.deepEqual([zap.refault?.faults, zap.refault?.pages_back, zap.refault?.ended], [2, 1024, 'back']);
  });

  it('the line through zap time over entries', () => {
    const s = scenario('6.12');
    const dev = s.device();
    const vma = s.vma(dev, s.process(100), { pages: 64 });
    const task = s.cpu(0).task(100).map(1, vma);
    const zapper = s.cpu(1).task(200);
    let t = 100;
    for (const entries of [2, 4, 8, 16]) {
      for (let page = 0; page < entries; page++) task.faultIn(t + 5 * page, vma, page);
      t += 5 * entries + 10;
      zapper.zap(t, t + 10 + 3 * entries, dev).visit(t + 1, t + 5, vma);
      zapper
        .call('vfio_pci_zap_and_down_write_memory_lock', t - 1, t + 100, { vdev: dev.vdev })
        .commandWrite(t - 2, t + 101, dev, 0x400);
      zapper.memoryOn(t + 200, dev);
      t += 300;
    }
    const { cost } = faultsOf(s).trace;
    assert.ok(
      cost !== null && Math.abs(cost.fixed_ns - 10_000) < 1 && Math.abs(cost.per_entry_ns - 3000) < 1,
      JSON.stringify(cost),
    );
    assert.equal(cost.r2, 1);
  });
});

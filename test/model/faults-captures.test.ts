import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { analyze } from '../../src/analyze.js';
import type {
  FaultsRecord,
  TraceFaultsRecord,
  VmaFaultsRecord,
  ZapCostRecord,
} from '../../src/report/faults/records.js';
import { fixture } from '../helpers.js';
import { chains, reasons } from './faults-stage.js';

interface Found {
  vmas: VmaFaultsRecord[];
  trace: TraceFaultsRecord;
  zaps: ZapCostRecord[];
}

async function faultsOf(capture: string): Promise<Found> {
  const records: FaultsRecord[] = [];
  const zaps: ZapCostRecord[] = [];
  const options = { records: { findings: false, vmas: 'none', zaps: 'none', faults: true } } as const;
  for await (const record of analyze(fixture(`captures/${capture}`), options)) {
    if (record.type === 'faults') records.push(record);
    if (record.type === 'zap-cost') zaps.push(record);
  }
  const vmas = records.filter((record) => record.scope === 'vma');
  const trace = records.find((record) => record.scope === 'trace');
  assert.ok(trace !== undefined);
  return { vmas, trace, zaps };
}

interface Step {
  name: string;
  start: string;
  end: string;
  /** Orders that the test program expected of its touches, while memory was enabled. */
  orders: number[];
  refused: number;
}

/** What the test program did, by VMA: `key=value` lines. */
function stepsOf(capture: string): Step[] {
  const path = fixture(`captures/${capture.replace('.dat', '.truth.txt')}`);
  assert.ok(existsSync(path));
  const steps = new Map<string, Step>();
  for (const line of readFileSync(path, 'utf8').split('\n')) {
    const values = Object.fromEntries(line.split(' ').map((part) => part.split('=') as [string, string]));
    const { step, vma: name, start, end, result, expect_order: order } = values;
    if (step === 'mmap') steps.set(name, { name, start, end, orders: [], refused: 0 });
    const own = steps.get(name);
    if (step !== 'touch' || own === undefined) continue;
    if (result === 'SIGBUS') own.refused++;
    else if (order !== undefined) own.orders.push(Number(order));
  }
  return [...steps.values()];
}

for (const capture of ['6.12-vfio-huge/tc331.dat', '7.3-vfio-huge/tc34.dat']) {
  describe(`orders 0, 9 and 18: ${capture}`, () => {
    const found = faultsOf(capture);

    it('installs the orders that the test program expected, and refuses as often as it got SIGBUS', async () => {
      const { vmas } = await found;
      const steps = stepsOf(capture);
      assert.deepEqual(
        steps.map(({ name }) => name),
        ['A_1G_aligned', 'B_2M_aligned', 'C_4K_off', 'D_pgoff_unaligned', 'E_tail'],
      );
      for (const step of steps) {
        const vma = vmas.find(({ start, end }) => start === step.start && end === step.end);
        assert.ok(vma !== undefined, `no VMA ${step.name}`);
        for (const order of new Set(step.orders)) {
          const expected = step.orders.filter((other) => other === order).length;
          const { installs } = vma.orders?.[order] ?? { installs: 0 };
          assert.ok(
            installs >= expected,
            `${step.name}: ${installs} of order ${order}, ${expected} expected`,
          );
        }
        // touches of a page that is present make no fault, so there are no other orders than these and refaults
        for (const [order, { installs }] of Object.entries(vma.orders ?? {})) {
          const zapped = vma.refaults ?? 0;
          const expected = step.orders.filter((other) => other === Number(order)).length;
          assert.ok(installs <= expected + zapped + 1, `${step.name}: ${installs} of order ${order}`);
        }
        assert.equal(vma.blocked, step.refused, step.name);
      }
    });

    it('knows how many faults each VMA could take, and where it should have been mapped', async () => {
      const { vmas } = await found;
      const rows = vmas.map((vma) => [
        vma.id,
        vma.pages,
        Object.values(vma.orders ?? {}).map(({ installs }) => installs),
        [vma.fewest?.own, vma.fewest?.best],
        [vma.alignment?.offset, vma.alignment?.shift],
        vma.advice.length > 0,
      ]);
      rows.sort(([a], [b]) => (String(a) < String(b) ? -1 : 1));
      assert.deepEqual(rows, [
        ['vma1', 524_288, [0, 0, 3], [2, 2], ['0x0', '0x0'], false],
        ['vma2', 32_768, [0, 4, 0], [64, 64], ['0x0', '0x0'], false],
        ['vma3', 4096, [3, 0, 0], [4096, 8], ['0x0', '0x1ff000'], true],
        ['vma4', 4096, [2, 0, 0], [4096, 519], ['0x1000', '0x1000'], true],
        ['vma5', 768, [2, 1, 0], [257, 257], ['0x0', '0x0'], false],
        ['vma6', 2056, [1, 0, 0], [12, 12], ['0x0', '0x0'], false],
        ['vma7', 30_708, [1, 0, 0], [559, 559], ['0xc000', '0x0'], false],
      ]);
    });

    it('knows why', async () => {
      const { vmas, trace } = await found;
      const of = (id: string) => vmas.find((vma) => vma.id === id) as VmaFaultsRecord;
      assert.deepEqual(reasons(of('vma1')), []);
      assert.deepEqual(reasons(of('vma2')), ['18 vma-too-small 1']);
      // two faults, each with a second pass without the VMA lock; then one on a page table that was there
      assert.deepEqual(reasons(of('vma3')), ['9 address-misaligned 4', '9 not-asked 1']);
      assert.deepEqual(reasons(of('vma4')), ['9 address-misaligned 4']);
      assert.deepEqual(reasons(of('vma5')), ['9 crosses-vma 2', '9 not-asked 1']);
      assert.deepEqual(chains(of('vma2')), ['9 installed 3', '18>9 installed 1', '9 sigbus 1']);
      assert.deepEqual(
        [trace.calls, trace.faults, trace.installing, trace.blocked, trace.wasted],
        [33, 20, 17, 3, 0],
      );
      assert.deepEqual(
        [trace.page_size, trace.page_size_from, trace.huge_orders_asked],
        [4096, 'trace', true],
      );
      assert.deepEqual(trace.missing, []);
    });

    it('counts what the zaps cleared: 2 of 1 GiB, then 3 of 2 MiB and 5 of 4 KiB', async () => {
      const { zaps, trace } = await found;
      assert.deepEqual(
        zaps.map(({ entries, pages_cleared, visits }) => [entries, pages_cleared, visits]),
        [
          [{ 18: 2 }, 524_288, 1],
          [{ 0: 5, 9: 3 }, 1541, 4],
        ],
      );
      assert.deepEqual(
        zaps.map(({ refault }) => [refault?.faults, refault?.pages_back, refault?.ended]),
        [
          [1, 262_144, 'unmapped'],
          [6, 514, 'unmapped'],
        ],
      );
      assert.equal(trace.latency.zap?.n, 2);
      assert.equal(trace.latency.window?.n, 2);
      for (const { zap_ns, window_ns } of zaps)
        assert.ok(zap_ns !== null && window_ns !== null && zap_ns < window_ns);
      const { handler, insert } = trace.latency;
      assert.ok(handler !== null && insert !== null && handler.n === 33 && insert.n === 17);
      assert.ok(insert.total_ns < handler.total_ns, 'an insert is a part of its handler');
      assert.equal(
        handler.histogram.reduce((sum, { count }) => sum + count, 0),
        33,
      );
      assert.equal(trace.worst.filter(({ what }) => what === 'handler')[0].ns, handler.max_ns);
    });
  });
}

describe('6.1: the whole VMA at its first fault', () => {
  it('two faults install 64 pages each; the working set is back with one', async () => {
    const { vmas, trace, zaps } = await faultsOf('6.1-vfio-basic/tc331v6.dat');
    assert.equal(vmas.length, 1);
    const [vma] = vmas;
    assert.equal(vma.populates, 'vma');
    assert.deepEqual([vma.faults, vma.installing, vma.blocked, vma.refaults], [6, 2, 4, 1]);
    assert.deepEqual(vma.orders?.[0], { installs: 2, pages: 128 });
    assert.equal(vma.fewest?.own, 1);
    assert.deepEqual(
      [zaps[0].pages_cleared, zaps[0].refault?.faults, zaps[0].refault?.ended],
      [64, 1, 'back'],
    );
    assert.equal(trace.page_size_from, 'assumed');
  });
});

describe('many tasks', () => {
  it('finds wasted faults and refault storms on 6.12', async () => {
    const { trace, zaps } = await faultsOf('6.12-vfio-concurrent/tc331.dat');
    const { faults, installing, blocked, wasted, orders, refaults } = trace;
    assert.ok(
      faults !== null && installing !== null && blocked !== null && wasted !== null && refaults !== null,
    );
    assert.equal(faults, installing + blocked + wasted);
    assert.ok(wasted > 0 && blocked > 0 && refaults > 0 && refaults < installing);
    assert.equal(orders?.[0].installs, installing, 'one entry per installing fault');
    assert.equal(trace.zaps, zaps.length);
    const ended = new Set(zaps.map(({ refault }) => refault?.ended ?? 'none'));
    assert.ok(ended.has('back') && ended.has('next-zap'), [...ended].join());
    for (const { refault } of zaps) {
      if (refault === null) continue;
      assert.ok(refault.pages_back <= refault.pages);
      assert.equal(refault.back_ns === null, refault.ended !== 'back');
    }
  });

  it('lost events are told', async () => {
    const { trace } = await faultsOf('6.12-lost-events/tc331rt.dat');
    assert.ok(trace.lost > 0);
  });
});

describe('other ways to record', () => {
  it('fprobes: the same counts', async () => {
    const { trace, vmas } = await faultsOf('6.12-fprobe-basic/tc331.dat');
    assert.deepEqual([trace.faults, trace.installing, trace.blocked, vmas.length], [13, 9, 4, 1]);
    assert.deepEqual(trace.missing, []);
  });

  it('the function tracer has neither VMAs nor results: nothing is claimed', async () => {
    const { trace } = await faultsOf('6.12-zaprace-mmap-leak/tc331function.dat');
    assert.equal(trace.faults, null);
    assert.equal(trace.orders, null);
    assert.ok(trace.missing.length >= 3);
  });
});

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { faultsJson } from '../../src/report/faults/json.js';
import { faultsMarkdown } from '../../src/report/faults/markdown.js';
import type { VmaFaultsRecord } from '../../src/report/faults/records.js';
import { bytesText, orderText, pagesText } from '../../src/report/faults/sizes.js';
import { faultsTable } from '../../src/report/faults/table.js';
import { MISSING, REASONS } from '../../src/report/faults/words.js';
import type { AnyRecord } from '../../src/report/records.js';
import { faultsOf } from '../model/faults-stage.js';
import { scenario } from '../scenarios/dsl.js';
import { render } from './render.js';
import { header, summary } from './sample.js';

/** A capture's worth of records: VMAs of a scenario with huge and small faults, zaps, refaults. */
function records(vmaCount = 3, comm = 'lab'): AnyRecord[] {
  const s = scenario('6.12');
  const dev = s.device();
  const vmas = Array.from({ length: vmaCount }, (_, i) =>
    s.vma(dev, s.process(100), { pages: 2048, start: 0x7_f000_0000 + i * 0x10_0000 + (i % 2) }),
  );
  const task = s.cpu(0).task(100, comm);
  let t = 10;
  for (const [i, vma] of vmas.entries()) {
    task.map(t, vma);
    task.handler(t + 10, t + 12, vma, 512, 0x800, 9);
    if (i % 2 === 1) task.faultIn(t + 14, vma, 512);
    else task.faultIn(t + 14, vma, 512, 9);
    t += 30;
  }
  s.cpu(1)
    .task(200)
    .memoryOff(t, dev, vmas)
    .memoryOn(t + 1000, dev);
  for (const [i, vma] of vmas.entries()) task.faultIn(t + 1100 + 20 * i, vma, 512, i % 2 === 1 ? 0 : 9);
  const { vmas: all, devices, zaps, trace } = faultsOf(s);
  return [header('trace.dat'), ...all, ...zaps, ...devices, trace, summary('trace.dat')];
}

const lines = (text: string): string[] => text.trimEnd().split('\n');

describe('the table', () => {
  it('has VMAs with what held them back, times, histograms, zaps', () => {
    const text = render(faultsTable, records());
    assert.match(text, /^trace\.dat: 6 faults on 3 VMAs: 6 installed \(3 refaults after a zap\)\n/);
    assert.match(text, /installs: 2 of 4K, 4 of 2M \(8\.0M in all\); pages are 4K/);
    assert.match(text, /vma2 +7f0100001000\+8M +2 +2 +0 +0 +2,048 +4\n/);
    assert.match(text, /1 fallback from 2M: virtual address and pfn disagree modulo the order/);
    assert.match(text, /map it at a multiple of 2M/);
    assert.match(text, /get_unmapped_area \("vfio: Request THP-aligned mmap for device fds"\)/);
    assert.match(text, /fault handler +9 /);
    assert.match(text, /Fault handler: from, count\n( +[\d.]+ .s +\d+ +█+\n)+/);
    assert.match(text, /zap1 +memory-disabled +1x4K 2x2M/);
    assert.match(text, /all\s+of\s+them\s+once,\s+median\s+142 µs\s+after\s+re-enable/);
  });

  it('stays within 80 columns, in ASCII too', () => {
    const wide = records(30, 'x'.repeat(15));
    for (const unicode of [true, false]) {
      const text = render(faultsTable, wide, { unicode, limit: 0 });
      for (const line of lines(text)) assert.ok([...line].length <= 80, `${[...line].length}: ${line}`);
      if (!unicode) assert.match(text, /^[\x00-\x7f]*$/);
    }
  });

  it('says what it leaves out', () => {
    const text = render(faultsTable, records(30), { limit: 5 });
    assert.match(text, /… 25 more rows left out \(--limit 0 shows all 30\)/);
    assert.doesNotMatch(text, /vma9 /);
    assert.match(render(faultsTable, records(30), { limit: 0 }), /vma30 /);
  });

  it('shows question marks for what was not recorded, and says what to record', () => {
    const s = scenario('6.12', { without: ['vfio_pci_mmap_huge_fault'] });
    const vma = s.vma(s.device(), s.process(100));
    s.cpu(0).task(100).map(10, vma);
    const { vmas, trace } = faultsOf(s);
    const text = render(faultsTable, [header('t'), ...vmas, trace, summary('t')]);
    assert.match(text, /^t: faults not recorded on 1 VMA\n/);
    assert.match(text, /not recorded: no call of a fault handler/);
    assert.match(text, /vma1 +7f1000000000\+64K +\? +16 +16\n/);
  });

  it('tells a kernel that never asks for huge entries only where one would fit', () => {
    const textOf = (pages: number): string => {
      const s = scenario('6.12');
      const vma = s.vma(s.device(), s.process(100), { pages });
      s.cpu(0).task(100).map(10, vma).faultIn(20, vma, 0);
      const { vmas, trace } = faultsOf(s);
      return render(faultsTable, [header('t'), ...vmas, trace, summary('t')]);
    };
    assert.match(textOf(512), /no huge order was asked for/);
    assert.doesNotMatch(textOf(511), /no huge order was asked for/);
  });

  it('is one line with --quiet; a trace that failed half-way is told', () => {
    assert.equal(lines(render(faultsTable, records(), { quiet: true })).length, 1);
    assert.match(render(faultsTable, [header('half.txt')]), /UNREADABLE half\.txt/);
  });

  it('shows what is dangerous to a terminal as escapes', () => {
    const text = render(faultsTable, records(3, '\x1b[2Jevil'));
    assert.doesNotMatch(text, /\x1b/);
  });
});

describe('markdown and JSON', () => {
  it('markdown has the same tables', () => {
    const text = render(faultsMarkdown, records());
    assert.match(text, /^## `trace\.dat`: 6 faults on 3 VMAs/);
    assert.match(text, /\| vma2 \| 7f0100001000\+8M \| 2 \| 2 \| 0 \| 0 \| 2,048 \| 4 \|/);
    assert.match(text, /\n- vma2: 1 fallback from 2M/);
    assert.match(render(faultsMarkdown, records(30), { limit: 3 }), /\*\*27 more rows left out\*\*/);
  });

  it('JSON is one object for one trace, with the members of every report', () => {
    const value = JSON.parse(render(faultsJson, records()));
    assert.deepEqual(Object.keys(value), [
      'header',
      'findings',
      'vmas',
      'zaps',
      'faults',
      'zap_costs',
      'diagnostics',
      'summary',
    ]);
    assert.deepEqual(
      value.faults.map((record: { scope: string }) => record.scope),
      ['vma', 'vma', 'vma', 'device', 'trace'],
    );
  });
});

describe('words', () => {
  it('sizes are as the kernel says them', () => {
    assert.deepEqual([4096, 2 ** 21, 2 ** 30, 1.5 * 2 ** 20, 12, 2 ** 46].map(bytesText), [
      '4K',
      '2M',
      '1G',
      '1.5M',
      '12',
      '64T',
    ]);
    assert.deepEqual(
      [orderText(4096, 9), orderText(65_536, 13), orderText(16_384, 22)],
      ['2M', '512M', '64G'],
    );
    assert.equal(pagesText(524_288), '2G');
  });

  it('every reason and every gap of a recording has words', () => {
    const s = scenario('6.12', { without: ['vfio_pci_mmap_huge_fault', 'vmf_insert_pfn'] });
    for (const { code, text } of faultsOf(s).trace.missing) assert.equal(text, MISSING[code]);
    for (const text of Object.values(REASONS)) assert.ok(text.length > 10);
    const vma = records().find(
      (record): record is VmaFaultsRecord => record.type === 'faults' && record.scope === 'vma',
    );
    for (const { reason } of vma?.fallbacks ?? []) assert.ok(REASONS[reason], reason);
  });
});

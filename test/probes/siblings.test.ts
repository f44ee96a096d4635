import assert from 'node:assert/strict';
import { test } from 'node:test';
import { analyze } from '../../src/analyze.js';
import type { FindingRecord, SummaryRecord } from '../../src/report/records.js';
import { textSource } from './text-source.js';

/** Lines of the recipes for sibling drivers, as the kernel prints them. */
class Trace {
  readonly #lines: string[] = ['# tracer: nop', '#'];
  #us = 0;

  /** The entry of a function, with fields as `vma=0x… size=0x1000`. */
  enter(pid: number, symbol: string, fields = ''): this {
    return this.#line(pid, `${symbol}: (${symbol}+0x4/0x100) ${fields}`);
  }

  leave(pid: number, symbol: string, ret = ''): this {
    return this.#line(
      pid,
      `${symbol}_ret: (caller+0x4/0x100 <- ${symbol}) ${ret === '' ? '' : `ret=${ret}`}`,
    );
  }

  call(pid: number, symbol: string, fields = '', ret = ''): this {
    return this.enter(pid, symbol, fields).leave(pid, symbol, ret);
  }

  /** Some program unmaps a file: what shows that removals are recorded. */
  munmapElsewhere(): this {
    return this.enter(
      300,
      'vma_interval_tree_remove',
      'node=0xffff888100ff0000 root=0xffff888100ff0048',
    ).enter(300, 'exit_mmap', 'mm=0xffff888100ff1000');
  }

  /** The trace goes on for longer than the end of a process takes. */
  goesOn(): this {
    this.#us += 50_000;
    return this.enter(300, 'exit_mmap', 'mm=0xffff888100ff2000');
  }

  #line(pid: number, body: string): this {
    const time = `100.${String((this.#us += 50)).padStart(6, '0')}`;
    this.#lines.push(`            task-${pid}     [00${pid % 2}] .....   ${time}: ${body}`);
    return this;
  }

  async judge(): Promise<{ findings: FindingRecord[]; summary: SummaryRecord }> {
    const findings: FindingRecord[] = [];
    let summary: SummaryRecord | null = null;
    for await (const record of analyze(textSource(`${this.#lines.join('\n')}\n`))) {
      if (record.type === 'finding') findings.push(record);
      if (record.type === 'summary') summary = record;
    }
    assert.ok(summary !== null);
    return { findings, summary };
  }
}

const MM = 'vm_mm=0xffff8881000a0000';
const OWNER = 100;
const OTHER = 200;

/** A VMA of one page at page `n` of the address space. */
const vmaOf = (n: number): string => `0xffff88810000${(0x1000 + n * 0x100).toString(16)}`;
const rangeOf = (n: number): string =>
  `vm_start=0x7f000000${n}000 vm_end=0x7f000000${n + 1}000 vm_pgoff=0x${n} ${MM}`;

// --- RDMA: a file, its list of VMAs, its disassociation

const UFILE = '0xffff888100500000';
const OTHER_UFILE = '0xffff888100600000';

function uverbsMmap(trace: Trace, n: number, ufile = UFILE): Trace {
  const vma = vmaOf(n);
  return trace
    .enter(OWNER, 'ib_uverbs_mmap', `private_data=${ufile} vma=${vma} ${rangeOf(n)}`)
    .call(
      OWNER,
      'remap_pfn_range',
      `vma=${vma} addr=0x7f000000${n}000 pfn=0xfe000 size=0x1000 ${rangeOf(n)}`,
      '0',
    )
    .leave(OWNER, 'ib_uverbs_mmap', '0')
    .enter(
      OWNER,
      'vma_interval_tree_insert',
      `node=${vma} root=0xffff888100300048 ${rangeOf(n)} f_mapping=0xffff888100300000`,
    );
}

function disassociate(trace: Trace, ufile: string, visited: readonly number[]): Trace {
  trace
    .enter(OTHER, 'uverbs_destroy_ufile_hw', `ufile=${ufile} reason=0x2`)
    .enter(OTHER, 'uverbs_user_mmap_disassociate', `ufile=${ufile}`);
  for (const n of visited) {
    trace.call(OTHER, 'zap_vma_ptes', `vma=${vmaOf(n)} address=0x7f000000${n}000 size=0x1000 ${rangeOf(n)}`);
  }
  return trace.leave(OTHER, 'uverbs_user_mmap_disassociate').leave(OTHER, 'uverbs_destroy_ufile_hw');
}

test('RDMA: all VMAs of the file are zapped: clean, although they were populated in .mmap', async () => {
  const trace = uverbsMmap(uverbsMmap(new Trace(), 1), 2);
  const { findings, summary } = await disassociate(trace, UFILE, [1, 2]).judge();
  assert.deepEqual(findings, []);
  assert.equal(summary.verdict, 'clean', summary.reasons.join('; '));
});

test('RDMA: another file of the same device keeps its mapping', async () => {
  const trace = uverbsMmap(uverbsMmap(new Trace(), 1), 2, OTHER_UFILE);
  const { findings, summary } = await disassociate(trace, UFILE, [1]).judge();
  assert.deepEqual(findings, []);
  assert.equal(summary.verdict, 'clean', summary.reasons.join('; '));
});

test('RDMA: a VMA that the list has lost keeps its pages', async () => {
  const trace = uverbsMmap(uverbsMmap(new Trace().munmapElsewhere(), 1), 2);
  const { findings, summary } = await disassociate(trace, UFILE, [1]).goesOn().judge();
  assert.deepEqual(
    findings.map((f) => [f.rule, f.confidence]),
    [['zap-skipped-vma', 'confirmed']],
  );
  assert.equal(summary.verdict, 'violation');
});

test('RDMA: nothing may be mapped after the disassociation', async () => {
  const trace = disassociate(uverbsMmap(new Trace(), 1), UFILE, [1]);
  const { findings } = await uverbsMmap(trace, 3).judge();
  assert.deepEqual(
    findings.map((f) => [f.rule, f.confidence]),
    [['install-after-zap', 'confirmed']],
  );
});

test('RDMA: a driver that resets zaps all files, for good', async () => {
  const trace = uverbsMmap(new Trace(), 1).enter(OTHER, 'rdma_user_mmap_disassociate');
  trace
    .enter(OTHER, 'uverbs_user_mmap_disassociate', `ufile=${UFILE}`)
    .call(OTHER, 'zap_vma_ptes', `vma=${vmaOf(1)} address=0x7f0000001000 size=0x1000 ${rangeOf(1)}`)
    .leave(OTHER, 'uverbs_user_mmap_disassociate')
    .leave(OTHER, 'rdma_user_mmap_disassociate');
  const { findings } = await uverbsMmap(trace, 3).judge();
  assert.deepEqual(
    findings.map((f) => [f.rule, f.confidence]),
    [['install-after-zap', 'confirmed']],
  );
});

// --- DRM/TTM: buffers at page offsets of one mapping

const MAPPING = '0xffff888100700000';

function gemMmap(trace: Trace, n: number, pgoff = n): Trace {
  const range = rangeOf(n).replace(/vm_pgoff=0x\w+/, `vm_pgoff=0x${pgoff.toString(16)}`);
  return trace
    .call(OWNER, 'drm_gem_mmap', `vma=${vmaOf(n)} ${range} f_mapping=${MAPPING}`, '0')
    .enter(
      OWNER,
      'vma_interval_tree_insert',
      `node=${vmaOf(n)} root=0xffff888100700048 ${range} f_mapping=${MAPPING}`,
    );
}

function ttmFault(trace: Trace, n: number): Trace {
  const at = `vma=${vmaOf(n)} address=0x7f000000${n}000`;
  return trace
    .enter(
      OWNER,
      'ttm_bo_vm_fault_reserved',
      `${at} vm_start=0x7f000000${n}000 vm_end=0x7f000000${n + 1}000 ${MM}`,
    )
    .call(OWNER, 'vmf_insert_pfn_prot', `vma=${vmaOf(n)} addr=0x7f000000${n}000 pfn=0xfd000`, '0x100')
    .leave(OWNER, 'ttm_bo_vm_fault_reserved', '0x100');
}

/** The buffer at this page offset moves; its VMAs `visited` are zapped. */
function move(
  trace: Trace,
  pgoff: number,
  visited: readonly number[],
  during: (t: Trace) => void = () => {},
): Trace {
  trace
    .enter(OTHER, 'ttm_bo_validate')
    .enter(OTHER, 'ttm_bo_unmap_virtual')
    .enter(
      OTHER,
      'unmap_mapping_range',
      `mapping=${MAPPING} holebegin=0x${pgoff.toString(16)}000 holelen=0x1000`,
    );
  for (const n of visited) {
    trace.call(OTHER, 'zap_page_range_single', `vma=${vmaOf(n)} address=0x7f000000${n}000 size=0x1000`);
  }
  trace.leave(OTHER, 'unmap_mapping_range').leave(OTHER, 'ttm_bo_unmap_virtual');
  during(trace);
  return trace.leave(OTHER, 'ttm_bo_validate');
}

test('DRM: a buffer moves, is zapped, and faults in again: clean', async () => {
  const trace = ttmFault(gemMmap(new Trace(), 1), 1);
  const { findings, summary } = await ttmFault(move(trace, 1, [1]), 1).judge();
  assert.deepEqual(findings, []);
  assert.equal(summary.verdict, 'clean', summary.reasons.join('; '));
});

test("DRM: the zap of one buffer has nothing to do with another one's VMA", async () => {
  const trace = ttmFault(ttmFault(gemMmap(gemMmap(new Trace(), 1), 2), 1), 2);
  const { findings, summary } = await move(trace, 1, [1], (t) => ttmFault(t, 2)).judge();
  assert.deepEqual(findings, []);
  assert.equal(summary.verdict, 'clean', summary.reasons.join('; '));
});

test('DRM: a second VMA of the same buffer that the zap does not visit', async () => {
  const trace = ttmFault(ttmFault(gemMmap(gemMmap(new Trace().munmapElsewhere(), 1, 5), 2, 5), 1), 2);
  const { findings } = await move(trace, 5, [1]).judge();
  assert.deepEqual(
    findings.map((f) => [f.rule, f.confidence]),
    [['zap-skipped-vma', 'confirmed']],
  );
});

test('DRM: a page of the buffer that the zap did not cover', async () => {
  const range = `vm_start=0x7f0000001000 vm_end=0x7f0000003000`;
  const trace = new Trace()
    .munmapElsewhere()
    .call(OWNER, 'drm_gem_mmap', `vma=${vmaOf(1)} ${range} vm_pgoff=0x1 ${MM} f_mapping=${MAPPING}`, '0')
    .enter(
      OWNER,
      'vma_interval_tree_insert',
      `node=${vmaOf(1)} root=0xffff888100700048 ${range} vm_pgoff=0x1 ${MM} f_mapping=${MAPPING}`,
    );
  for (const address of ['0x7f0000001000', '0x7f0000002000']) {
    trace
      .enter(OWNER, 'ttm_bo_vm_fault_reserved', `vma=${vmaOf(1)} address=${address} ${range} ${MM}`)
      .call(OWNER, 'vmf_insert_pfn_prot', `vma=${vmaOf(1)} addr=${address} pfn=0xfd000`, '0x100')
      .leave(OWNER, 'ttm_bo_vm_fault_reserved', '0x100');
  }
  trace
    .enter(OTHER, 'ttm_bo_validate')
    .enter(OTHER, 'ttm_bo_unmap_virtual')
    .enter(OTHER, 'unmap_mapping_range', `mapping=${MAPPING} holebegin=0x1000 holelen=0x2000`)
    .call(OTHER, 'zap_page_range_single', `vma=${vmaOf(1)} address=0x7f0000001000 size=0x1000`)
    .leave(OTHER, 'unmap_mapping_range')
    .leave(OTHER, 'ttm_bo_unmap_virtual')
    .leave(OTHER, 'ttm_bo_validate');
  const { findings } = await trace.judge();
  assert.deepEqual(
    findings.map((f) => [f.rule, f.confidence, f.address]),
    [['partial-zap', 'confirmed', '0x7f0000002000']],
  );
});

import type { Scenario } from './dsl.js';
import type { Dev, Mm, VmaObject } from './objects.js';
import { ALL_BARS, addr, vmaFields } from './objects.js';

/** One call of a kernel function. Times in µs; `to` null: the return has no probe, or never comes. */
export interface Call {
  symbol: string;
  from: number;
  to: number | null;
  fields: Record<string, bigint | number>;
  ret?: number;
  /** The task returns on another CPU. */
  endCpu?: number;
  /** The record of the entry, or of the return, is missing. */
  lostEntry?: boolean;
  lostReturn?: boolean;
  tracepoint?: boolean;
}

export type How = Partial<Pick<Call, 'endCpu' | 'lostEntry' | 'lostReturn'>>;

export const NOPAGE = 0x100;
export const SIGBUS = 0x2;
export const FALLBACK = 0x800;
const INSERTS: Record<number, string> = {
  0: 'vmf_insert_pfn',
  9: 'vmf_insert_pfn_pmd',
  18: 'vmf_insert_pfn_pud',
};

/** A task on a CPU: its methods are kernel functions, and usual sequences of them. */
export class Actor {
  constructor(
    readonly scenario: Scenario,
    readonly number: number,
    readonly pid: number,
    readonly comm: string,
  ) {}

  /** The same task on another CPU. */
  on(cpu: number): Actor {
    return new Actor(this.scenario, cpu, this.pid, this.comm);
  }

  call(
    symbol: string,
    from: number,
    to: number | null,
    fields: Call['fields'],
    ret?: number,
    how: How = {},
  ): this {
    this.scenario.write(this, { symbol, from, to, fields, ret, ...how });
    return this;
  }

  point(symbol: string, t: number, fields: Call['fields']): this {
    return this.call(symbol, t, null, fields);
  }

  tracepoint(symbol: string, t: number, fields: Call['fields']): this {
    this.scenario.write(this, { symbol, from: t, to: null, fields, tracepoint: true });
    return this;
  }

  /** A line in trace_marker. */
  mark(t: number, text: string): this {
    const { pid, comm, number: cpu } = this;
    const line = { t: Math.round(t * 1000), cpu, pid, comm, symbol: null, isReturn: null, fields: {}, text };
    this.scenario.items.push({ ...line, name: 'tracing_mark_write', shape: 'marker' });
    return this;
  }

  // --- mmap and what the mm does with VMAs

  /** vfio_pci_core_mmap(). */
  mmap(from: number, to: number, vma: VmaObject, ret = 0, how: How = {}): this {
    const fields = { vdev: vma.dev.vdev, vma: vma.pointer, ...vmaFields(vma), mapping: vma.dev.mapping };
    return this.call('vfio_pci_core_mmap', from, to, fields, ret, how);
  }

  link(t: number, vma: VmaObject): this {
    const { link } = this.scenario.names;
    return this.point(link, t, { vma: vma.pointer, mapping: vma.dev.mapping, ...vmaFields(vma) });
  }

  linkAfter(t: number, child: VmaObject, parent: VmaObject): this {
    const symbol = `${this.scenario.names.link}_after`;
    const mapping: Call['fields'] = symbol.startsWith('mapping')
      ? { mapping: child.dev.mapping }
      : { root: child.dev.mapping + 72n };
    return this.point(symbol, t, {
      vma: child.pointer,
      prev: parent.pointer,
      ...mapping,
      ...vmaFields(child),
    });
  }

  unlink(t: number, vma: VmaObject): this {
    const symbol = this.scenario.names.link.replace('insert', 'remove');
    return this.point(symbol, t, { vma: vma.pointer, ...vmaFields(vma) });
  }

  /** mmap of a device file: the driver's callback [t, t+2], then the rmap insertion at t+3. */
  map(t: number, vma: VmaObject): this {
    return this.mmap(t, t + 2, vma).link(t + 3, vma);
  }

  /** munmap of a whole VMA: PTEs cleared at t, out of the rmap at t+1, freed at t+2. */
  munmap(t: number, vma: VmaObject): this {
    return this.unmapPages(t, vma)
      .unlink(t + 1, vma)
      .free(t + 2, vma);
  }

  unmapPages(t: number, vma: VmaObject, first = 0, pages = vma.pages): this {
    const [start, end] = [addr(vma.start + first), addr(vma.start + first + pages)];
    if (this.scenario.names.visit === 'zap_vma_range_batched') {
      return this.point('__zap_vma_range', t, { vma: vma.pointer, start, end, mm: vma.mm.pointer });
    }
    return this.point('unmap_page_range', t, { vma: vma.pointer, addr: start, end, mm: vma.mm.pointer });
  }

  free(t: number, vma: VmaObject): this {
    return this.point('remove_vma', t, {
      vma: vma.pointer,
      vm_start: addr(vma.start),
      vm_end: addr(vma.start + vma.pages),
    });
  }

  exitMmap(t: number, mm: Mm): this {
    return this.point('exit_mmap', t, { mm: mm.pointer });
  }

  copyPages(from: number, to: number, child: VmaObject, parent: VmaObject, ret = 0): this {
    const range = { start: addr(child.start), end: addr(child.start + child.pages) };
    const mms = { dst_mm: child.mm.pointer, src_mm: parent.mm.pointer };
    return this.call(
      'copy_page_range',
      from,
      to,
      { dst: child.pointer, src: parent.pointer, ...range, ...mms },
      ret,
    );
  }

  /** fork of one VMA: the child enters the rmap after its parent at t, then copies its PTEs [t+1, t+3]. */
  fork(t: number, child: VmaObject, parent: VmaObject): this {
    return this.linkAfter(t, child, parent).copyPages(t + 1, t + 3, child, parent);
  }

  /** move_page_tables() of mremap. */
  movePages(from: number, to: number, vma: VmaObject, moved: VmaObject): this {
    const pointers = { vma: vma.pointer, new_vma: moved.pointer, mm: vma.mm.pointer };
    const where = { old_addr: addr(vma.start), new_addr: addr(moved.start), len: addr(vma.pages) };
    return this.call('move_page_tables', from, to, { ...pointers, ...where });
  }

  // --- faults and inserts

  /** The fault handler, with its order (6.12 and newer). */
  handler(
    from: number,
    to: number | null,
    vma: VmaObject,
    page: number,
    ret = NOPAGE,
    order = 0,
    how: How = {},
  ): this {
    const fields = { vma: vma.pointer, addr: addr(vma.start + page), ...vmaFields(vma) };
    if (this.scenario.kernel === '5.10' || this.scenario.kernel === '6.1') {
      return this.call('vfio_pci_mmap_fault', from, to, fields, ret, how);
    }
    return this.call('vfio_pci_mmap_huge_fault', from, to, { ...fields, order }, ret, how);
  }

  /** The insert of one entry. */
  insert(
    from: number,
    to: number | null,
    vma: VmaObject,
    page: number,
    ret = NOPAGE,
    order = 0,
    how: How = {},
  ): this {
    const { vm_start, vm_end, mm } = vmaFields(vma);
    const entry = { vma: vma.pointer, addr: addr(vma.start + page), pfn: 0x280000 + page };
    const fields = order === 0 ? { ...entry, vm_start, vm_end, mm } : { ...entry, mm };
    return this.call(INSERTS[order], from, to, fields, ret, how);
  }

  /** A successful fault: handler [t, t+3], insert [t+1, t+2]. */
  faultIn(t: number, vma: VmaObject, page: number, order = 0): this {
    return this.handler(t, t + 3, vma, page, NOPAGE, order).insert(t + 1, t + 2, vma, page, NOPAGE, order);
  }

  /** A fault that the driver refuses: handler [t, t+3] returns SIGBUS, the query inside says 0. */
  refused(t: number, vma: VmaObject, page: number): this {
    return this.handler(t, t + 3, vma, page, SIGBUS).query(t + 1, vma.dev, 0);
  }

  remap(
    from: number,
    to: number | null,
    vma: VmaObject,
    first = 0,
    pages = vma.pages,
    ret = 0,
    how: How = {},
  ): this {
    const range = { addr: addr(vma.start + first), pfn: 0x280000 + first, size: addr(pages) };
    return this.call(
      'remap_pfn_range',
      from,
      to,
      { vma: vma.pointer, ...range, ...vmaFields(vma) },
      ret,
      how,
    );
  }

  /** __vfio_pci_memory_enabled() says 1 or 0. */
  query(t: number, dev: Dev, enabled: number): this {
    return this.call('__vfio_pci_memory_enabled', t - 0.2, t, { vdev: dev.vdev }, enabled);
  }

  // --- zaps and what blocks the device

  /** unmap_mapping_range() of the device. */
  zap(from: number, to: number | null, dev: Dev, how: How = {}): this {
    const fields = { mapping: dev.mapping, holebegin: 0, holelen: ALL_BARS, even_cows: 1 };
    return this.call('unmap_mapping_range', from, to, fields, undefined, how);
  }

  /** The per-VMA zap call, of the whole VMA unless told otherwise. */
  visit(from: number, to: number | null, vma: VmaObject, first = 0, pages = vma.pages, how: How = {}): this {
    const range = { addr: addr(vma.start + first), size: addr(pages) };
    return this.call(
      this.scenario.names.visit,
      from,
      to,
      { vma: vma.pointer, ...range, ...vmaFields(vma) },
      undefined,
      how,
    );
  }

  /** A zap [t, …] that visits these VMAs, 2 µs each; it ends 1 µs after the last. Returns its end. */
  zapOf(t: number, dev: Dev, vmas: readonly VmaObject[]): number {
    const end = t + 1 + 3 * vmas.length;
    this.zap(t, end, dev);
    vmas.forEach((vma, i) => this.visit(t + 1 + 3 * i, t + 3 + 3 * i, vma));
    return end;
  }

  /** A write to the COMMAND register (config offset 4). */
  commandWrite(from: number, to: number | null, dev: Dev, val: number, how: How = {}): this {
    const fields = { vdev: dev.vdev, pos: 4, count: 2, offset: 4, val };
    return this.call('vfio_basic_config_write', from, to, fields, 2, how);
  }

  /** COMMAND.MEM = 0: lock and zap at t+1 inside the write, which returns 2 µs after the zap. */
  memoryOff(t: number, dev: Dev, vmas: readonly VmaObject[] = []): this {
    const end = this.zapOf(t + 2, dev, vmas);
    return this.call('vfio_pci_zap_and_down_write_memory_lock', t + 1, end + 1, {
      vdev: dev.vdev,
    }).commandWrite(t, end + 2, dev, 0x400);
  }

  /** COMMAND.MEM = 1 [t, t+2]. */
  memoryOn(t: number, dev: Dev): this {
    return this.commandWrite(t, t + 2, dev, 0x402);
  }
}

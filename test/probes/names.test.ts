import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ProbeCatalog } from '../../src/probes/catalog.js';
import { BUILTIN_MAPS } from '../../src/probes/maps/index.js';
import { Kind } from '../../src/probes/roles.js';
import type { DeclShape, EventDecl } from '../../src/trace/record.js';

const decl = (name: string, more: Partial<EventDecl> = {}): EventDecl => ({
  name,
  system: null,
  symbol: null,
  isReturn: null,
  shape: 'probe',
  fields: [],
  ...more,
});

/** `symbol entry|return`, or null when no map knows the event. */
function bound(name: string, more: Partial<EventDecl> = {}): string | null {
  const binding = new ProbeCatalog(BUILTIN_MAPS).bind(decl(name, more));
  return binding === null ? null : `${binding.state.symbol} ${binding.isReturn ? 'return' : 'entry'}`;
}

describe('events are known by the probed function, else by their name', () => {
  const forms: [string, string, Partial<EventDecl>?][] = [
    ['vmf_insert_pfn', 'vmf_insert_pfn entry'],
    ['vmf_insert_pfn_ret', 'vmf_insert_pfn return'],
    ['vmf_insert_pfn__entry', 'vmf_insert_pfn entry'],
    ['vmf_insert_pfn__exit', 'vmf_insert_pfn return'],
    ['vmf_insert_pfn__return', 'vmf_insert_pfn return'],
    ['vmf_insert_pfn_1', 'vmf_insert_pfn entry'],
    ['vmf_insert_pfn__return_1', 'vmf_insert_pfn return'],
    ['p_vmf_insert_pfn_0', 'vmf_insert_pfn entry'],
    ['r_vmf_insert_pfn_0', 'vmf_insert_pfn return'],
    ['p_vfio_pci_core_vfio_pci_core_mmap_0', 'vfio_pci_core_mmap entry'],
    ['r_vfio_pci_core_vfio_pci_mmap_huge_fault_0', 'vfio_pci_mmap_huge_fault return'],
    ['vmf_insert_pfn_pmd', 'vmf_insert_pfn_pmd entry'],
    ['vmf_insert_pfn_pmd_ret', 'vmf_insert_pfn_pmd return'],
    ['vmf_insert_pfn_prot__return', 'vmf_insert_pfn_prot return'],
    ['sys_enter_mmap', 'sys_mmap entry', { shape: 'tracepoint' }],
    ['sys_exit_munmap', 'sys_munmap return', { shape: 'tracepoint' }],
    ['exit_mmap', 'exit_mmap entry', { shape: 'tracepoint' }],
    ['ins_e', 'vmf_insert_pfn entry', { symbol: 'vmf_insert_pfn', isReturn: false }],
    ['ins_x', 'vmf_insert_pfn return', { symbol: 'vmf_insert_pfn', isReturn: true }],
    [
      'hr',
      'vfio_pci_dev_set_hot_reset entry',
      { symbol: 'vfio_pci_dev_set_hot_reset.constprop.0', isReturn: false },
    ],
    ['vfio_pci_dev_set_hot_reset.constprop.0', 'vfio_pci_dev_set_hot_reset entry'],
    ['vfio_pci_dev_set_hot_reset.isra.0__return', 'vfio_pci_dev_set_hot_reset return'],
    ['unmap_mapping_range', 'unmap_mapping_range entry', { shape: 'graph-entry' }],
    ['unmap_mapping_range', 'unmap_mapping_range return', { shape: 'graph-exit' }],
    ['unmap_mapping_range', 'unmap_mapping_range entry', { shape: 'function' }],
    ['zaprace_mmap_prepare_ret', 'zaprace_mmap_prepare return'],
    ['mapping_rmap_tree_insert_after', 'mapping_rmap_tree_insert_after entry'],
  ];
  for (const [name, wanted, more] of forms) {
    it(`${name}${more?.symbol === undefined ? '' : ` on ${more.symbol}`}${more?.shape === undefined ? '' : ` (${more.shape})`}: ${wanted}`, () => {
      assert.equal(bound(name, more), wanted);
    });
  }

  it('the function decides, whatever the event is called', () => {
    assert.equal(
      bound('remap_pfn_range', { symbol: 'vmf_insert_pfn', isReturn: false }),
      'vmf_insert_pfn entry',
    );
    assert.equal(
      bound('vmf_insert_pfn_ret', { symbol: 'remap_pfn_range', isReturn: false }),
      'remap_pfn_range entry',
    );
  });

  it('a name that only looks like one is no function of ours', () => {
    for (const name of [
      'vmf_insert_pfnx',
      'my_vmf_insert_pfn',
      'unmap_mapping',
      'sched_switch',
      'p_0',
      'sys_enter_ioctl2',
      '',
    ]) {
      assert.equal(bound(name), null, name);
    }
  });

  it('a stack is no event', () => {
    assert.equal(bound('vmf_insert_pfn', { shape: 'stack' as DeclShape }), null);
  });

  it('entry and return of one function share what the trace has shown of it', () => {
    const catalog = new ProbeCatalog(BUILTIN_MAPS);
    const entry = catalog.bind(decl('vmf_insert_pfn'));
    const back = catalog.bind(decl('r_vmf_insert_pfn_0'));
    assert.ok(entry !== null && back !== null);
    assert.equal(entry.state, back.state);
    assert.equal(entry.kind, Kind.Insert);
  });
});

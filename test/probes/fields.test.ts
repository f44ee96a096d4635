import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ProbeCatalog } from '../../src/probes/catalog.js';
import { SLOT } from '../../src/probes/fields.js';
import { BUILTIN_MAPS } from '../../src/probes/maps/index.js';

/** Which field each argument is taken from: `vma=arg1 address=arg2`. */
function wanted(name: string, fields: string[], isReturn = false): string {
  const catalog = new ProbeCatalog(BUILTIN_MAPS);
  const binding = catalog.bind({ name, system: null, symbol: name, isReturn, shape: 'probe', fields });
  assert.ok(binding !== null);
  const slots = new Map(Object.entries(SLOT).map(([arg, { slot }]) => [slot, arg]));
  return binding.fields
    .map((f) => `${slots.get(f.slot)}=${fields[f.field]}:${f.kind}`)
    .sort()
    .join(' ');
}

describe('fields by name, alias and position', () => {
  it('as the captures name them', () => {
    assert.equal(
      wanted('vmf_insert_pfn', ['vma', 'addr', 'pfn', 'vm_start', 'vm_end', 'mm']),
      'address=addr:page end=vm_end:page mm=mm:pointer pfn=pfn:low52 start=vm_start:page vma=vma:pointer',
    );
  });

  it('the short names of hand-written recipes', () => {
    assert.equal(
      wanted('zap_page_range_single', ['vma', 'addr', 'size', 'vs', 've', 'mm']),
      'address=addr:page end=ve:page mm=mm:pointer size=size:pages-up start=vs:page vma=vma:pointer',
    );
    assert.equal(
      wanted('unmap_mapping_range', ['mapping', 'start', 'len', 'cows']),
      'address=start:page mapping=mapping:pointer size=len:pages-up',
    );
    assert.equal(
      wanted('vfio_pci_core_mmap', ['dev', 'vma', 'vs', 've']),
      'device=dev:pointer end=ve:page start=vs:page vma=vma:pointer',
    );
    assert.equal(
      wanted('vfio_basic_config_write', ['vdev', 'off', 'count', 'val']),
      'device=vdev:pointer x0=off:number x1=val:number',
    );
  });

  it('C parameters as BTF names them', () => {
    assert.equal(wanted('vma_interval_tree_insert', ['node', 'root']), 'root=root:pointer vma=node:pointer');
    assert.equal(
      wanted('vfio_pci_core_mmap', ['core_vdev', 'vma']),
      'device=core_vdev:pointer vma=vma:pointer',
    );
    assert.equal(
      wanted('unmap_mapping_range', ['mapping', 'holebegin', 'holelen', 'even_cows']),
      'address=holebegin:page mapping=mapping:pointer size=holelen:pages-up',
    );
    assert.equal(
      wanted('copy_page_range', ['dst_vma', 'src_vma']),
      'other=src_vma:pointer vma=dst_vma:pointer',
    );
  });

  it('raw arg1…argN of unnamed probes', () => {
    assert.equal(
      wanted('vmf_insert_pfn', ['arg1', 'arg2', 'arg3']),
      'address=arg2:page pfn=arg3:low52 vma=arg1:pointer',
    );
    assert.equal(
      wanted('zap_vma_range_batched', ['arg1', 'arg2', 'arg3', 'arg4']),
      'address=arg3:page size=arg4:pages-up vma=arg2:pointer',
    );
    assert.equal(
      wanted('vfio_basic_config_write', ['arg1', 'arg2', 'arg3', 'arg4', 'arg5', 'arg6']),
      'device=arg1:pointer x0=arg5:number x1=arg6:number',
    );
  });

  it('what is behind a pointer is not taken from its register', () => {
    // vmf is arg1: neither the VMA nor the address
    assert.equal(wanted('vmf_insert_pfn_pmd', ['arg1', 'arg2', 'arg3']), 'pfn=arg2:low52');
    assert.equal(wanted('vfio_pci_mmap_huge_fault', ['vmf', 'order']), 'order=order:number');
  });

  it('the return value: ret, retval, or the only field', () => {
    assert.equal(wanted('vmf_insert_pfn', ['ret'], true), 'result=ret:number');
    assert.equal(wanted('vmf_insert_pfn', ['retval'], true), 'result=retval:number');
    assert.equal(wanted('vmf_insert_pfn', ['arg1'], true), 'result=arg1:number');
    assert.equal(wanted('vmf_insert_pfn', ['x'], true), 'result=x:number');
  });

  it('arguments at a return probe', () => {
    assert.equal(
      wanted('vmf_insert_pfn', ['vma', 'addr', 'pfn', 'ret'], true),
      'address=addr:page pfn=pfn:low52 result=ret:number vma=vma:pointer',
    );
    assert.equal(
      wanted('unmap_mapping_range', ['mapping', 'holebegin', 'holelen', 'even_cows'], true),
      'address=holebegin:page mapping=mapping:pointer size=holelen:pages-up',
    );
    assert.equal(wanted('vmf_insert_pfn', ['vma'], true), 'vma=vma:pointer');
  });

  it('no fields, no arguments', () => {
    assert.equal(wanted('vmf_insert_pfn', []), '');
    assert.equal(wanted('vmf_insert_pfn', [], true), '');
  });
});

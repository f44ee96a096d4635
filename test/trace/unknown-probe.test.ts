import assert from 'node:assert/strict';
import { test } from 'node:test';
import { perfDataFormat } from '../../src/trace/perfdata/format.js';
import type { TraceReader } from '../../src/trace/reader.js';
import type { Diagnostic, EventDecl, Interest } from '../../src/trace/record.js';
import { openTrace } from '../../src/trace/registry.js';
import { bytesSource } from '../helpers.js';
import { fileSource, fixturePath } from './fixtures.js';

const WANTED: Interest = { fields: [], wantText: false, wantFields: false };

/** What a reader has to tell when only events with these names are wanted. */
async function told(reader: TraceReader, wanted: RegExp): Promise<readonly Diagnostic[]> {
  await reader.read({
    declare: (decl: EventDecl) => (wanted.test(decl.name) ? WANTED : null),
    record() {},
    lost() {},
  });
  return reader.info.diagnostics.filter((d) => d.code === 'unknown-probe');
}

const perfProbe = () => perfDataFormat.open(fileSource(fixturePath('perfdata', '6.12-perf-probe.data')));

// perf script of events that perf probe made: entries, a return, one of a user program, a tracepoint
const SCRIPT = [
  '    vfiolab   424 [000]   206.967353:         probe:vmf_insert_pfn: (ffffffffa938a4c4) arg1=0xff13a6e701148790',
  '    vfiolab   424 [000]   206.968033: probe:vmf_insert_pfn__return: (ffffffffa938a4c4 <- ffffffffa9388320) arg1=0x100',
  '    vfiolab   424 [000]   206.968771:                 probe:mymmap: (ffffffffc037e3c4)',
  '    vfiolab   424 [000]   206.968801:                 probe:mymmap: (ffffffffc037e3c4)',
  '    vfiolab   424 [000]   206.968828:                  probe:other: (ffffffffa9387164)',
  '    vfiolab   424 [000]   206.968859:          probe:other__return: (ffffffffa9387164 <- ffffffffa90d39da)',
  '    vfiolab   424 [000]   206.968994:            probe_libc:malloc: (7f0ca9397a8d)',
  '    vfiolab   424 [000]   206.969613:   exceptions:page_fault_user: address=0x7f35 ip=0x1 error_code=0x7',
];

test('perf.data: probes whose function nothing tells are named, with what to do', async () => {
  const [note, ...others] = await told(perfProbe(), /^vmf_insert_pfn/);
  assert.deepEqual(others, []);
  assert.equal(note.severity, 'note');
  assert.match(note.message, /^probe:(vfio_pci_core_mmap|unmap_mapping_range|remap_pfn_range|zap_page\w+): /);
  assert.match(note.message, /perf probe --add FUNCTION.*--probe-map/);
  assert.ok(note.origin > 0);
  assert.equal(note.count, await unwantedEntries());
});

/** Entry probes that occur in the fixture, but for vmf_insert_pfn. */
async function unwantedEntries(): Promise<number> {
  const names = new Set<string>();
  await perfProbe().read({
    declare(decl) {
      if (decl.isReturn === false && decl.name !== 'vmf_insert_pfn') names.add(decl.name);
      return null;
    },
    record() {},
    lost() {},
  });
  assert.ok(names.size > 0);
  return names.size;
}

test('perf.data: nothing is told when every event is known', async () => {
  assert.deepEqual(await told(perfProbe(), /./), []);
});

test('perf script: the same', async () => {
  const open = () => openTrace(bytesSource(`${SCRIPT.join('\n')}\n`), 'perf-script');
  const [note, ...others] = await told(await open(), /^vmf_insert_pfn/);
  assert.deepEqual(others, []);
  assert.match(note.message, /^probe:mymmap: .*perf probe --add FUNCTION.*--probe-map/);
  assert.deepEqual([note.severity, note.count, note.origin], ['note', 2, 3]);
  assert.deepEqual(await told(await open(), /./), []);
});

test('a trace that names the functions needs no names of events', async () => {
  const line =
    '         vfiolab-246     [001] .....    44.000001: ins: (vmf_insert_pfn+0x4/0x150) vma=0xff13a6e701148790\n';
  assert.deepEqual(await told(await openTrace(bytesSource(line)), /^nothing$/), []);
});

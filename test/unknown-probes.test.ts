import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { type AnalyzeOptions, analyze, type ByteSource } from '../src/analyze.js';
import { bytesSource } from './helpers.js';
import { fixturePath } from './trace/fixtures.js';

const folder = mkdtempSync(join(tmpdir(), 'zaptrace-unknown-'));
after(() => rmSync(folder, { recursive: true }));

/** What is told of probes that are not known. */
async function told(input: string | ByteSource, options: AnalyzeOptions = {}): Promise<[string, number][]> {
  const found: [string, number][] = [];
  for await (const record of analyze(input, options)) {
    if (record.type === 'diagnostic' && record.code === 'unknown-probes')
      found.push([record.message, record.count]);
  }
  return found;
}

/** The perf.data of perf probe's events, as if one of them had been given a name of its own. */
function renamed(): string {
  const data = readFileSync(fixturePath('perfdata', '6.12-perf-probe.data'), 'latin1');
  const path = join(folder, 'renamed.data');
  writeFileSync(path, data.replaceAll('vmf_insert_pfn', 'my_own_insert_'), 'latin1');
  return path;
}

// perf script of the same: an entry, a return; a probe of a user program, a tracepoint
const SCRIPT = [
  '    vfiolab   424 [000]   206.967353:       probe:my_own_insert_: (ffffffffa938a4c4) arg1=0xff13a6e701148790',
  '    vfiolab   424 [000]   206.968033: probe:my_own_insert___return: (ffffffffa938a4c4 <- ffffffffa9388320) arg1=0x100',
  '    vfiolab   424 [000]   206.968771:  probe:unmap_mapping_range: (ffffffffa9387164)',
  '    vfiolab   424 [000]   206.968994:          probe_libc:malloc: (7f0ca9397a8d)',
  '    vfiolab   424 [000]   206.969613: exceptions:page_fault_user: address=0x7f35 ip=0x1 error_code=0x7',
].join('\n');

function assertNamed(found: [string, number][]): void {
  assert.equal(found.length, 1);
  const [[message, count]] = found;
  assert.match(message, /: probe:my_own_insert_;.*perf probe --add FUNCTION.*--probe-map/);
  assert.equal(count, 1);
}

test('perf.data: a probe with a name of its own is named, with what to do', async () => {
  assertNamed(await told(renamed()));
  assert.deepEqual(await told(fixturePath('perfdata', '6.12-perf-probe.data')), []);
});

test('perf script: the same', async () => {
  assertNamed(await told(bytesSource(SCRIPT)));
  assert.deepEqual(await told(bytesSource(SCRIPT.replaceAll('my_own_insert_', 'vmf_insert_pfn'))), []);
});

test('a trace that names the functions needs no names of events', async () => {
  const line =
    '         vfiolab-246     [001] .....    44.000001: ins: (vmf_insert_pfn+0x4/0x150) vma=0xff13a6e701148790\n' +
    '         vfiolab-246     [001] .....    44.000002: own: (kfree+0x4/0x150)\n';
  assert.deepEqual(await told(bytesSource(line)), []);
});

test('many names are counted, not all listed', async () => {
  const lines = Array.from(
    { length: 9 },
    (_, i) => `    vfiolab   424 [000]   206.96735${i}: probe:own${i}: (ffffffffa938a4${i}4)\n`,
  );
  const [[message, count]] = await told(bytesSource(lines.join('')));
  assert.match(message, /: probe:own0, probe:own1, probe:own2, probe:own3, probe:own4, …;/);
  assert.equal(count, 9);
});

test('probes that do not matter are told only where something is lacking', async () => {
  const path = fixturePath('captures', '6.12-zaprace-mmap-leak', 'perf61.data');
  assert.deepEqual(await told(path), []);
  const [[message]] = await told(path, { rules: ['access-after-zap'] });
  assert.match(message, /: mm:/);
});

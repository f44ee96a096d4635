import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { test } from 'node:test';
import { FileBytes } from '../../src/trace/binary/bytes.js';
import { DiagnosticLog } from '../../src/trace/binary/diagnostics.js';
import { SymbolTable } from '../../src/trace/binary/kallsyms.js';
import { traceDatFormat } from '../../src/trace/dat/format.js';
import { openDat } from '../../src/trace/dat/open.js';
import { collect } from './collect.js';
import { fileSource, fixturePath } from './fixtures.js';
import { assertSameAsReport, haveTraceCmd, traceCmdReport } from './trace-cmd.js';

/** Files that Debian's trace-cmd 3.1.6 was built without a decoder for, with the records that 3.3.1 prints of them. */
const ZLIB: Record<string, number> = { '6.1-v7-zlib.dat': 137 };

for (const file of readdirSync(fixturePath('dat')).filter((f) => f.endsWith('.dat'))) {
  test(`${file}: the same records as trace-cmd report -t -R`, async (t) => {
    if (!haveTraceCmd) return t.skip('TRACE-CMD IS NOT INSTALLED: the truth of trace.dat is not checked');
    const path = fixturePath('dat', file);
    const ours = await collect(traceDatFormat.open(fileSource(path)));
    assert.equal(ours.info.unparsed, 0);
    const report = traceCmdReport(path);
    if ('reason' in report) {
      assert.ok(file in ZLIB, `trace-cmd cannot read ${file}: ${report.reason}`);
      assert.equal(ours.records.length, ZLIB[file]);
      return;
    }
    assertSameAsReport(ours, report.lines, await functionNames(path));
  });
}

/** The report prints function pointers as the nearest lower symbol, however far away. */
async function functionNames(path: string): Promise<(address: bigint) => string | null> {
  const { layout } = await openDat(new FileBytes(path, path), new DiagnosticLog([]));
  const text = layout.kallsyms();
  if (text === null) return () => null;
  const symbols = new SymbolTable(text);
  return (address) =>
    symbols.lookup(Number(address >> 32n), Number(address & 0xffffffffn), Number.POSITIVE_INFINITY);
}

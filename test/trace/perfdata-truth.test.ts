import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { perfDataFormat } from '../../src/trace/perfdata/format.js';
import type { FieldValue } from '../../src/trace/record.js';
import { type Collected, collect } from './collect.js';
import { fileSource, fixturePath } from './fixtures.js';

const havePerf = spawnSync('perf', ['--version']).error === undefined;

/**
 *          vfiolab   269/269   [001]    62.255816049:     exceptions:page_fault_user: address=0x7f95 ip=0x561f error_code=0x7
 *          vfiolab     345 [001]    82.807244:            mm:exit_mmap: (ffffffffa6795e14) mm=0xff3182df0005c200
 */
const LINE = /^ *(.*?) +(?:(-?\d+)\/)?(-?\d+) +\[(\d+)\] +(\d+\.\d+): +([\w.]+):([\w.]+): ?(.*)$/;

/** Lines of `perf script`: of the perf installed here, or kept from the one that recorded a newer file. */
function perfScript(path: string): string[] | string {
  const kept = path.replace(/\.data$/, '.script.txt.gz');
  if (existsSync(kept)) return lines(gunzipSync(readFileSync(kept)).toString('latin1'));
  if (!havePerf) return 'PERF IS NOT INSTALLED: the truth of perf.data is not checked';
  const args = ['script', '-i', path, '--ns', '-F', 'comm,pid,tid,cpu,time,event,trace'];
  const run = spawnSync('perf', args, { maxBuffer: 1 << 28, encoding: 'latin1' });
  return run.stdout === ''
    ? `this perf cannot read it: ${run.stderr.trim().split('\n').at(-1)}`
    : lines(run.stdout);
}

function lines(text: string): string[] {
  return text.split('\n').filter((l) => LINE.test(l));
}

for (const file of readdirSync(fixturePath('perfdata')).filter((f) => f.endsWith('.data'))) {
  test(`${file}: the same records as perf script`, async (t) => {
    const path = fixturePath('perfdata', file);
    const ours = await collect(perfDataFormat.open(fileSource(path)));
    assert.deepEqual(ours.info.diagnostics, []);
    assert.equal(ours.info.unparsed, 0);
    const script = perfScript(path);
    if (typeof script === 'string') return t.skip(script);
    assert.equal(ours.records.length, script.length);
    const text = (r: Collected) => ours.info.clock.text(r.t);
    ours.records.forEach((record, i) => {
      assertSameRecord(record, text(record), script[i]);
    });
  });
}

function assertSameRecord(record: Collected, time: string, line: string): void {
  const [, comm, , tid, cpu, shownTime, system, name, payload] = LINE.exec(line)!;
  // Newer perfs forget a task when it exits, and print the samples after that as `:tid`.
  if (comm !== `:${tid}`) assert.equal(record.comm, comm, line);
  assert.equal(record.pid, Number(tid), line);
  assert.equal(record.cpu, Number(cpu), line);
  assert.ok(time.startsWith(shownTime), `${time}: ${line}`);
  assert.deepEqual([record.decl.system, record.name], [system, name], line);
  for (const [field, value] of Object.entries(record.fields)) {
    const shown = new RegExp(`(?:^|[ (])${field}[=:] ?("[^"]*"|[^ ,)]*)`).exec(payload);
    assert.ok(shown, `no ${field} in ${line}`);
    assert.ok(sameValue(value, shown[1]), `${field} is ${JSON.stringify(value)}: ${line}`);
  }
  const address = /^\(([0-9a-f]+)( <- [0-9a-f]+)?\)/.exec(payload);
  if (address !== null) assert.equal(record.decl.isReturn, address[2] !== undefined, line);
}

/** Print formats show numbers in decimal or hex, signed or not. */
function sameValue(value: FieldValue, shown: string): boolean {
  if (typeof value === 'string' && !value.startsWith('0x')) return shown.replaceAll('"', '') === value;
  const number = BigInt.asUintN(64, BigInt(value as string | number));
  for (const text of [shown, `0x${shown}`]) {
    if (!/^(-?\d+|0x[0-9a-f]+)$/.test(text)) continue;
    const read = BigInt(text);
    if (BigInt.asUintN(64, read) === number) return true;
    if (number < 2n ** 32n && BigInt.asUintN(32, read) === number) return true;
  }
  return false;
}
